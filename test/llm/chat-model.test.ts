/** Which model a graph gets, and what is said when it cannot be had. */
import { afterEach, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { chatModel, describeModel } from "../../src/llm/chat-model.ts";
import { OfflineChatModel } from "../../src/llm/offline/model.ts";
import { calling, noModel, scriptedModel } from "./scripted-model.ts";

const settings = (given: Record<string, string>) => configure({ ...noModel, ...given });

afterEach(() => {
  settings({});
});

describe("The model", () => {
  test("is the offline one when nothing is set", async () => {
    settings({});
    expect(await chatModel({})).toBeInstanceOf(OfflineChatModel);
  });

  test("is OpenAI's when there is only a key", async () => {
    await using model = await scriptedModel({ content: "Hi." });
    settings({ OPENAI_API_KEY: "key", OPENAI_BASE_URL: model.url });
    await (await chatModel({})).invoke("Hello");
    expect(model.requests()[0]?.model).toMatch(/^gpt-/);
  });

  test("is MODEL's, and the context's before that", async () => {
    await using model = await scriptedModel({ content: "One." }, { content: "Two." });
    settings({ OPENAI_API_KEY: "key", OPENAI_BASE_URL: model.url, MODEL: "openai:of-the-server" });
    await (await chatModel({})).invoke("Hello");
    await (await chatModel({ context: { model: "openai:of-the-assistant", temperature: 0.5 } })).invoke("Hello");
    expect(model.requests()).toMatchObject([
      { model: "of-the-server" },
      { model: "of-the-assistant", temperature: 0.5 },
    ]);
    expect(await chatModel({ context: { model: "offline" } })).toBeInstanceOf(OfflineChatModel);
  });

  test("is the node's own, where the context names one", async () => {
    await using server = await scriptedModel({ content: "One." }, { content: "Two." });
    const runtime = { context: { model: "openai:all", models: { critic: "openai:critic" }, max_tokens: 50 } };
    await (await chatModel(runtime, "critic")).invoke("Hello");
    await (await chatModel(runtime, "toString")).invoke("Hello");
    expect(server.requests()).toMatchObject([
      { model: "critic", max_tokens: 50 },
      { model: "all", max_tokens: 50 },
    ]);
  });

  test("is a fallback of the context when the first one cannot answer", async () => {
    await using server = await scriptedModel({ error: { message: "no such model" }, status: 404 });
    const context = { model: "openai:gone", fallbacks: ["openai:gone", "offline"] };
    expect((await (await chatModel({ context })).invoke("Hello")).text).toContain("offline model");
    expect(server.requests().map(({ model }) => model)).toEqual(["gone"]);
  });

  test.each(["openai:llama3:8b", "llama3:8b"])(
    "named %s is asked for at a server of one's own without a key",
    async (name) => {
      await using model = await scriptedModel({ content: "Hi." });
      settings({ OPENAI_BASE_URL: model.url, MODEL: name });
      await (await chatModel({})).invoke("Hello");
      expect(model.requests()[0]?.model).toBe("llama3:8b");
    },
  );

  test("reports usage also when it streams", async () => {
    await using _ = await scriptedModel({ content: "A few words.", usage: { prompt_tokens: 7, completion_tokens: 3 } });
    const usages: unknown[] = [];
    for await (const chunk of await (await chatModel({})).stream("Hello")) {
      if (chunk.usage_metadata) usages.push(chunk.usage_metadata);
    }
    expect(usages).toEqual([expect.objectContaining({ input_tokens: 7, output_tokens: 3, total_tokens: 10 })]);
  });

  test("calls the tools that it is given", async () => {
    await using _ = await scriptedModel(calling(["call_1", "add", '{"a":1}']));
    const model = (await chatModel({})).bindTools([{ type: "function", function: { name: "add", parameters: {} } }]);
    expect((await model.invoke("Add")).tool_calls).toMatchObject([{ id: "call_1", name: "add", args: { a: 1 } }]);
  });

  test("is shared by runs with the same settings, and by no others", async () => {
    settings({ OPENAI_API_KEY: "key" });
    const context = { model: "openai:one", temperature: 1 };
    const first = await chatModel({ context });
    expect(await chatModel({ context: { ...context } })).toBe(first);
    expect(await chatModel({ context: { ...context, temperature: 0 } })).not.toBe(first);
    settings({ OPENAI_API_KEY: "another" });
    expect(await chatModel({ context })).not.toBe(first);
  });

  test.each([
    ["openai:gpt-5.4-mini", /"openai:gpt-5.4-mini".*set OPENAI_API_KEY, or OPENAI_BASE_URL/],
    ["perplexity:sonar", /"perplexity:sonar".*npm install @langchain\/perplexity/],
    ["gpt-5.4-mini", /"gpt-5.4-mini".*set OPENAI_API_KEY/],
    ["nobody:knows", /"nobody:knows".*no provider.*Write provider:name.*anthropic.*OPENAI_BASE_URL/],
  ])("%s that cannot be opened is named, with what is missing", async (model, reason) => {
    settings({});
    const error = await chatModel({ context: { model } }).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: "invalid-configuration", message: expect.stringMatching(reason) });
  });

  test.each([
    { temperature: 3 },
    { model: "" },
    { model: "m".repeat(201) },
    { max_tokens: 0 },
    { fallbacks: ["a", "b", "c", "d"] },
    { models: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`node-${index}`, "offline"])) },
  ])("is refused a context of %j", async (context) => {
    const named = expect.stringContaining(String(Object.keys(context)[0]));
    await expect(chatModel({ context })).rejects.toMatchObject({ code: "invalid-request", message: named });
  });
});

describe("The line about the model", () => {
  test.each([
    [{}, /^Model: offline.*set OPENAI_API_KEY, or MODEL=provider:name.*OPENAI_BASE_URL/],
    [{ OPENAI_API_KEY: "secret" }, /^Model: openai:gpt-\S+$/],
    [{ MODEL: "anthropic:claude" }, /^Model: anthropic:claude$/],
    [
      { MODEL: "llama3", OPENAI_BASE_URL: "http://user:secret@127.0.0.1:11434/v1" },
      /^Model: llama3 at 127.0.0.1:11434$/,
    ],
  ])("for %j says what is used and keeps secrets", (given, line) => {
    settings(given);
    expect(describeModel()).toMatch(line);
    expect(describeModel()).not.toContain("secret");
  });
});
