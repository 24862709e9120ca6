/** What a graph sees of a model that fails: nothing, a fallback's answer, or one error that says what happened. */
import { AIMessageChunk, HumanMessage } from "@langchain/core/messages";
import { MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { createAgent } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createInFlight } from "../../src/llm/in-flight.ts";
import { OfflineChatModel } from "../../src/llm/offline/model.ts";
import { openProvider } from "../../src/llm/provider.ts";
import { SteadyChatModel } from "../../src/llm/steady-model.ts";
import { calculator } from "../../tools/calculator.ts";
import { holdPort } from "../support/hold-port.ts";
import { type Behaviour, type MisbehavingModel, misbehavingModel } from "./misbehaving-model.ts";
import { calling, scriptedModel } from "./scripted-model.ts";

const limits = { modelAttempts: 3, modelBackoffMs: 1, modelRetryAfterMs: 50, modelIdleMs: 30_000, modelCallMs: 30_000 };
const hi: Behaviour = { words: ["Hi", " there", "."] };

interface Circumstances extends Partial<typeof limits> {
  names?: string[];
  /** Calls in flight. */
  most?: number;
}

async function steady(url: string, { names = ["first"], most = 64, ...changed }: Circumstances = {}) {
  const inFlight = createInFlight(most);
  const candidates = names.map(async (name) => ({
    name,
    model: await openProvider({ name, openaiBaseUrl: url }),
    saysFinish: true,
    inFlight,
  }));
  const [first, ...others] = await Promise.all(candidates);
  if (!first) throw new Error("no model");
  return new SteadyChatModel([first, ...others], { ...limits, ...changed });
}

/** A graph that streams the model's tokens, as a server's graphs do. */
async function stream(model: SteadyChatModel, passOn = (runtime: object): object | undefined => runtime) {
  const State = new StateSchema({ messages: MessagesValue });
  const graph = new StateGraph(State)
    .addNode("think", async ({ messages }, runtime) => ({ messages: [await model.invoke(messages, passOn(runtime))] }))
    .addEdge(START, "think")
    .compile();
  const tokens: { id: string | undefined; text: string }[] = [];
  let answer = "";
  const input = { messages: [new HumanMessage("Hello")] };
  for await (const [mode, chunk] of await graph.stream(input, { streamMode: ["messages", "values"] })) {
    if (mode === "values") answer = chunk.messages.at(-1)?.text ?? "";
    else if (AIMessageChunk.isInstance(chunk[0])) tokens.push({ id: chunk[0].id, text: chunk[0].text });
  }
  return { tokens, answer };
}

const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call gave something"),
    (error: unknown) => error,
  );

describe("A model that fails for a moment", () => {
  test.each<[string, Behaviour]>([
    ["an overload", { status: 503 }],
    ["an error of the server", { status: 500 }],
    ["a limit of rate", { status: 429 }],
    ["a limit of rate with Retry-After", { status: 429, retryAfter: "0.01" }],
    ["a limit of rate until a date", { status: 429, retryAfter: new Date(0).toUTCString() }],
    ["a connection that breaks", { words: ["Oh"], ending: "destroyed" }],
    ["a reply without an end", { words: ["Oh"], ending: "silent" }],
  ])("is asked again after %s", async (_, behaviour) => {
    await using server = await misbehavingModel(behaviour, hi);
    expect((await (await steady(server.url)).invoke("Hello")).text).toBe("Hi there.");
    expect(server.asked).toHaveLength(2);
  });

  test("is asked again by a call for a shape", async () => {
    await using server = await scriptedModel(
      { error: { message: "busy" }, status: 500 },
      calling(["a", "age", '{"years":36}']),
    );
    const model = (await steady(server.url)).withStructuredOutput(z.object({ years: z.number() }), {
      name: "age",
      method: "functionCalling",
    });
    expect(await model.invoke("How old?")).toEqual({ years: 36 });
    expect(server.requests()).toHaveLength(2);
  });

  test("works as the model of LangChain's own agent", async () => {
    await using server = await scriptedModel(
      { error: { message: "busy" }, status: 429, retryAfter: 0 },
      calling(["a", "calculator", '{"expression":"6 * 7"}']),
      { content: "It is 42." },
    );
    const agent = createAgent({ model: await steady(server.url), tools: [calculator] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage("6 * 7?")] });
    expect(messages.map(({ text }) => text)).toEqual(["6 * 7?", "", "42", "It is 42."]);
  });
});

describe("In a graph, the model", () => {
  test.each([
    ["is handed the node's config", (runtime: object) => runtime],
    ["is handed none", () => undefined],
  ])("streams its tokens where it %s", async (_, passOn) => {
    await using server = await misbehavingModel(hi);
    const { tokens } = await stream(await steady(server.url), passOn);
    expect(tokens.map(({ text }) => text).filter((text) => text !== "")).toEqual(["Hi", " there", "."]);
  });
});

describe("A stream that is cut off", () => {
  test.each(["silent", "destroyed"] as const)("(%s) is not taken for an answer, nor mixed with one", async (ending) => {
    await using server = await misbehavingModel({ words: ["Oh", " no"], ending }, hi);
    const { tokens, answer } = await stream(await steady(server.url));
    expect(answer).toBe("Hi there.");
    const texts = Map.groupBy(tokens, ({ id }) => id);
    const messages = [...texts.values()].map((parts) => parts.map(({ text }) => text).join(""));
    expect(messages).toEqual(["Oh no", "Hi there."]);
  });

  test("again and again is an error, and no answer", async () => {
    await using server = await misbehavingModel({ words: ["Oh"], ending: "silent" });
    const error = await failure(stream(await steady(server.url)));
    expect(error).toMatchObject({
      code: "model-failed",
      message: expect.stringMatching(/first \(attempt 3\).*cut off/),
    });
    expect(server.asked).toHaveLength(3);
  });

  test("under the hands of its reader is an error, without a second beginning", async () => {
    await using server = await misbehavingModel({ words: ["Oh", " no"], ending: "silent" }, hi);
    const read: string[] = [];
    const reading = async () => {
      for await (const { text } of await (await steady(server.url)).stream("Hello")) read.push(text);
    };
    expect(await failure(reading())).toMatchObject({ code: "model-failed" });
    expect(read.join("")).toBe("Oh no");
    expect(server.asked).toHaveLength(1);
  });

  test("before its first token is begun again for its reader", async () => {
    await using server = await misbehavingModel({ status: 500 }, { words: [], ending: "destroyed" }, hi);
    const chunks = await Array.fromAsync(await (await steady(server.url)).stream("Hello"));
    expect(chunks.map(({ text }) => text).join("")).toBe("Hi there.");
    expect(server.asked).toHaveLength(3);
  });
});

describe("A failure that passes not by itself", () => {
  test.each<[string, Behaviour, RegExp]>([
    ["a wrong key", { status: 401 }, /401 .*Check the provider's key\./],
    ["a model that is not there", { status: 404 }, /404 .*Check the model's name, and OPENAI_BASE_URL/],
    ["a page instead of a reply", { page: "<html>Welcome</html>" }, /does not speak the model's protocol.*Check/],
    ["a reply without a choice", { page: '{"choices":[]}' }, /does not speak the model's protocol/],
  ])("of %s says what to do", async (_, behaviour, advice) => {
    await using server = await misbehavingModel(behaviour);
    const error = await failure((await steady(server.url)).invoke("Hello"));
    expect(error).toMatchObject({ code: "model-failed", message: expect.stringMatching(advice) });
  });

  test("of a server that is not there names it", async () => {
    const server = await misbehavingModel();
    const { port } = new URL(server.url);
    await server[Symbol.asyncDispose]();
    await using _held = await holdPort(Number(port));
    const error = await failure((await steady(server.url)).invoke("Hello"));
    expect(error).toMatchObject({ message: expect.stringMatching(`Connection error. \\(.*127.0.0.1:${port}`) });
  });
});

describe("A model that says nothing", () => {
  test("is left after the time that one call may take", async () => {
    await using server = await misbehavingModel("hang", hi);
    // Which the second one must not take.
    const model = await steady(server.url, { modelCallMs: 1_000 });
    expect((await model.invoke("Hello")).text).toBe("Hi there.");
  });

  test.each<[string, Behaviour]>([
    ["from the start", "hang"],
    ["in the middle", { words: ["Oh"], ending: "never" }],
  ])("%s of a stream is left after the time of silence", async (_, behaviour) => {
    await using server = await misbehavingModel(behaviour);
    const error = await failure(stream(await steady(server.url, { modelIdleMs: 300, modelAttempts: 2 })));
    expect(error).toMatchObject({
      code: "model-failed",
      message: expect.stringMatching(/attempt 2.*nothing for 0.3 s/),
    });
    expect(server.asked).toHaveLength(2);
  });

  test("is not left while it says something now and then", async () => {
    const words = Array.from({ length: 25 }, (_, index) => ` ${index}`);
    await using server = await misbehavingModel({ words, gapMs: 50 });
    const { answer } = await stream(await steady(server.url, { modelIdleMs: 1_000, modelAttempts: 1 }));
    expect(answer).toBe(words.join(""));
  });

  test("is left at once when the run is cancelled", async () => {
    await using server = await misbehavingModel("hang");
    const cancel = new AbortController();
    const call = (await steady(server.url)).invoke("Hello", { signal: cancel.signal });
    await server.requests(1);
    cancel.abort(new Error("cancelled"));
    await expect(call).rejects.toThrow(/cancelled|abort/i);
    expect(server.asked).toHaveLength(1);
  });
});

describe("Fallbacks", () => {
  test("are asked in their order, each as often as it may fail", async () => {
    await using server = await misbehavingModel({ status: 500 }, { status: 500 }, { status: 500 }, { status: 500 }, hi);
    const model = await steady(server.url, { names: ["first", "second", "third"], modelAttempts: 2 });
    expect((await model.invoke("Hello")).text).toBe("Hi there.");
    expect(server.asked).toEqual(["first", "first", "second", "second", "third"]);
  });

  test.each<[string, Behaviour]>([
    ["that has no valid key", { status: 401 }],
    ["that does not exist", { status: 404 }],
    ["that wants to be left alone for long", { status: 429, retryAfter: "3600" }],
  ])("are asked at once after a model %s", async (_, behaviour) => {
    await using server = await misbehavingModel(behaviour, hi);
    await (await steady(server.url, { names: ["first", "second"] })).invoke("Hello");
    expect(server.asked).toEqual(["first", "second"]);
  });

  test("that fail too are all named in the error, and what was wrong", async () => {
    await using server = await misbehavingModel({ status: 401 }, { status: 404 });
    const error = await failure((await steady(server.url, { names: ["first", "second"] })).invoke("Hello"));
    const message = expect.stringMatching(/first \(attempt 1\): 401.*second \(attempt 1\): 404/);
    expect(error).toMatchObject({ code: "model-failed", message });
  });

  test("get the tools in their own provider's form", async () => {
    await using server = await misbehavingModel({ status: 401 });
    const first = { name: "first", model: await openProvider({ name: "first", openaiBaseUrl: server.url }) };
    const second = { name: "offline", model: new OfflineChatModel() };
    const shared = { saysFinish: true, inFlight: createInFlight(1) };
    const model = new SteadyChatModel(
      [
        { ...first, ...shared },
        { ...second, ...shared },
      ],
      limits,
    );
    const { tool_calls } = await model.bindTools([calculator]).invoke("What is 6 * 7?");
    expect(tool_calls).toMatchObject([{ name: "calculator", args: { expression: "6 * 7" } }]);
  });
});

describe("What is made of a reply", () => {
  test("does not make the model be asked again when it fails", async () => {
    await using server = await scriptedModel({ content: "no shape at all" }, { content: "never" });
    const model = (await steady(server.url)).withStructuredOutput(z.object({ years: z.number() }), {
      name: "age",
      method: "jsonMode",
    });
    await expect(model.invoke("How old?")).rejects.toThrow(/parse/i);
    expect(server.requests()).toHaveLength(1);
  });
});

describe("Calls in flight", () => {
  test("beyond the limit wait for their turn, and those that are cancelled leave it to the next", async () => {
    await using server: MisbehavingModel = await misbehavingModel("hang", hi);
    const model = await steady(server.url, { most: 1 });
    const cancel = [new AbortController(), new AbortController()];
    const calls = cancel.map(({ signal }) => model.invoke("Hello", { signal }).catch(() => "cancelled"));
    const last = model.invoke("Hello");
    await server.requests(1);
    for (const each of cancel.toReversed()) each.abort();
    expect(await Promise.all(calls)).toEqual(["cancelled", "cancelled"]);
    expect((await last).text).toBe("Hi there.");
    expect(server.asked).toHaveLength(2);
  });

  test("are over when a reader leaves a stream", async () => {
    await using server = await misbehavingModel(hi);
    const model = await steady(server.url, { most: 1 });
    for await (const { text } of await model.stream("Hello")) if (text) break;
    expect((await model.invoke("Hello")).text).toBe("Hi there.");
  });
});
