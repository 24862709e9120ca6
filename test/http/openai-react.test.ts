/** The project's own graph over the chat endpoint, with no key: the offline model and the real calculator. */
import { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer({ graphs: "../.." });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
});
afterAll(() => server.close());

const messages = [{ role: "user" as const, content: "What is 23 * 19?" }];

it("answers 437 by way of the calculator, and tells what it used", async () => {
  const thread_id = crypto.randomUUID();
  const completion = await openai.chat.completions.create({ model: "react", messages, metadata: { thread_id } });
  expect(completion.choices[0]?.message.content).toContain("437");
  expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  const { values } = await new Client({ apiUrl: server.url }).threads.getState<{
    messages: { type: string; name?: string }[];
  }>(thread_id);
  expect(values.messages.map(({ type }) => type)).toEqual(["human", "ai", "tool", "ai"]);
  expect(values.messages[2]?.name).toBe("calculator");
});

it("streams the same answer token by token", async () => {
  const plain = await openai.chat.completions.create({ model: "react", messages });
  const texts: string[] = [];
  for await (const { choices } of await openai.chat.completions.create({ model: "react", messages, stream: true })) {
    const text = choices[0]?.delta.content;
    if (text) texts.push(text);
  }
  expect(texts.join("")).toBe(plain.choices[0]?.message.content);
  expect(texts.length).toBeGreaterThan(1);
});

it("takes a temperature, and refuses what its context does not have", async () => {
  const { choices } = await openai.chat.completions.create({ model: "react", messages, temperature: 0 });
  expect(choices[0]?.message.content).toContain("437");
  const refused = openai.chat.completions.create({ model: "react", messages, seed: 1 });
  await expect(refused).rejects.toMatchObject({ status: 400, param: "seed", code: "unsupported_parameter" });
});
