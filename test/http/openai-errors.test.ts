/** What the chat endpoint refuses, and how: parameters are honoured or named in a 400, failures never look like answers. */
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  server = await startTestServer({ graphs: "chat" });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
});
afterAll(() => server.close());

const hello = { model: "recite", messages: [{ role: "user", content: "Hello" }] };

/** Sends any body; the client's types would keep the wrong ones back. */
async function send(body: object, headers: Record<string, string> = {}): Promise<OpenAI.ChatCompletion> {
  return await openai.post("/chat/completions", { body: { ...hello, ...body }, headers, maxRetries: 0 });
}

describe("a parameter", () => {
  it("reaches the context of a graph that has it", async () => {
    const { choices } = await send({ model: "tuned", temperature: 0.2, stop: ["."] });
    expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ temperature: 0.2, stop: ["."] });
  });

  it("is refused by name where the graph does not have it, and the advice names those it has", async () => {
    await expect(send({ temperature: 0.2 })).rejects.toMatchObject({
      status: 400,
      param: "temperature",
      code: "unsupported_parameter",
    });
    await expect(send({ model: "tuned", seed: 1 })).rejects.toThrow(/temperature, max_tokens, stop/);
  });

  it("that cut the answer short shows in the finish reason", async () => {
    const { choices } = await send({ model: "tuned", max_tokens: 5 });
    expect(choices[0]?.finish_reason).toBe("length");
  });

  it("is let through without effect only where its value asks for nothing", async () => {
    const nothing = {
      n: 1,
      logprobs: false,
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      logit_bias: {},
      stop: null,
      temperature: null,
      response_format: { type: "text" },
      modalities: ["text"],
      tool_choice: "none",
      parallel_tool_calls: true,
      service_tier: "auto",
      store: false,
      stream: false,
    };
    expect((await send(nothing)).choices[0]?.message.content).toContain("Hello");
  });

  const tool = { type: "function", function: { name: "f", parameters: {} } };
  it.each([
    ["n", { n: 2 }],
    ["logprobs", { logprobs: true }],
    ["top_p", { top_p: 0.5 }],
    ["presence_penalty", { presence_penalty: 1 }],
    ["seed", { seed: 7 }],
    ["stop", { stop: "." }],
    ["max_tokens", { max_tokens: 10 }],
    ["max_completion_tokens", { max_completion_tokens: 10 }],
    ["reasoning_effort", { reasoning_effort: "low" }],
    ["response_format", { response_format: { type: "json_object" } }],
    ["modalities", { modalities: ["text", "audio"] }],
    ["tools", { tools: [tool] }],
    ["tool_choice", { tool_choice: "auto" }],
    ["store", { store: true }],
    ["service_tier", { service_tier: "flex" }],
    ["parallel_tool_calls", { parallel_tool_calls: false }],
  ])("%s is refused and not ignored", async (param, body) => {
    await expect(send(body)).rejects.toMatchObject({ status: 400, param, code: "unsupported_parameter" });
  });
});

describe("a body", () => {
  it.each([
    ["foo", "unknown_parameter", { foo: 1 }],
    ["temperature", "invalid_type", { temperature: "hot" }],
    ["model", "missing_required_parameter", { model: undefined }],
    ["messages", "missing_required_parameter", { messages: undefined }],
    ["messages", "invalid_value", { messages: [] }],
    ["messages[0].role", "invalid_value", { messages: [{ role: "wizard", content: "x" }] }],
    ["messages[0].content", "missing_required_parameter", { messages: [{ role: "user" }] }],
    [
      "messages[0].content[1].type",
      "invalid_value",
      {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "x" },
              { type: "input_audio", input_audio: {} },
            ],
          },
        ],
      },
    ],
    [
      "messages[1].tool_call_id",
      "missing_required_parameter",
      {
        messages: [
          { role: "user", content: "x" },
          { role: "tool", content: "y" },
        ],
      },
    ],
    [
      "messages[0].tool_calls[0].function.arguments",
      "invalid_value",
      {
        messages: [
          { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{" } }] },
        ],
      },
    ],
    ["messages[0].mood", "unknown_parameter", { messages: [{ role: "user", content: "x", mood: "good" }] }],
    ["metadata.thread_id", "invalid_type", { metadata: { thread_id: 5 } }],
    ["stream_options", "invalid_value", { stream_options: { include_usage: true } }],
  ])("that is wrong at %s is refused with %s", async (param, code, body) => {
    await expect(send(body)).rejects.toMatchObject({ status: 400, type: "invalid_request_error", param, code });
  });

  it("with a NUL or a lone surrogate in its metadata is refused, and nothing is run", async () => {
    for (const team of ["a\0b", "\ud800"])
      await expect(send({ metadata: { team } })).rejects.toMatchObject({ status: 400 });
  });

  it("with any text in its messages arrives exactly", async () => {
    const content = "\0 \ud800 __proto__ \u2028 é 🚂";
    const { choices } = await send({ messages: [{ role: "user", content }] });
    expect(JSON.parse(choices[0]?.message.content ?? "").content).toBe(content);
  });
});

describe("a run that fails", () => {
  it("is a 422 with the reason, which clients do not repeat", async () => {
    const failed = openai.chat.completions.create({ model: "throws", messages: [{ role: "user", content: "Hello" }] });
    await expect(failed).rejects.toMatchObject({ status: 422, type: "graph_error", code: "RangeError" });
    await expect(failed).rejects.toThrow("the boiler is cold");
    const runs = await fetch(`${server.url}/threads/search`, { method: "POST" });
    expect(await runs.json()).toEqual([]);
  });

  it("in an endless loop names the recursion limit", async () => {
    await expect(send({ model: "loops" })).rejects.toMatchObject({ status: 422, code: "GraphRecursionError" });
  });

  it("without an answer is no empty success", async () => {
    await expect(send({ model: "silent" })).rejects.toMatchObject({ status: 422, code: "no_answer" });
  });

  it("while streaming ends the stream with the error, after what was said", async () => {
    const stream = await openai.chat.completions.create({
      model: "throws",
      messages: [{ role: "user", content: "Hello" }],
      stream: true,
    });
    let text = "";
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    })();
    await expect(reading).rejects.toMatchObject({ code: "RangeError", type: "graph_error" });
    expect(text).toBe("begun");
  });

  it("because its graph did not load says why", async () => {
    await expect(send({ model: "broken" })).rejects.toMatchObject({ status: 424, code: "graph-failed-to-load" });
  });
});

describe("an Idempotency-Key", () => {
  it("refuses another request under the same key", async () => {
    const headers = { "idempotency-key": "one-request" };
    const metadata = { thread_id: crypto.randomUUID() };
    await send({ metadata }, headers);
    await expect(send({ metadata, model: "weather" }, headers)).rejects.toMatchObject({ code: "idempotency-mismatch" });
  });

  it("gives the same run's answer again", async () => {
    const headers = { "idempotency-key": "same-request" };
    const metadata = { thread_id: crypto.randomUUID() };
    const first = await send({ metadata }, headers);
    const again = await send({ metadata }, headers);
    expect(again.id).toBe(first.id);
    expect(again.choices).toEqual(first.choices);
  });

  it("gives it also where the first request brought a history, or answered an interrupt", async () => {
    const metadata = { thread_id: crypto.randomUUID() };
    const history = [
      { role: "user", content: "hello" },
      { role: "assistant", content: "hello too" },
      { role: "user", content: "how are you?" },
    ] as const;
    const imported = { metadata, messages: [...history] };
    const first = await send(imported, { "idempotency-key": "with-history" });
    expect((await send(imported, { "idempotency-key": "with-history" })).id).toBe(first.id);
    const asking = { metadata: { thread_id: crypto.randomUUID() }, model: "ask" };
    await send(asking);
    const answered = { ...asking, messages: [{ role: "user" as const, content: "Ada" }] };
    const second = await send(answered, { "idempotency-key": "the-answer" });
    expect((await send(answered, { "idempotency-key": "the-answer" })).id).toBe(second.id);
  });
});

describe("a key", () => {
  let guarded: TestServer;
  beforeAll(async () => {
    guarded = await startTestServer({
      graphs: "chat",
      environment: { API_KEYS: "ada:ada-secret-key,alan:alan-secret" },
    });
  });
  afterAll(() => guarded.close());
  const as = (apiKey: string) => new OpenAI({ baseURL: `${guarded.url}/v1`, apiKey, maxRetries: 0 });

  it("that is unknown is a 401 in OpenAI's shape", async () => {
    const refused = as("wrong-key").models.list();
    await expect(refused).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(refused).rejects.toMatchObject({
      status: 401,
      type: "authentication_error",
      code: "unauthenticated",
      param: null,
    });
  });

  it("opens its owner's threads and nobody else's", async () => {
    const metadata = { thread_id: crypto.randomUUID() };
    const chat = (apiKey: string) =>
      as(apiKey).chat.completions.create({ model: "recite", messages: [{ role: "user", content: apiKey }], metadata });
    await chat("ada-secret-key");
    const other = await chat("alan-secret");
    expect(other.choices[0]?.message.content).not.toContain("ada-secret-key");
  });
});
