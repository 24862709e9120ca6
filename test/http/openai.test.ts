/** The chat endpoint as the official client sees it: models, completions, streams. */
import { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gate } from "../fixtures/engine/gates.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer({ graphs: "chat" });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
});
afterAll(() => server.close());

const question = [{ role: "user" as const, content: "How is the weather?" }];

/** The chunks of a streamed completion, and the text in them. */
async function streamed(model: string, options: { stream_options?: { include_usage: boolean } } = {}) {
  const stream = await openai.chat.completions.create({ model, messages: question, stream: true, ...options });
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return { chunks, text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("") };
}

async function completed(model: string) {
  const completion = await openai.chat.completions.create({ model, messages: question });
  return { completion, text: completion.choices[0]?.message.content };
}

describe("models", () => {
  it("lists each graph that loaded by its id, with name and description beside", async () => {
    const { data } = await openai.models.list();
    expect(data.map(({ id }) => id)).toContain("weather");
    expect(data.map(({ id }) => id)).not.toContain("broken");
    expect(data.find(({ id }) => id === "weather")).toEqual({
      id: "weather",
      object: "model",
      created: expect.any(Number),
      owned_by: "signalbox",
      signalbox: {
        assistant_id: expect.any(String),
        graph_id: "weather",
        name: "weather",
        description: "Says something, calls a tool, and answers.",
      },
    });
  });

  it("lists and serves an assistant that a user made by its own id", async () => {
    const client = new Client({ apiUrl: server.url });
    const { assistant_id } = await client.assistants.create({ graphId: "recite", name: "Reciter" });
    expect(await openai.models.retrieve(assistant_id)).toMatchObject({
      id: assistant_id,
      signalbox: { name: "Reciter" },
    });
    expect((await openai.models.list()).data.map(({ id }) => id)).toContain(assistant_id);
    expect((await completed(assistant_id)).text).toContain("How is the weather?");
  });

  it("answers 404 model_not_found for a model that does not exist", async () => {
    const error = { status: 404, code: "model_not_found", param: "model", type: "invalid_request_error" };
    await expect(openai.models.retrieve("nobody")).rejects.toMatchObject(error);
    await expect(completed("nobody")).rejects.toMatchObject(error);
  });
});

describe("a completion", () => {
  it("has OpenAI's shape, the run's id, and the usage of all its model calls", async () => {
    const { completion } = await completed("weather");
    expect(completion).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f-]{36}$/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "weather",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Let me look.\n\nIt is sunny in Oslo.", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 },
    });
  });

  it("has no usage where no model reported any", async () => {
    const { completion } = await completed("recite");
    expect(completion).not.toHaveProperty("usage");
  });

  it("gives the graph the conversation as it was sent: roles, names, images, tool calls", async () => {
    const image = { type: "image_url" as const, image_url: { url: "data:image/png;base64,AAAA" } };
    const completion = await openai.chat.completions.create({
      model: "recite",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "developer", content: [{ type: "text", text: "No jokes." }] },
        { role: "user", name: "ada", content: [{ type: "text", text: "What is this?" }, image] },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: '{"at":"it"}' } }],
        },
        { role: "tool", tool_call_id: "call_1", content: "a dot" },
        { role: "user", content: "Well?" },
      ],
    });
    const lines = completion.choices[0]?.message.content?.split("\n").map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { type: "system", content: "Be brief." },
      { type: "system", content: [{ type: "text", text: "No jokes." }], extras: { __openai_role__: "developer" } },
      { type: "human", name: "ada", content: [{ type: "text", text: "What is this?" }, image] },
      { type: "ai", content: "", calls: [{ type: "tool_call", id: "call_1", name: "look", args: { at: "it" } }] },
      { type: "tool", content: "a dot" },
      { type: "human", content: "Well?" },
    ]);
  });

  it("answers a conversation that is sent again with the answer itself in it", async () => {
    const { completion } = await completed("recite");
    const [choice] = completion.choices;
    if (!choice) throw new Error("no choice");
    const again = await openai.chat.completions.create({
      model: "weather",
      messages: [...question, choice.message, { role: "user", content: "And now?" }],
    });
    expect(again.choices[0]?.message.content).toBe("Let me look.\n\nIt is sunny in Oslo.");
  });
});

describe("a streamed completion", () => {
  it("has the role first, then deltas, then the reason, then the usage, under one id", async () => {
    const { chunks, text } = await streamed("weather", { stream_options: { include_usage: true } });
    expect(text).toBe("Let me look.\n\nIt is sunny in Oslo.");
    expect(chunks[0]?.choices).toEqual([
      { index: 0, delta: { role: "assistant", content: "", refusal: null }, logprobs: null, finish_reason: null },
    ]);
    expect(chunks.length).toBeGreaterThan(8);
    expect(chunks.at(-2)?.choices).toEqual([{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }]);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 },
    });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.every(({ object, model }) => object === "chat.completion.chunk" && model === "weather")).toBe(true);
  });

  it("is framed as OpenAI frames it, and ends with [DONE]", async () => {
    const response = await fetch(`${server.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "weather", messages: question, stream: true }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const frames = (await response.text()).split("\n\n");
    expect(frames.splice(-2)).toEqual(["data: [DONE]", ""]);
    for (const frame of frames) expect(JSON.parse(frame.replace(/^data: /, ""))).not.toHaveProperty("usage");
  });

  it("is put together by the client's own helper", async () => {
    const runner = openai.chat.completions.stream({ model: "weather", messages: question });
    const { choices } = await runner.finalChatCompletion();
    expect(choices[0]?.message.content).toBe("Let me look.\n\nIt is sunny in Oslo.");
  });

  const graphs = ["weather", "recite", "editor", "quiet", "team", "chorus", "tuned"];
  it.each(graphs)("has the same text as a plain completion: %s", async (model) => {
    const [{ text }, plain] = [await streamed(model), await completed(model)];
    if (model === "chorus") expect(text.split("\n\n").toSorted()).toEqual(plain.text?.split("\n\n").toSorted());
    else expect(text).toBe(plain.text);
    expect(text).not.toBe("");
  });

  it("tells neither what is tagged nostream nor a copied message twice", async () => {
    expect((await streamed("editor")).text).toBe("A fine draft. (checked)");
  });

  it("delivers in their order the messages that no model streamed", async () => {
    expect((await streamed("quiet")).text).toBe("One moment.\n\nSaid all at once.");
  });

  it("hears a subgraph's model word by word and once, though the parent gets its messages again", async () => {
    const { chunks, text } = await streamed("team");
    expect(text).toBe("First the member speaks.\n\nThen again.\n\nThat is all.");
    expect(chunks.filter(({ choices }) => choices[0]?.delta.content)).toHaveLength(9);
  });

  it("keeps apart two models that speak at once", async () => {
    const { chunks, text } = await streamed("chorus");
    expect(text.split("\n\n").toSorted()).toEqual(["high high high high", "low low low low"]);
    expect(chunks.length).toBeGreaterThan(6);
  });

  it("keeps what a model says before it calls a tool, as a paragraph of its own", async () => {
    expect((await streamed("weather")).text.split("\n\n")[0]).toBe("Let me look.");
  });
});

describe("a client that leaves", () => {
  it.each([true, false])("stops its run (streaming: %s)", async (stream) => {
    const client = new Client({ apiUrl: server.url });
    const { thread_id } = await client.threads.create();
    const leaving = new AbortController();
    const messages = [{ role: "user" as const, content: `wait, streaming: ${stream}` }];
    const request = openai.chat.completions.create(
      { model: "hang", messages, metadata: { thread_id }, stream },
      { signal: leaving.signal },
    );
    request.catch(() => undefined);
    await gate(messages[0]?.content ?? "").reached.promise;
    const [run] = await client.runs.list(thread_id);
    expect(run?.status).toBe("running");
    leaving.abort();
    await client.runs.join(thread_id, run?.run_id ?? "");
    expect(await client.runs.list(thread_id)).toMatchObject([{ status: "interrupted" }]);
  });

  it("leaves its run alone where it can come back with its Idempotency-Key", async () => {
    const client = new Client({ apiUrl: server.url });
    const { thread_id } = await client.threads.create();
    const leaving = new AbortController();
    const body = { model: "hang", messages: question, metadata: { thread_id }, stream: true as const };
    const headers = { "idempotency-key": "come-back" };
    const first = await openai.chat.completions.create(body, { headers, signal: leaving.signal });
    for await (const chunk of first) if (chunk.choices[0]?.delta.content) leaving.abort();
    const second = await openai.chat.completions.create(body, { headers });
    const [id] = [await firstId(second)];
    const runs = await client.runs.list(thread_id);
    expect(runs).toMatchObject([{ status: "running" }]);
    expect(id).toBe(`chatcmpl-${runs[0]?.run_id}`);
    await client.runs.cancel(thread_id, runs[0]?.run_id ?? "", true);
  });
});

async function firstId(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<string | undefined> {
  for await (const { id } of stream) return id;
  return undefined;
}
