import { describe, expect, test } from "vitest";
import { numbersIn } from "../../../src/evals/evaluators/numbers-in-text.ts";
import { numeric } from "../../../src/evals/evaluators/numeric.ts";
import { passes, scoreOf } from "./support.ts";

describe("The numbers in a text", () => {
  test.each([
    ["The answer is 42.", [42]],
    ["-3 and +4 and −5", [-3, 4, -5]],
    ["1,234,567.89", [1234567.89]],
    ["1'234 or 1\u202f234 or 1_234", [1234, 1234, 1234]],
    ["$1,200 or 99€", [1200, 99]],
    ["1, 2, 3", [1, 2, 3]],
    ["from 10-20", [10, 20]],
    ["6.02e23 and 1E-3", [6.02e23, 0.001]],
    [".5 of it", [0.5]],
    ["**42**, \\boxed{7}, (8), 9%", [42, 7, 8, 9]],
    ["x=-2", [-2]],
    ["gpt-5 and B2B and version 1.2.3", []],
    ["3km, 4 km", [3, 4]],
    ["no number", []],
    ["", []],
  ])("%j are %j", (text, numbers) => {
    expect(numbersIn(text)).toEqual(numbers);
  });

  test("have a comma for a point where the text's language has", () => {
    expect(numbersIn("1.234,5 und 0,25", { decimal: "," })).toEqual([1234.5, 0.25]);
  });

  test("are shares where percent is one", () => {
    expect(numbersIn("12 % of 50", { percent: "share" })).toEqual([0.12, 50]);
  });

  test("count by their unit, in the first one's terms", () => {
    const units = { km: 1000, m: 1 };
    expect(numbersIn("3.5 km in 20 minutes, then 200 m on floor 7", { units })).toEqual([3500, 200]);
  });
});

describe("numeric", () => {
  test("takes the last number of an answer that shows its work, unless told otherwise", async () => {
    const answer = "7 boxes of 6 make 42.";
    expect(await passes(numeric(), 42, answer)).toBe(true);
    expect(await passes(numeric({ which: "first" }), 7, answer)).toBe(true);
    expect(await passes(numeric({ which: "any" }), 6, answer)).toBe(true);
    expect(await passes(numeric(), 6, answer)).toBe(false);
  });

  test("overlooks what floating point leaves, and nothing else", async () => {
    expect(await passes(numeric(), 0.1 + 0.2, "0.3")).toBe(true);
    expect(await passes(numeric(), 0.3, "0.3001")).toBe(false);
    expect(await passes(numeric(), 0, "0.0000000001")).toBe(false);
  });

  test.each([
    [{ absolute: 0.5 }, "100.5", true],
    [{ absolute: 0.5 }, "100.6", false],
    [{ relative: 0.01 }, "101", true],
    [{ relative: 0.01 }, "98.9", false],
    [{ absolute: 5, relative: 0.01 }, "104", true],
  ])("with tolerance %j takes %s for 100: %s", async (tolerance, answer, passed) => {
    expect(await passes(numeric(tolerance), 100, answer)).toBe(passed);
  });

  test("reads the expected number as it reads the answer", async () => {
    expect(await passes(numeric({ units: { km: 1000, m: 1 } }), "3 km", "It is 3,000 m long.")).toBe(true);
    expect(await passes(numeric({ percent: "share" }), "12%", "0.12")).toBe(true);
  });

  test("takes a number of the state as it is", async () => {
    const total = numeric({ actual: ({ values }) => values.total });
    expect(await passes(total, 7, { values: { total: 7 } })).toBe(true);
    expect(await passes(total, 7, { values: {} })).toBe(false);
  });

  test("fails an answer without a number, and says so", async () => {
    expect(await scoreOf(numeric(), 42, "I do not know.")).toMatchObject({
      passed: false,
      comment: expect.stringContaining("found no number"),
    });
  });

  test.each([["about 3 or 4"], ["many"], [null], [{ value: 3 }], [Number.NaN]])(
    "refuses to expect %j",
    async (expected) => {
      await expect(scoreOf(numeric(), expected, "3")).rejects.toMatchObject({ code: "invalid-dataset" });
    },
  );
});
