/** Runs that a client stays for: streamed, waited for, or joined later. */
import type { Request, Response } from "express";
import { z } from "zod";
import type { Engine, Run, RunEvent, StreamPosition } from "../../engine/contract.ts";
import { type Answer, type Route, route } from "../route.ts";
import { sendEvents } from "../sse.ts";
import { check } from "../validation.ts";
import { sendWhenReady } from "../waiting.ts";
import { runLocation } from "./runs.ts";
import { queryFlag, queryList, runPath, threadPath, uuid } from "./schemas.ts";
import { valuesResult } from "./schemas-results.ts";
import { type RunCreate, runCreate, runOptions, runRequest, streamMode } from "./schemas-runs.ts";

const joinQuery = z.object({ cancel_on_disconnect: queryFlag });
const joinStreamQuery = joinQuery.extend({ stream_mode: queryList(streamMode) });

/** -1: from the first event; N: after event N; absent: what comes from now on. */
const lastEventId = z
  .string()
  .regex(/^(-1|\d{1,15})?$/, { error: "must be -1 or the id of an event" })
  .optional()
  .transform((id): StreamPosition => (!id ? "now" : id === "-1" ? "start" : Number(id)));

export function runStreamRoutes({ runs }: Engine, slowReaderBytes: number): Route[] {
  async function stream(threadId: string | null, call: CreateCall): Promise<Answer> {
    const { owner, body, request, response } = call;
    const { run, events } = await runs.createAndStream(owner, threadId, runRequest(body), runOptions(request));
    cancelOnDisconnect(body.on_disconnect === "cancel", owner, run, response);
    return sendRun(run, events, response);
  }

  async function wait(threadId: string | null, call: CreateCall): Promise<Answer> {
    const { owner, body, request, response } = call;
    const { run, result } = await runs.createAndWait(owner, threadId, runRequest(body), runOptions(request));
    cancelOnDisconnect(body.on_disconnect === "cancel", owner, run, response);
    await sendWhenReady(response, result, { "content-location": runLocation(run) });
    return "sent";
  }

  async function join(run: Run, query: z.output<typeof joinStreamQuery>, call: JoinCall): Promise<Answer> {
    const { owner, request, response } = call;
    const position = check(lastEventId, request.get("last-event-id"), "Last-Event-ID");
    const options = query.stream_mode ? { position, modes: query.stream_mode } : { position };
    const events = await runs.stream(owner, run.thread_id, run.run_id, options);
    cancelOnDisconnect(query.cancel_on_disconnect, owner, run, response);
    return sendRun(run, events, response);
  }

  async function sendRun(run: Run, events: AsyncIterable<RunEvent>, response: Response): Promise<Answer> {
    const location = runLocation(run);
    // An SDK reconnects by itself where `location` tells it the path.
    await sendEvents(response, events, {
      headers: { "content-location": location, location: `${location}/stream` },
      slowReaderBytes,
    });
    return "sent";
  }

  function cancelOnDisconnect(wanted: boolean, owner: string, run: Run, response: Response): void {
    if (!wanted) return;
    const cancel = () => {
      if (!response.writableFinished) {
        // The run may have ended at this moment, and nobody is left to tell of anything else.
        runs.cancel(owner, run.thread_id, run.run_id, { action: "interrupt", wait: false }).catch(() => undefined);
      }
    };
    if (response.destroyed) cancel();
    else response.once("close", cancel);
  }

  return [
    route({
      method: "post",
      path: "/threads/:thread_id/runs/stream",
      summary: "Start a run on a thread and stream its events.",
      params: threadPath,
      body: runCreate,
      gives: "events",
      answer: (call) => stream(call.path.thread_id, call),
    }),
    route({
      method: "post",
      path: "/runs/stream",
      summary: "Start a run without a thread and stream its events.",
      body: runCreate,
      gives: "events",
      answer: (call) => stream(null, call),
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/runs/wait",
      summary: "Start a run on a thread and wait for its final values.",
      params: threadPath,
      body: runCreate,
      gives: valuesResult,
      answer: (call) => wait(call.path.thread_id, call),
    }),
    route({
      method: "post",
      path: "/runs/wait",
      summary: "Start a run without a thread and wait for its final values.",
      body: runCreate,
      gives: valuesResult,
      answer: (call) => wait(null, call),
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/runs/:run_id/join",
      summary: "Wait for a run's final values.",
      params: runPath,
      query: joinQuery,
      gives: valuesResult,
      async answer({ owner, path, query, response }) {
        const run = await runs.get(owner, path.thread_id, path.run_id);
        cancelOnDisconnect(query.cancel_on_disconnect, owner, run, response);
        await sendWhenReady(response, runs.join(owner, path.thread_id, path.run_id), {});
        return "sent";
      },
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/runs/:run_id/stream",
      summary: "Join a run's stream; Last-Event-ID says where.",
      params: runPath,
      query: joinStreamQuery,
      gives: "events",
      async answer(call) {
        return join(await runs.get(call.owner, call.path.thread_id, call.path.run_id), call.query, call);
      },
    }),
    route({
      method: "get",
      path: "/runs/:run_id/stream",
      summary: "Join the stream of a run without knowing its thread.",
      params: z.object({ run_id: uuid }),
      query: joinStreamQuery,
      gives: "events",
      answer: async (call) => join(await runs.find(call.owner, call.path.run_id), call.query, call),
    }),
  ];
}

interface JoinCall {
  owner: string;
  request: Request;
  response: Response;
}

interface CreateCall extends JoinCall {
  body: RunCreate;
}
