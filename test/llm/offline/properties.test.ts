/** What holds of the offline model for any text and any schema. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OfflineChatModel } from "../../../src/llm/offline/model.ts";

const model = new OfflineChatModel();

/** Texts of what the model looks for, in every disorder, and texts of anything at all, lone surrogates too. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."0123456789+-*/^%!().,:?\"'“” \n\u0000aeAZé中\ud800") }),
  fc
    .array(
      fc.constantFrom("what", "is", "and", "Tokyo", "12 May 2026", "-5", "times", "a@b.org", "https://a.b/c", "Ada"),
    )
    .map((words) => words.join(" ")),
  fc.string({ unit: "binary" }),
);

/** JSON schemas as tools have them, unsound ones among them. */
const schema = fc.letrec<{ schema: unknown }>((tie) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.jsonValue(),
    fc.record(
      {
        type: fc.constantFrom("string", "number", "integer", "boolean", "null", "other", ["null", "string"]),
        description: text,
        format: text,
        minimum: fc.jsonValue(),
        maximum: fc.integer(),
        maxLength: fc.integer(),
        enum: fc.array(fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        type: fc.constant("object"),
        properties: fc.dictionary(fc.string(), tie("schema"), { maxKeys: 4 }),
        required: fc.array(fc.string()),
      },
      { requiredKeys: [] },
    ),
    fc.record(
      { type: fc.constant("array"), items: tie("schema"), maxItems: fc.jsonValue(), minItems: fc.nat() },
      { requiredKeys: ["type"] },
    ),
    fc.record(
      { anyOf: fc.array(tie("schema"), { maxLength: 3 }), oneOf: fc.array(tie("schema"), { maxLength: 3 }) },
      { requiredKeys: [] },
    ),
    fc.record({ $ref: fc.constantFrom("#", "#/properties/a", "#/__proto__", "nowhere") }),
  ),
})).schema;

const tools = fc.array(fc.record({ name: text, description: text, input_schema: schema }), { maxLength: 3 });

describe("For any text, tools and choice, the offline model", () => {
  test("replies, and the same each time", async () => {
    const choice = fc.constantFrom("auto", "any", "none", undefined);
    const property = fc.asyncProperty(text, tools, choice, async (question, given, tool_choice) => {
      const bound = model.bindTools(given, tool_choice ? { tool_choice } : {});
      const [first, second] = [await bound.invoke(question), await bound.invoke(question)];
      const what = ({ content, tool_calls, usage_metadata }: typeof first) => ({ content, tool_calls, usage_metadata });
      expect(what(second)).toEqual(what(first));
      expect(first.text !== "" || (first.tool_calls ?? []).length > 0).toBe(true);
      if (tool_choice === "any" && given.length > 0) expect(first.tool_calls).not.toEqual([]);
    });
    await fc.assert(property, { numRuns: 300 });
  });

  test("streams what it says when it is invoked", async () => {
    const property = fc.asyncProperty(text, tools, async (question, given) => {
      const bound = model.bindTools(given);
      const [whole, chunks] = [await bound.invoke(question), await Array.fromAsync(await bound.stream(question))];
      const streamed = chunks.reduce((sum, chunk) => sum.concat(chunk));
      expect(streamed.text).toBe(whole.text);
      expect(streamed.tool_calls?.map(({ args }) => args)).toEqual(whole.tool_calls?.map(({ args }) => args));
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

describe("For a schema that is no schema, the offline model", () => {
  const unsound = { toString: null, valueOf: null };
  const itself = { $ref: "#" };
  test.each([
    { type: "object", properties: { a: { enum: [unsound] }, b: { const: unsound } }, required: ["a", "b"] },
    { properties: { a: { type: "number", minimum: unsound, maximum: "9" } }, required: ["a", unsound] },
    { properties: { a: { type: "string", description: unsound, maxLength: unsound } }, required: ["a", "b"] },
    { type: "object", properties: { a: itself, b: { anyOf: [itself, itself] } }, required: ["a", "b"] },
    { type: "array", items: itself },
  ])("gives something of a bounded depth (%#)", async (parameters) => {
    const given = { type: "function", function: { name: "odd", parameters } };
    const { tool_calls } = await model.bindTools([given], { tool_choice: "any" }).invoke("Ada has 3 of them");
    expect(tool_calls).toHaveLength(1);
    const depth = (value: unknown): number =>
      typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
    expect(depth(tool_calls)).toBeLessThan(20);
  });
});

describe("For any text, the offline model", () => {
  const wanted = {
    type: "object",
    properties: {
      name: { type: "string" },
      count: { type: "integer", minimum: 1, maximum: 9 },
      label: { enum: ["one", "two"] },
      notes: { type: "array", items: { type: "string" } },
      more: { type: "object", properties: { formula: { type: "string" } }, required: ["formula"] },
    },
    required: ["name", "count", "label", "notes", "more"],
  };

  test("fills a sound schema soundly", async () => {
    const property = fc.asyncProperty(text, async (question) => {
      const { count, label, ...rest } = await model.withStructuredOutput(wanted).invoke(question);
      expect(count).toBeOneOf([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(label).toBeOneOf(["one", "two"]);
      expect(rest).toEqual({
        name: expect.any(String),
        notes: expect.any(Array),
        more: { formula: expect.any(String) },
      });
    });
    await fc.assert(property, { numRuns: 300 });
  });

  const million = (piece: string) => piece.repeat(1_000_000 / piece.length);
  test.each(["What is 2 + 2 in Tokyo? ", "Ada ", "1+", "(", " ", "a", "x\n"])(
    "reads a million characters of %j",
    async (piece) => {
      const add = {
        name: "add",
        description: "Adds",
        input_schema: { properties: { expression: { type: "string" } }, required: ["expression"] },
      };
      const { usage_metadata } = await model.bindTools([add]).invoke(million(piece));
      expect(usage_metadata?.input_tokens).toBeGreaterThan(50_000);
      expect(Object.keys(await model.withStructuredOutput(wanted).invoke(million(piece)))).toEqual(wanted.required);
    },
  );
});
