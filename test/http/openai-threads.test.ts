/** Conversations that the server keeps: threads over the chat endpoint, interrupts and their answers. */
import { randomUUID } from "node:crypto";
import { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let openai: OpenAI;
let client: Client;

beforeAll(async () => {
  server = await startTestServer({ graphs: "chat" });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
  client = new Client({ apiUrl: server.url });
});
afterAll(() => server.close());

type Messages = OpenAI.ChatCompletionMessageParam[];

/** One turn on a thread. */
async function turn(model: string, threadId: string, messages: Messages | string) {
  const { data, response } = await openai.chat.completions
    .create({
      model,
      metadata: { thread_id: threadId },
      messages: typeof messages === "string" ? [{ role: "user", content: messages }] : messages,
    })
    .withResponse();
  const message = data.choices[0]?.message;
  if (!message) throw new Error("no message");
  return { message, content: message.content, threadId: response.headers.get("x-thread-id") };
}

/** What the thread's state holds, by the Platform API. */
async function contents(threadId: string): Promise<string[]> {
  const { values } = await client.threads.getState<{ messages: { type: string; content: string }[] }>(threadId);
  return values.messages.map(({ type, content }) => `${type}: ${content}`);
}

describe("a thread", () => {
  it("is made by its first message, named in the answer, and gets only what is new afterwards", async () => {
    const threadId = randomUUID();
    const first = await turn("weather", threadId, "Weather?");
    expect(first.threadId).toBe(threadId);
    const answer = ["ai: Let me look.", "tool: sunny", "ai: It is sunny in Oslo."];
    expect(await contents(threadId)).toEqual(["human: Weather?", ...answer]);

    await turn("weather", threadId, [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first.content },
      { role: "user", content: "Still?" },
    ]);
    expect(await contents(threadId)).toEqual(["human: Weather?", ...answer, "human: Still?", ...answer]);
  });

  it("can be named by the header X-Thread-Id", async () => {
    const threadId = randomUUID();
    const messages: Messages = [{ role: "user", content: "Weather?" }];
    const headers = { "x-thread-id": threadId };
    const { response } = await openai.chat.completions
      .create({ model: "weather", messages }, { headers })
      .withResponse();
    expect(response.headers.get("x-thread-id")).toBe(threadId);
    expect(await contents(threadId)).toContain("human: Weather?");
  });

  it("starts with all of a conversation that began elsewhere", async () => {
    const threadId = randomUUID();
    await turn("weather", threadId, [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: "Hello to you" },
      { role: "user", content: "Weather?" },
    ]);
    expect((await contents(threadId)).slice(0, 4)).toEqual([
      "system: Be brief.",
      "human: Hello",
      "ai: Hello to you",
      "human: Weather?",
    ]);
  });

  it("keeps the metadata and the user of a request with its run", async () => {
    const thread_id = randomUUID();
    const messages: Messages = [{ role: "user", content: "Weather?" }];
    await openai.chat.completions.create({
      model: "weather",
      messages,
      user: "ada",
      metadata: { thread_id, team: "blue" },
    });
    const [run] = await client.runs.list(thread_id);
    expect(run?.metadata).toMatchObject({ team: "blue", user_id: "ada" });
    expect(run?.metadata).not.toHaveProperty("thread_id");
  });

  it("is left out of a stateless completion, which leaves nothing behind", async () => {
    const before = await client.threads.search({ limit: 1000 });
    const messages: Messages = [{ role: "user", content: "Weather?" }];
    const { response } = await openai.chat.completions.create({ model: "weather", messages }).withResponse();
    expect(response.headers.has("x-thread-id")).toBe(false);
    expect(await client.threads.search({ limit: 1000 })).toHaveLength(before.length);
  });

  it("refuses two different ids, an id that is no UUID, and a request with nothing new", async () => {
    const messages: Messages = [{ role: "user", content: "Weather?" }];
    const thread_id = randomUUID();
    const headers = { "x-thread-id": randomUUID() };
    const both = openai.chat.completions.create({ model: "weather", messages, metadata: { thread_id } }, { headers });
    await expect(both).rejects.toMatchObject({ status: 400, param: "metadata.thread_id" });
    await expect(turn("weather", "thread-1", "Weather?")).rejects.toMatchObject({
      status: 400,
      param: "metadata.thread_id",
    });
    await turn("weather", thread_id, "Weather?");
    const nothing = turn("weather", thread_id, [...messages, { role: "assistant", content: "Sunny." }]);
    await expect(nothing).rejects.toMatchObject({ status: 400, param: "messages" });
  });
});

describe("an interrupt", () => {
  it("is asked by the assistant, and answered by the next user message", async () => {
    const threadId = randomUUID();
    const asked = await turn("ask", threadId, "Hello");
    expect(asked.content).toBe("What is your name?");
    expect(asked.message).toMatchObject({
      signalbox: { interrupt: { id: expect.any(String), value: "What is your name?" }, thread_id: threadId },
    });
    const answered = await turn("ask", threadId, [
      { role: "user", content: "Hello" },
      asked.message,
      { role: "user", content: '{"not": "parsed"}' },
    ]);
    expect(answered.content).toBe(`the answer was ${JSON.stringify('{"not": "parsed"}')}`);
    expect(answered.message).not.toHaveProperty("signalbox");
    expect(await contents(threadId)).toEqual(["human: Hello", `ai: ${answered.content}`]);
  });

  it("with a structured value is put into words, and takes words or JSON as its answer", async () => {
    const [words, json] = [randomUUID(), randomUUID()];
    const asked = await turn("approve", words, "Write to them");
    expect(asked.content).toBe(
      "Send this mail?\n\nto:\n  - ada@example.com\n  - alan@example.com\ndraft:\n  subject: Tea\n  text: At five?",
    );
    expect((await turn("approve", words, "yes, 5")).content).toBe('the answer was "yes, 5"');
    await turn("approve", json, "Write to them");
    expect((await turn("approve", json, '{"approved": true}')).content).toBe('the answer was {"approved":true}');
  });

  it("stands in the last chunk of a stream, where the client's helper finds it", async () => {
    const thread_id = randomUUID();
    const messages: Messages = [{ role: "user", content: "Hello" }];
    const runner = openai.chat.completions.stream({ model: "ask", messages, metadata: { thread_id } });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]?.finish_reason).toBe("stop");
    expect(choices[0]?.message).toMatchObject({
      content: "What is your name?",
      signalbox: { interrupt: { value: "What is your name?" }, thread_id },
    });
    const reply = openai.chat.completions.stream({ model: "ask", messages, metadata: { thread_id } });
    expect(await reply.finalContent()).toBe('the answer was "Hello"');
  });

  it("of a stateless run says that a thread is needed to answer it", async () => {
    const messages: Messages = [{ role: "user", content: "Hello" }];
    const { choices } = await openai.chat.completions.create({ model: "ask", messages });
    expect(choices[0]?.message).toMatchObject({
      content: "What is your name?",
      signalbox: { thread_id: null, advice: expect.stringContaining("metadata.thread_id") },
    });
  });

  it("that is one of several is not answered by a message: 409 leads to the Platform API, which can", async () => {
    const threadId = randomUUID();
    const asked = await turn("ask-twice", threadId, "Hello");
    expect(asked.content?.split("\n\n").toSorted()).toEqual(["Left?", "Right?"]);
    const refusal: InstanceType<typeof OpenAI.APIError> = await turn("ask-twice", threadId, "yes").catch(
      (error) => error,
    );
    expect(refusal).toMatchObject({ status: 409, code: "several_interrupts" });
    expect(refusal.headers?.get("x-should-retry")).toBe("false");
    const { tasks } = await client.threads.getState(threadId);
    const resume = Object.fromEntries(tasks.flatMap((task) => task.interrupts).map(({ id, value }) => [id, value]));
    await client.runs.wait(threadId, "ask-twice", { command: { resume } });
    expect(await contents(threadId)).toContain('ai: the answer was "Left?"');
  });

  it("takes only a user's text for its answer", async () => {
    const threadId = randomUUID();
    await turn("ask", threadId, "Hello");
    const image = { type: "image_url" as const, image_url: { url: "https://example.com/me.png" } };
    const refused = turn("ask", threadId, [{ role: "user", content: [image] }]);
    await expect(refused).rejects.toMatchObject({ status: 400, param: "messages[0]" });
    expect((await turn("ask", threadId, "Ada")).content).toBe('the answer was "Ada"');
  });

  it("is not answered by a message to another graph", async () => {
    const threadId = randomUUID();
    await turn("ask", threadId, "Hello");
    await expect(turn("recite", threadId, "Ada")).rejects.toMatchObject({ status: 400, param: "model" });
    expect((await turn("ask", threadId, "Ada")).content).toBe('the answer was "Ada"');
  });

  it("is answered once, though two answers come at once", async () => {
    const threadId = randomUUID();
    await turn("ask", threadId, "Hello");
    // The one that comes second is refused, or, if the thread is busy by then, waits as a message of its own.
    await Promise.allSettled([turn("ask", threadId, "Ada"), turn("ask", threadId, "Alan")]);
    expect((await contents(threadId)).filter((line) => line.startsWith("ai: the answer was"))).toHaveLength(1);
  });
});
