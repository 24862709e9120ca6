import { describe, expect, test } from "vitest";
import { z } from "zod";
import { jsonMatch, jsonSchema } from "../../../src/evals/evaluators/json.ts";
import { jsonIn, valueAt } from "../../../src/evals/evaluators/json-values.ts";
import { passes, scoreOf } from "./support.ts";

describe("The JSON in a text", () => {
  test.each([
    ['{"a":1}', { a: 1 }],
    ['Here it is:\n```json\n{"a":1}\n```\nDone.', { a: 1 }],
    ['The result is {"a":{"b":2}}, as asked.', { a: { b: 2 } }],
    ["[1,2]", [1, 2]],
    ["null", null],
    ["no JSON", undefined],
    ["{broken", undefined],
    ["[1] or [2]", undefined],
    ["} and {", undefined],
    ["", undefined],
  ])("%j is %j", (text, value) => {
    expect(jsonIn(text)).toEqual(value);
  });
});

describe("A path", () => {
  const value = { a: { b: [{ c: 1 }, { c: 2 }] }, "": 3 };
  test.each([
    ["a.b[0].c", 1],
    ["a.b[-1].c", 2],
    ["a.b[7].c", undefined],
    ["a.x", undefined],
    ["a.b.length", undefined],
    ["__proto__", undefined],
    ["constructor.name", undefined],
  ])("%s leads to %j", (path, found) => {
    expect(valueAt(value, path)).toEqual(found);
  });
});

describe("json-schema", () => {
  const Invoice = z.strictObject({ number: z.string(), total: z.number().min(0) });
  const evaluator = jsonSchema({ schema: z.toJSONSchema(Invoice) });

  test("passes what fits, in whatever words it stands", async () => {
    expect(await passes(evaluator, undefined, 'Sure: {"number":"A1","total":3}')).toBe(true);
  });

  test("names each place that does not fit", async () => {
    const { passed, comment } = await scoreOf(evaluator, undefined, '{"number":1,"total":-3,"x":0}');
    expect(passed).toBe(false);
    expect(comment).toContain("$.number must be string");
    expect(comment).toContain("$.total must be >= 0");
    expect(comment).toContain('additional properties ("x")');
  });

  test("fails what is no JSON", async () => {
    expect(await scoreOf(evaluator, undefined, "three")).toMatchObject({
      passed: false,
      comment: '"three" is not JSON.',
    });
  });

  test("takes the item's schema where the suite has none", async () => {
    expect(await passes(jsonSchema(), { type: "array", minItems: 1 }, "[1]")).toBe(true);
    await expect(scoreOf(jsonSchema(), "object", "{}")).rejects.toMatchObject({ code: "invalid-dataset" });
  });
});

describe("json-match", () => {
  const expected = { customer: "Nadia", lines: [{ sku: "a", count: 2 }], total: 9.99 };

  test("finds the expected within more, unless it must be equal", async () => {
    const answer = JSON.stringify({ ...expected, note: "paid" });
    expect(await passes(jsonMatch(), expected, answer)).toBe(true);
    expect(await scoreOf(jsonMatch({ mode: "equal" }), expected, answer)).toMatchObject({
      passed: false,
      comment: '$.note: "paid" is too much',
    });
  });

  test("scores the share of values that are right, and names the others", async () => {
    const answer = JSON.stringify({ ...expected, lines: [{ sku: "b", count: 2 }] });
    expect(await scoreOf(jsonMatch(), expected, answer)).toEqual({
      name: "json-match",
      value: 0.75,
      passed: false,
      comment: '$.lines[0].sku: expected "a", got "b"',
    });
  });

  test("wants a list in its order and of its length", async () => {
    expect(await passes(jsonMatch(), [1, 2], "[1,2,3]")).toBe(false);
    expect(await passes(jsonMatch(), [1, 2], "[2,1]")).toBe(false);
    expect(await passes(jsonMatch(), [], "[]")).toBe(true);
    expect(await passes(jsonMatch(), [], "{}")).toBe(false);
  });

  test("leaves out paths that do not count, in each entry of a list", async () => {
    const evaluator = jsonMatch({ mode: "equal", ignore: ["id", "lines[].count"] });
    const answer = JSON.stringify({ ...expected, id: 7, lines: [{ sku: "a", count: 99 }] });
    expect(await passes(evaluator, expected, answer)).toBe(true);
  });

  test("allows numbers a tolerance", async () => {
    const answer = JSON.stringify({ ...expected, total: 10 });
    expect(await passes(jsonMatch({ tolerance: 0.02 }), expected, answer)).toBe(true);
    expect(await passes(jsonMatch({ tolerance: 0.001 }), expected, answer)).toBe(false);
  });

  test("tells null from nothing, and text from numbers", async () => {
    expect(await passes(jsonMatch(), { a: null }, "{}")).toBe(false);
    expect(await passes(jsonMatch(), { a: 1 }, '{"a":"1"}')).toBe(false);
  });
});
