/**
 * A model that obeys everybody: wherever it reads `CALL <tool> <JSON>` it calls that tool, and where it reads `SAY <words>`
 * it says them. It speaks OpenAI's protocol, streamed or not, and fills any schema as it is told.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

export interface ObedientModel extends AsyncDisposable {
  readonly url: string;
  /** All that it was sent so far, as text. */
  heard(): string[];
}

interface Request {
  readonly messages: readonly { content?: unknown; tool_calls?: { function: { name: string; arguments: string } }[] }[];
  readonly stream?: boolean;
  readonly tools?: readonly { function: { name: string } }[];
  readonly tool_choice?: { function?: { name: string } } | string;
}

/** @param forms what it fills a schema with, by the schema's name */
export async function obedientModel(forms: Readonly<Record<string, object>> = {}): Promise<ObedientModel> {
  const heard: string[] = [];
  const server = createServer(async (incoming, response) => {
    const request = (await json(incoming)) as Request;
    heard.push(JSON.stringify(request.messages));
    const form = typeof request.tool_choice === "object" ? request.tool_choice.function?.name : undefined;
    const calls = form ? [{ name: form, arguments: JSON.stringify(forms[form] ?? {}) }] : callsIn(request);
    respond(response, request.stream === true, calls, calls.length > 0 ? "I was told to." : wordsIn(request));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    heard: () => heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

type Call = { name: string; arguments: string };

const textsOf = ({ messages }: Request) => messages.map(({ content }) => (typeof content === "string" ? content : ""));

/** What it was told to call and has not called yet, as far as it has the tools. */
function callsIn(request: Request): Call[] {
  const made = request.messages.flatMap(({ tool_calls = [] }) =>
    tool_calls.map((call) => JSON.stringify(call.function)),
  );
  const told = textsOf(request).flatMap((text) => [...text.matchAll(/CALL (\w+) (\{.*?\}(?=\s|$))/g)]);
  const calls = told.map(([, name = "", args = ""]) => ({ name, arguments: args }));
  const has = (name: string) => request.tools?.some((tool) => tool.function.name === name);
  return calls.filter((call) => has(call.name) && !made.includes(JSON.stringify(call)));
}

function wordsIn(request: Request): string {
  const said = textsOf(request).flatMap((text) => [...text.matchAll(/SAY ([^\n]+)/g)].map(([, words]) => words));
  return said.join(" ") || "I have done what I was told.";
}

let replies = 0;

function respond(response: ServerResponse, stream: boolean, calls: readonly Call[], content: string): void {
  const id = `chatcmpl-${++replies}`;
  const tool_calls = calls.map((call, index) => ({
    index,
    id: `call_${replies}_${index}`,
    type: "function",
    function: call,
  }));
  const message = { role: "assistant", content, ...(tool_calls.length > 0 && { tool_calls }) };
  const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 };
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id, model: "obedient", choices: [{ index: 0, message, finish_reason }], usage }));
    return;
  }
  const chunk = (delta: object, rest: object = {}) =>
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", model: "obedient", choices: [{ index: 0, delta, finish_reason: null, ...rest }] })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const part of content.match(/.{1,5}/gs) ?? []) response.write(chunk({ role: "assistant", content: part }));
  if (tool_calls.length > 0) response.write(chunk({ tool_calls }));
  response.write(chunk({}, { finish_reason }));
  response.end(
    `data: ${JSON.stringify({ id, object: "chat.completion.chunk", model: "obedient", choices: [], usage })}\n\ndata: [DONE]\n\n`,
  );
}
