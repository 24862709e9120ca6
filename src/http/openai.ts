/** The chat endpoint: OpenAI's /v1/models and /v1/chat/completions over assistants and their runs. */
import { type Response, Router } from "express";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Engine, Run, RunEvent } from "../engine/contract.ts";
import { ownerOf } from "./authentication.ts";
import { createAnswer } from "./chat/answer.ts";
import { openChunkStream } from "./chat/chunk-stream.ts";
import { completion, createChunks, endingOf } from "./chat/completion.ts";
import { toChatError } from "./chat/errors.ts";
import { modelsRouter } from "./chat/models.ts";
import { contextOf } from "./chat/parameters.ts";
import { type ChatRequest, readChatRequest } from "./chat/request.ts";
import { turnOf } from "./chat/thread.ts";
import { sendJson } from "./send.ts";

export interface OpenaiParts {
  engine: Engine;
  config: Config;
  log: Logger;
}

/** The router for /v1: authentication and the body's parsing come before it, `chatErrors` answers what it throws. */
export function openaiRouter({ engine, config, log }: OpenaiParts): Router {
  const router = Router();
  router.use(modelsRouter(engine));
  router.post("/chat/completions", async (request, response) => {
    const chat = readChatRequest(request);
    const { run, events } = await startRun(engine, ownerOf(response), chat);
    if (chat.threadId !== undefined) response.setHeader("x-thread-id", chat.threadId);
    cancelWhenLeft(response, () => stopRun(ownerOf(response), run), chat);
    if (chat.body.stream) await stream(response, chat, run, events);
    else await answer(response, chat, run, events);
  });
  return router;

  async function stream(
    response: Response,
    chat: ChatRequest,
    run: Run,
    events: AsyncIterable<RunEvent>,
  ): Promise<void> {
    const chunks = createChunks(run, chat.body.model, chat.body.stream_options?.include_usage ?? false);
    const channel = openChunkStream(response, config.limits.slowReaderBytes);
    try {
      const reader = createAnswer();
      let spoken = false;
      const say = async (text: string) => {
        if (text === "") return;
        spoken = true;
        await channel.send(chunks.text(text));
      };
      await channel.send(chunks.start());
      for await (const event of events) await say(reader.read(event));
      const ending = endingOf(reader.outcome(), chat.threadId);
      await say(ending.question && spoken ? `\n\n${ending.question}` : ending.question);
      for (const chunk of chunks.end(ending)) await channel.send(chunk);
      channel.done();
    } catch (error) {
      channel.fail({ error: toChatError(error, log, response.locals.requestId).body });
    }
  }

  async function answer(
    response: Response,
    chat: ChatRequest,
    run: Run,
    events: AsyncIterable<RunEvent>,
  ): Promise<void> {
    const reader = createAnswer();
    let text = "";
    for await (const event of events) text += reader.read(event);
    const ending = endingOf(reader.outcome(), chat.threadId);
    const content = [text, ending.question].filter((part) => part !== "").join("\n\n");
    sendJson(response, 200, completion(run, chat.body.model, content, ending));
  }

  async function stopRun(owner: string, run: Run): Promise<void> {
    try {
      await engine.runs.cancel(owner, run.thread_id, run.run_id, { action: "interrupt", wait: false });
    } catch (error) {
      log.warn({ error, run_id: run.run_id }, "a run whose client left could not be cancelled");
    }
  }
}

async function startRun(
  engine: Engine,
  owner: string,
  chat: ChatRequest,
): Promise<{ run: Run; events: AsyncIterable<RunEvent> }> {
  const assistant = await engine.assistants.get(owner, chat.body.model);
  const context = await contextOf(engine, owner, assistant, chat.body);
  const turn = await turnOf(engine, owner, chat.threadId, assistant.graph_id, chat.body.messages);
  return await engine.runs.createAndStream(
    owner,
    chat.threadId ?? null,
    {
      assistant_id: assistant.assistant_id,
      ...turn,
      ...(context && { context }),
      metadata: chat.metadata,
      // The tokens, and the states that tell which messages the run added.
      stream_mode: ["messages-tuple", "values"],
      stream_subgraphs: true,
      if_not_exists: "create",
    },
    chat.retry,
  );
}

/**
 * A client that closes the connection has pressed "stop": the run is cancelled. With an Idempotency-Key it may come
 * back for the same run, which therefore goes on.
 */
function cancelWhenLeft(response: Response, cancel: () => Promise<void>, chat: ChatRequest): void {
  if (chat.retry) return;
  const leave = () => {
    if (!response.writableEnded) void cancel();
  };
  if (response.closed) leave();
  else response.once("close", leave);
}
