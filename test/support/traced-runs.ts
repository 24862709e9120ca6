/** Servers whose runs are traced to a receiver on loopback, and runs on them. */
import { onTestFinished } from "vitest";
import { postJson } from "./clients.ts";
import { type LangfuseReceiver, startLangfuse } from "./langfuse-receiver.ts";
import { spawnTestServer, startTestServer, type TestServer, type TestServerOptions } from "./server.ts";

export interface FinishedRun {
  run_id: string;
  thread_id: string;
  trace_id: string;
  status: string;
}

/** A receiver that is gone after the test. */
export async function receive(): Promise<LangfuseReceiver> {
  const langfuse = await startLangfuse();
  onTestFinished(() => langfuse[Symbol.asyncDispose]());
  return langfuse;
}

/** A server in this process that is gone after the test. */
export async function serveTraced(
  langfuse: LangfuseReceiver,
  { environment, ...options }: TestServerOptions = {},
): Promise<TestServer> {
  const server = await startTestServer({ ...options, environment: { ...langfuse.environment, ...environment } });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  onTestFinished(close);
  return { ...server, close };
}

/** The same as a process of its own. */
export async function spawnTraced(langfuse: LangfuseReceiver, { environment, ...options }: TestServerOptions = {}) {
  const server = await spawnTestServer({ ...options, environment: { ...langfuse.environment, ...environment } });
  onTestFinished(() => server.close());
  return server;
}

/** Runs a graph on a thread, a new one unless given, and waits for the run's end. */
export async function run(
  server: { url: string },
  assistant: string,
  body: Record<string, unknown> = {},
  threadId?: string,
): Promise<FinishedRun> {
  const started = await begin(server, assistant, body, threadId);
  const path = `${server.url}/threads/${started.thread_id}/runs/${started.run_id}`;
  await (await fetch(`${path}/join`)).text();
  return (await (await fetch(path)).json()) as FinishedRun;
}

/** Accepts a run, and does not wait for it. */
export async function begin(
  server: { url: string },
  assistant: string,
  body: Record<string, unknown> = {},
  threadId?: string,
): Promise<FinishedRun> {
  const thread = threadId ?? JSON.parse((await postJson(`${server.url}/threads`, {})).text).thread_id;
  const request = { assistant_id: assistant, input: human("hello"), ...body };
  return JSON.parse((await postJson(`${server.url}/threads/${thread}/runs`, request)).text);
}

export function human(content: string, state: Record<string, unknown> = {}): Record<string, unknown> {
  return { messages: [{ role: "user", content }], ...state };
}
