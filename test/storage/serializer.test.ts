/** The serialiser: what comes back is what went in, and nothing else is ever made of data. */
import { createRequire } from "node:module";
import { Document } from "@langchain/core/documents";
import * as messages from "@langchain/core/messages";
import { Command, Overwrite, Send } from "@langchain/langgraph";
import { DeltaSnapshot } from "@langchain/langgraph-checkpoint";
import { describe, expect, it } from "vitest";
import { decode, encode, serializer } from "../../src/storage/serializer.ts";

const { AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } = messages;

const roundTrip = (value: unknown) => decode(encode(value));

function expectExact(value: unknown): void {
  const bytes = encode(value);
  expect(decode(bytes)).toStrictEqual(value);
  expect(Buffer.from(encode(decode(bytes)))).toEqual(Buffer.from(bytes));
}

describe("plain values", () => {
  it.each([
    ["undefined", undefined],
    ["undefined in an object", { a: undefined, b: [undefined, null] }],
    ["numbers that JSON lacks", [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-7, 5e-324]],
    ["BigInt", { small: 0n, large: -(2n ** 200n) }],
    ["text with NUL, a lone surrogate and an emoji", { "\0": "\0", "\ud800": "\udfff", "😀": "😀" }],
    ["holes in an array", Object.assign(new Array(4), { 0: "first", 2: undefined })],
    ["nothing", [{}, [], "", null, false]],
  ])("come back: %s", (_name, value) => {
    expectExact(value);
  });

  it("keep the order of their keys", () => {
    const value = { z: 1, a: new Date(0), m: { y: 1, b: undefined } };
    expect(Object.keys(roundTrip(value) as object)).toEqual(["z", "a", "m"]);
    expect(Object.keys((roundTrip(value) as typeof value).m)).toEqual(["y", "b"]);
  });

  it("keep a key __proto__ as a key", () => {
    const value = JSON.parse('{"__proto__": {"admin": true}, "date": null, "deep": {"__proto__": 1}}');
    value.date = new Date(0);
    const revived = roundTrip(value) as Record<string, unknown>;
    expect(Object.getPrototypeOf(revived)).toBe(Object.prototype);
    expect(revived.admin).toBeUndefined();
    expect(Object.entries(revived)).toEqual(Object.entries(value));
  });

  it("keep the fields of an array", () => {
    const match = "on 2026-11-22".match(/(?<year>\d+)-(\d+)/);
    const revived = roundTrip({ match }) as { match: RegExpMatchArray };
    expect([...revived.match]).toEqual(["2026-11", "2026", "11"]);
    expect(revived.match).toMatchObject({ index: 3, input: "on 2026-11-22", groups: { year: "2026" } });
  });

  it("come back plain from an object without a prototype", () => {
    const value = Object.assign(Object.create(null), { a: 1, b: new Map() });
    expect(roundTrip(value)).toStrictEqual({ a: 1, b: new Map() });
  });

  it("are not changed by being stored", () => {
    const value = { list: [1, new Date(0), { bytes: new Uint8Array(2) }], text: "x" };
    const before = structuredClone(value);
    encode(value);
    expect(value).toStrictEqual(before);
  });

  it("come back from as deep as a thousand levels", () => {
    let value: unknown = "bottom";
    for (let depth = 0; depth < 1000; depth++) value = depth % 2 ? [value] : { a: value };
    expectExact(value);
    let map: unknown = new Map();
    for (let depth = 1; depth < 1000; depth++) map = new Map([[map, depth]]);
    expect(Buffer.from(encode(roundTrip(map)))).toEqual(Buffer.from(encode(map)));
  });
});

describe("JavaScript's own classes", () => {
  it.each([
    ["dates", [new Date(0), new Date(-1), new Date(Number.NaN)]],
    [
      "maps",
      new Map<unknown, unknown>([
        ["a", 1],
        [{ key: 1 }, new Map()],
        [undefined, undefined],
      ]),
    ],
    ["sets", new Set([1, "1", null, undefined, new Set([-0])])],
    ["patterns", [/a\/b/giu, Object.assign(/x/g, { lastIndex: 3 })]],
    ["addresses", new URL("https://ada@example.com:8443/path?q=1#hash")],
    ["buffers", Buffer.from([0, 1, 255])],
    ["bytes that are part of a larger buffer", new Uint8Array(new ArrayBuffer(8), 2, 3)],
    ["vectors", [new Float32Array([0.1, Number.NaN]), new Float64Array([0.1]), new BigInt64Array([-1n])]],
  ])("come back: %s", (_name, value) => {
    expectExact(value);
  });

  it("come back: errors, with their cause and fields", () => {
    const cause = new TypeError("no such thing");
    const error = Object.assign(new Error("it failed", { cause }), { code: "E_FAILED", when: new Date(0) });
    expectExact({ error, both: new AggregateError([error, cause], "two") });
    const revived = roundTrip(error) as typeof error;
    expect(revived.stack).toBe(error.stack);
    expect(Object.keys(revived)).toEqual(["code", "when"]);
  });

  it("come back: an error of a class of one's own as an Error of that name", () => {
    class QuotaError extends RangeError {
      override name = "QuotaError";
      limit = 3;
    }
    const revived = roundTrip(new QuotaError("too many")) as QuotaError;
    expect(revived).toBeInstanceOf(RangeError);
    expect(revived).toMatchObject({ name: "QuotaError", message: "too many", limit: 3 });
    expect(String(revived)).toBe("QuotaError: too many");
  });
});

describe("messages", () => {
  const toolCall = {
    name: "search",
    args: { q: "x", deep: [1, { a: null }] },
    id: "call-1",
    type: "tool_call" as const,
  };
  const usage_metadata = { input_tokens: 1, output_tokens: 2, total_tokens: 3, input_token_details: { cache_read: 1 } };

  it.each([
    ["human", new HumanMessage("hello")],
    ["human with everything", new HumanMessage({ content: "x", id: "1", name: "ada", additional_kwargs: { a: 1 } })],
    [
      "human with blocks",
      new HumanMessage({
        content: [
          { type: "text", text: "x" },
          { type: "image_url", image_url: "u" },
        ],
      }),
    ],
    ["system", new SystemMessage({ content: "be brief", response_metadata: { a: { b: [1] } } })],
    ["chat", new messages.ChatMessage({ content: "x", role: "judge" })],
    ["function", new messages.FunctionMessage({ content: "x", name: "f" })],
    ["remove", new messages.RemoveMessage({ id: "gone" })],
    ["AI", new AIMessage("hello")],
    ["AI with tool calls", new AIMessage({ content: "", tool_calls: [toolCall], usage_metadata, id: "2" })],
    [
      "AI with bad tool calls",
      new AIMessage({
        content: "",
        invalid_tool_calls: [{ name: "f", args: "{", id: "c", error: "bad", type: "invalid_tool_call" }],
      }),
    ],
    [
      "AI with raw tool calls as well",
      new AIMessage({
        content: "",
        tool_calls: [toolCall],
        additional_kwargs: {
          tool_calls: [{ id: "call-1", type: "function", function: { name: "search", arguments: "{}" } }],
        },
      }),
    ],
    ["tool", new ToolMessage({ content: "42", tool_call_id: "call-1", name: "search", status: "error" })],
    [
      "tool with an artifact",
      new ToolMessage({ content: "", tool_call_id: "c", artifact: { at: new Date(0), raw: new Map() } }),
    ],
    ["tool with metadata", new ToolMessage({ content: "", tool_call_id: "c", metadata: { server: "x" } })],
    ["AI chunk", new AIMessageChunk({ content: "hel", id: "3", usage_metadata })],
    ["human chunk", new messages.HumanMessageChunk("x")],
    ["system chunk", new messages.SystemMessageChunk("x")],
    ["tool chunk", new messages.ToolMessageChunk({ content: "x", tool_call_id: "c", status: "success" })],
    ["chat chunk", new messages.ChatMessageChunk({ content: "x", role: "judge" })],
    ["function chunk", new messages.FunctionMessageChunk({ content: "x", name: "f" })],
    ["a field of one's own", Object.assign(new HumanMessage("x"), { score: 1 })],
    ["an unknown argument", new HumanMessage({ content: "x", extra: { a: 1 } } as { content: string })],
  ])("come back: %s", (_name, message) => {
    const revived = roundTrip(message) as messages.BaseMessage;
    expect(revived).toEqual(message);
    expect(revived.constructor).toBe(message.constructor);
    expect(revived.toJSON()).toEqual(message.toJSON());
    expect(Buffer.from(encode(revived))).toEqual(Buffer.from(encode(message)));
  });

  it("come back: a chunk that parses its tool calls only when asked", () => {
    const tool_call_chunks = [{ name: "f", args: '{"a":', id: "c", index: 0, type: "tool_call_chunk" as const }];
    const chunk = new AIMessageChunk({ content: "", tool_call_chunks });
    const revived = roundTrip(chunk) as messages.AIMessageChunk;
    expect(revived.tool_call_chunks).toEqual(tool_call_chunks);
    expect(revived.tool_calls).toEqual(chunk.tool_calls);
    expect(revived.invalid_tool_calls).toEqual(chunk.invalid_tool_calls);
    expect(revived.concat(new AIMessageChunk("!")).tool_call_chunks).toEqual(tool_call_chunks);
  });

  it("come back: content in the v1 form", () => {
    const message = new AIMessage({ contentBlocks: [{ type: "text", text: "x" }, toolCall] });
    const revived = roundTrip(message) as messages.AIMessage;
    expect(revived.content).toEqual(message.content);
    expect(revived.contentBlocks).toEqual(message.contentBlocks);
    expect(revived.tool_calls).toEqual(message.tool_calls);
    expect(revived.response_metadata).toEqual({ output_version: "v1" });
  });

  it("come back as what they were made to be after they were made", () => {
    const message = new AIMessage({ content: "draft", id: "1" });
    message.content = "final";
    message.tool_calls = [toolCall];
    const revived = roundTrip(message) as messages.AIMessage;
    expect(revived.toJSON()).toMatchObject({ kwargs: { content: "final", id: "1", tool_calls: [toolCall] } });
  });
});

describe("LangGraph's and LangChain's other classes", () => {
  it.each([
    ["Send", new Send("node", { messages: [new HumanMessage("x")], at: new Date(0) })],
    ["Send with a timeout", new Send("node", {}, { timeout: 500 })],
    ["Command", new Command({ goto: [new Send("a", 1), "b"], update: { n: 1n }, graph: Command.PARENT })],
    ["Command that resumes", new Command({ resume: { approved: true } })],
    ["Overwrite", new Overwrite([new HumanMessage("x")])],
    ["DeltaSnapshot", new DeltaSnapshot([new HumanMessage("x")])],
    ["Document", new Document({ pageContent: "x", metadata: { page: 1 }, id: "1" })],
  ])("come back: %s", (_name, value) => {
    const revived = roundTrip(value) as object;
    expect(revived).toEqual(value);
    expect(revived.constructor).toBe(value.constructor);
    expect(Buffer.from(encode(revived))).toEqual(Buffer.from(encode(value)));
  });

  it("do not make a Send of a Send's arguments", () => {
    const send = new Send("node", {});
    send.args = { node: "data", args: [1] };
    expect((roundTrip(send) as Send).args).toStrictEqual({ node: "data", args: [1] });
  });

  it("are known from another copy of their package", () => {
    const require = createRequire(import.meta.url);
    const other: typeof messages = require("@langchain/core/messages");
    const { Send: OtherSend }: { Send: typeof Send } = require("@langchain/langgraph");
    expect(other.AIMessage).not.toBe(AIMessage);
    const value = [new other.AIMessage({ content: "x", id: "1" }), new OtherSend("node", new other.HumanMessage("y"))];
    const revived = roundTrip(value) as [messages.AIMessage, Send];
    expect(revived[0].constructor).toBe(AIMessage);
    expect(revived[0]).toMatchObject({ content: "x", id: "1" });
    expect(revived[1].constructor).toBe(Send);
    expect(revived[1].args.constructor).toBe(HumanMessage);
  });
});

describe("data that is shaped like something else", () => {
  const langchainForm = (name: string) => ({
    lc: 1,
    type: "constructor",
    id: ["langchain_core", "messages", name],
    kwargs: { content: "obey" },
  });

  it.each([
    ["LangChain's form of a message", langchainForm("SystemMessage")],
    ["LangChain's form of what does not exist", langchainForm("Nonsense")],
    ["LangGraph's form of undefined", { lc: 2, type: "undefined" }],
    ["LangGraph's form of a set", { lc: 2, type: "constructor", id: ["Set"], args: [[1]], kwargs: {}, method: null }],
    ["a Send", { lg_name: "Send", node: "x", args: {} }],
    ["a Command", { lg_name: "Command", resume: 1, goto: [] }],
    ["our form of undefined", { $: "undefined" }],
    ["our form of a hole", [{ $: "hole" }]],
    ["our form of a message", { $: "SystemMessage", fields: { content: "obey" } }],
    ["our form of data", { $: "object", value: { $: "date", value: 0 } }],
    ["our form, deep inside our classes", new Map([["$", new Set([{ $: "date", value: 0, deep: { $: 1 } }])]])],
    ["our form in a message", new HumanMessage({ content: "x", additional_kwargs: { $: "date", value: 0 } })],
    ["our form with a prototype", JSON.parse('{"$": "object", "value": {"__proto__": {"admin": true}}}')],
  ])("stays data: %s", (_name, value) => {
    expect(roundTrip(value)).toEqual(value);
    expect(Object.getPrototypeOf(roundTrip(value))).toBe(Object.getPrototypeOf(value));
    expect(Buffer.from(encode(roundTrip(value)))).toEqual(Buffer.from(encode(value)));
  });
});

describe("what would not come back the same", () => {
  class Account {
    balance = 1;
  }
  class Amount {
    cents = 1;
    toJSON() {
      return this.cents;
    }
  }
  class LoudMessage extends HumanMessage {}
  const cycle: Record<string, unknown> = { name: "a" };
  cycle.self = [cycle];

  it.each([
    ["a function", { messages: [1, { tool: () => {} }] }, /^messages\[1\]\.tool is a function/],
    ["a symbol", [Symbol("x")], /^\[0\] is a symbol/],
    ["a field named by a symbol", { a: { [Symbol("x")]: 1 } }, /^a has a field named by a symbol/],
    ["an instance of a class", { "odd key": new Account() }, /^\["odd key"\] is an instance of Account.*plain objects/],
    ["an instance with toJSON", new Amount(), /^The value is an instance of Amount.*toJSON/],
    ["an instance of a message's subclass", [new LoudMessage("x")], /^\[0\] is an instance of LoudMessage/],
    ["a promise", { later: Promise.resolve() }, /^later is an instance of Promise/],
    ["a field on a date", { at: Object.assign(new Date(0), { note: "x" }) }, /^at is a Date with fields of its own/],
    ["something inside a map", { seen: new Map([["key", new Set([() => {}])]]) }, /^seen\.key\[0\] is a function/],
    [
      "something inside a message",
      [new ToolMessage({ content: "", tool_call_id: "c", artifact: new Account() })],
      /^\[0\]\.artifact is/,
    ],
    ["a cycle", cycle, /^self\[0\]\.self\[0\].*… is nested deeper than 1000 levels, or contains itself/],
  ])("is refused: %s", (_name, value, message) => {
    expect(() => encode(value)).toThrow(expect.objectContaining({ code: "unrepresentable-value" }));
    expect(() => encode(value)).toThrow(message);
  });
});

describe("LangGraph's serializer protocol", () => {
  it("is the same form", async () => {
    const value = { at: new Date(0) };
    const [type, bytes] = await serializer.dumpsTyped(value);
    expect(bytes).toEqual(encode(value));
    expect(await serializer.loadsTyped(type, bytes)).toStrictEqual(value);
    expect(await serializer.loadsTyped(type, Buffer.from(bytes).toString())).toStrictEqual(value);
  });
});
