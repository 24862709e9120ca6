/** /threads/:thread_id/runs and /runs: one execution of a graph each; streams and waits are in run-streams.ts. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { Engine, Run } from "../../engine/contract.ts";
import { type Route, route } from "../route.ts";
import { project, queryFlag, queryList, queryNumber, runPath, threadPath } from "./schemas.ts";
import { runResult, runStatus } from "./schemas-results.ts";
import { runBatch, runCreate, runOptions, runRequest } from "./schemas-runs.ts";

const runField = z.enum([
  "run_id",
  "thread_id",
  "assistant_id",
  "created_at",
  "updated_at",
  "status",
  "metadata",
  "kwargs",
  "multitask_strategy",
]);
const listQuery = z.object({
  limit: queryNumber(10, 1, limitTable.searchLimit.value),
  offset: queryNumber(0, 0, Number.MAX_SAFE_INTEGER),
  status: runStatus.optional(),
  select: queryList(runField),
});
const cancelQuery = z.object({ wait: queryFlag, action: z.enum(["interrupt", "rollback"]).default("interrupt") });

/** Where a run is read again; the SDKs take its ids from here. */
export function runLocation(run: Run): string {
  return `/threads/${run.thread_id}/runs/${run.run_id}`;
}

export function runRoutes({ runs }: Engine): Route[] {
  return [
    route({
      method: "post",
      path: "/threads/:thread_id/runs",
      summary: "Start a run on a thread, in the background.",
      params: threadPath,
      body: runCreate,
      gives: runResult,
      async answer({ owner, path, body, request }) {
        const run = await runs.create(owner, path.thread_id, runRequest(body), runOptions(request));
        return { body: run, headers: { "content-location": runLocation(run) } };
      },
    }),
    route({
      method: "post",
      path: "/runs",
      summary: "Start a run without a thread, in the background.",
      body: runCreate,
      gives: runResult,
      async answer({ owner, body, request }) {
        const run = await runs.create(owner, null, runRequest(body), runOptions(request));
        return { body: run, headers: { "content-location": runLocation(run) } };
      },
    }),
    route({
      method: "post",
      path: "/runs/batch",
      summary: "Start several runs without a thread, in the background: all of them, or none.",
      body: runBatch,
      gives: z.array(runResult),
      answer: async ({ owner, body, request }) => ({
        body: await runs.createBatch(owner, body.map(runRequest), runOptions(request)),
      }),
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/runs",
      summary: "List a thread's runs, the newest first.",
      params: threadPath,
      query: listQuery,
      gives: z.array(runResult.partial()),
      async answer({ owner, path, query: { select, ...filter } }) {
        const listed = await runs.list(owner, path.thread_id, filter);
        return { body: listed.map((run) => project(run, select)) };
      },
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/runs/:run_id",
      summary: "Read a run.",
      params: runPath,
      gives: runResult,
      answer: async ({ owner, path }) => ({ body: await runs.get(owner, path.thread_id, path.run_id) }),
    }),
    route({
      method: "delete",
      path: "/threads/:thread_id/runs/:run_id",
      summary: "Delete a run that has ended.",
      status: 204,
      params: runPath,
      async answer({ owner, path }) {
        await runs.delete(owner, path.thread_id, path.run_id);
        return {};
      },
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/runs/:run_id/cancel",
      summary: "Cancel a run: 202 when the wish is stored, or, with wait=1, 204 when the run has ended.",
      status: 202,
      params: runPath,
      query: cancelQuery,
      async answer({ owner, path, query }) {
        await runs.cancel(owner, path.thread_id, path.run_id, query);
        return { status: query.wait ? 204 : 202 };
      },
    }),
  ];
}
