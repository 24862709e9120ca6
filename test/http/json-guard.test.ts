import { describe, expect, it } from "vitest";
import { fieldNestedTooDeep, findPrototypeKey, findUnstorable, mayNamePrototype } from "../../src/http/json-guard.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const deepField = (text: string, limit: number) => fieldNestedTooDeep(Buffer.from(text), limit);

describe("the depth of JSON text", () => {
  it("is measured before it is parsed, and the field that goes too deep is named", () => {
    expect(deepField(`{"a": 1, "input": ${nested(10)}}`, 11)).toBeUndefined();
    expect(deepField(`{"a": 1, "input": ${nested(11)}}`, 11)).toBe("input");
    expect(deepField(nested(12), 11)).toBe("body");
  });

  it("does not count brackets inside texts, nor end a text at an escaped quote", () => {
    expect(deepField(`{"a": "[[[[[[[[", "b\\"[[[[[[[": "\\\\", "c": [1]}`, 2)).toBeUndefined();
    expect(deepField(`{"a": "\\\\", "b": [[1]]}`, 2)).toBe("b");
  });

  it("is found in text that no parser would get through", () => {
    expect(deepField("[".repeat(20_000_000), 500)).toBe("body");
  });
});

describe("keys named __proto__", () => {
  it("are found at any depth, with their path", () => {
    const value = JSON.parse('{"config": {"tags": [{"a": 1}, {"b": {"__proto__": {"admin": true}}}]}}');
    expect(findPrototypeKey(value)).toEqual({
      path: ["config", "tags", 1, "b", "__proto__"],
      problem: "is not allowed as a key",
    });
  });

  it("are looked for where the text may name them, with escapes too", () => {
    for (const text of ['{"__proto__": 1}', '{"\\u005f_proto__": 1}', '{"__prot\\u006F__": 1}']) {
      expect(mayNamePrototype(Buffer.from(text))).toBe(true);
      expect(findPrototypeKey(JSON.parse(text))).toBeDefined();
    }
    expect(mayNamePrototype(Buffer.from('{"proto": "plain"}'))).toBe(false);
  });

  it("are not confused with values, other keys, or prototypes", () => {
    expect(findPrototypeKey({ proto: "__proto__", list: [null, 1, "x"], nothing: null })).toBeUndefined();
  });
});

describe("what a filterable column cannot hold", () => {
  it("is named: NUL and lone surrogates, in texts and in keys", () => {
    expect(findUnstorable({ a: ["ok", { b: "x\0" }] }, 64)).toEqual({
      path: ["a", 1, "b"],
      problem: "contains a NUL character",
    });
    expect(findUnstorable({ a: { "\ud800": 1 } }, 64)).toMatchObject({ problem: "contains a lone surrogate" });
    expect(findUnstorable({ a: "whole 😀 pairs" }, 64)).toBeUndefined();
  });

  it("is nesting over the limit, and nothing at the limit", () => {
    expect(findUnstorable(JSON.parse(nested(64)), 64)).toBeUndefined();
    expect(findUnstorable(JSON.parse(nested(65)), 64)).toMatchObject({ problem: "is nested deeper than 64 levels" });
  });
});
