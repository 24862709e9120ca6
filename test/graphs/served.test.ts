/** Every graph of langgraph.json, through the server and with no key: an answer, a checkpoint for each superstep. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, start } from "../../src/main.ts";
import { noModel } from "../llm/scripted-model.ts";
import { sdkClient } from "../support/clients.ts";
import { createTestDatabase, type FreshDatabase } from "../support/databases.ts";

const configPath = fileURLToPath(new URL("../../langgraph.json", import.meta.url));
const graphs = Object.keys(JSON.parse(readFileSync(configPath, "utf8")).graphs);

let database: FreshDatabase;
let server: RunningServer;
let client: Client;

async function startServer(): Promise<void> {
  const environment = { ...noModel, PORT: "0", LOG_LEVEL: "silent", DATABASE_URL: database.url };
  server = await start({ configPath, environment });
  client = sdkClient(server.url);
}

beforeAll(async () => {
  database = await createTestDatabase("sqlite");
  await startServer();
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const say = (content: string) => ({ messages: [{ type: "human", content }] });
interface Values {
  messages: { type: string; content: string }[];
  outcome: { kind: string; reason: string } | null;
}

describe.each(graphs)("%s", (graph) => {
  const document =
    "The Severn Bridge was opened by Queen Elizabeth on 8 September 1966. How many years ago is that in 2026, 2026 - 1966?";

  test("ends with an answer, or with a question of its own, and a checkpoint for each superstep", async () => {
    const { thread_id } = await client.threads.create();
    const steps: number[] = [];
    for await (const { event, data } of client.runs.stream(thread_id, graph, {
      input: say(document),
      streamMode: ["debug"],
    })) {
      expect(event).not.toBe("error");
      if (event === "debug" && (data as { type: string }).type === "checkpoint")
        steps.push((data as { step: number }).step);
    }
    const state = await client.threads.getState<Values>(thread_id);
    const { status } = await client.threads.get(thread_id);
    if (status === "interrupted") expect(state.tasks.flatMap(({ interrupts }) => interrupts)).not.toEqual([]);
    else {
      expect(status).toBe("idle");
      expect(state.values.messages.at(-1)).toMatchObject({ type: "ai", content: expect.stringMatching(/\w/) });
      expect(state.values.outcome).not.toBeNull();
    }
    const history = await client.threads.getHistory(thread_id, { limit: 100 });
    expect(history.map(({ metadata }) => metadata?.step).reverse()).toEqual(steps);
    expect(steps).toEqual(steps.map((_, index) => index - 1));
  });

  test("gives the chat endpoint its answer alone, streamed or not", async () => {
    const messages = [{ role: "user" as const, content: document }];
    const values = await client.runs.wait(null, graph, { input: { messages } });
    if ("__interrupt__" in values) return;
    const answer = (values as unknown as Values).messages.at(-1)?.content;
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
    const { choices } = await openai.chat.completions.create({ model: graph, messages });
    expect(choices[0]?.message.content).toBe(answer);
    const pieces = await Array.fromAsync(
      await openai.chat.completions.create({ model: graph, messages, stream: true }),
    );
    expect(pieces.map((piece) => piece.choices[0]?.delta.content ?? "").join("")).toBe(answer);
  });

  test("refuses an empty message and one of 300,000 characters in words, and the thread goes on", async () => {
    const { thread_id } = await client.threads.create();
    for (const text of [" ", "word ".repeat(60_000)]) {
      const values = await client.runs.wait(thread_id, graph, { input: say(text) });
      expect(values).toMatchObject({ outcome: { kind: "input-refused" } });
    }
    await client.runs.wait(thread_id, graph, { input: say(document) });
    expect((await client.threads.get(thread_id)).status).toMatch(/idle|interrupted/);
  });

  test("goes on after a restart of the server where it was interrupted", async () => {
    const { thread_id } = await client.threads.create();
    const interrupted = { input: say(document), interruptAfter: "*" as const };
    await client.runs.wait(thread_id, graph, interrupted);
    const before = await client.threads.getState<Values>(thread_id);
    expect(before.next).not.toEqual([]);
    await server.close();
    await startServer();
    expect((await client.threads.getState(thread_id)).next).toEqual(before.next);
    await client.runs.wait(thread_id, graph, { input: null });
    const after = await client.threads.getState<Values>(thread_id);
    expect(after.values.messages.length).toBeGreaterThan(before.values.messages.length);
  });
});
