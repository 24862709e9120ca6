/** A server that speaks OpenAI's protocol as badly as a test tells it to. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";

/** How a reply ends: as it should, without a word that it ended, with the connection, or not at all. */
type Ending = "finish" | "silent" | "destroyed" | "never";

/** "hang" answers nothing; a page is no reply; a status is an error; words are said one by one, each after a gap. */
export type Behaviour =
  | "hang"
  | { readonly page: string }
  | { readonly status: number; readonly retryAfter?: string }
  | { readonly words: readonly string[]; readonly ending?: Ending; readonly gapMs?: number };

export interface MisbehavingModel extends AsyncDisposable {
  readonly url: string;
  /** The models that were asked, in order. */
  readonly asked: string[];
  /** Resolves when so many requests have come. */
  requests(count: number): Promise<void>;
}

/** Each request gets the next behaviour; the last one is repeated. */
export async function misbehavingModel(...behaviours: readonly Behaviour[]): Promise<MisbehavingModel> {
  const asked: string[] = [];
  const waiting = new Map<number, () => void>();
  const server = createServer(async (request, response) => {
    const { model, stream } = (await json(request as IncomingMessage)) as { model: string; stream?: boolean };
    const behaviour = behaviours[Math.min(asked.length, behaviours.length - 1)] ?? "hang";
    asked.push(model);
    waiting.get(asked.length)?.();
    if (behaviour === "hang") return;
    if ("page" in behaviour) response.writeHead(200, { "content-type": "text/html" }).end(behaviour.page);
    else if ("status" in behaviour) refuse(response, behaviour);
    else if (stream) await sayInPieces(response, behaviour);
    else sayAtOnce(response, behaviour);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    requests: (count) =>
      asked.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.set(count, resolve)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function refuse(response: ServerResponse, { status, retryAfter }: { status: number; retryAfter?: string }): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfter !== undefined && { "retry-after": retryAfter }),
  });
  response.end(JSON.stringify({ error: { message: `status ${status}`, type: "test" } }));
}

type Words = Extract<Behaviour, { words: readonly string[] }>;

let replies = 0;

async function sayInPieces(response: ServerResponse, { words, ending = "finish", gapMs }: Words): Promise<void> {
  const id = `chatcmpl-${++replies}`;
  const chunk = (delta: object, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
  for (const content of words) {
    if (gapMs !== undefined) await setTimeout(gapMs);
    await new Promise((written) => response.write(chunk({ role: "assistant", content }), written));
  }
  if (ending === "finish") response.end(`${chunk({}, "stop")}data: [DONE]\n\n`);
  else if (ending === "silent") response.end();
  else if (ending === "destroyed") response.destroy();
}

function sayAtOnce(response: ServerResponse, { words, ending = "finish" }: Words): void {
  const message = { role: "assistant", content: words.join("") };
  const choice = { index: 0, message, finish_reason: ending === "finish" ? "stop" : null };
  const body = JSON.stringify({ id: `chatcmpl-${++replies}`, model: "m", choices: [choice] });
  response.writeHead(200, { "content-type": "application/json" });
  if (ending === "destroyed") response.write(body.slice(0, 20), () => response.destroy());
  else if (ending !== "never") response.end(body);
}
