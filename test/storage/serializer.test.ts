/** The serialiser: what comes back is what went in, and nothing else is ever made of data. */
import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { describe, expect, it } from "vitest";
import { decode, encode, serializer } from "../../src/storage/serializer.ts";

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
