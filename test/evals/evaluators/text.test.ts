import { describe, expect, test } from "vitest";
import { contains, editDistance, exact, regex } from "../../../src/evals/evaluators/text.ts";
import { passes, scoreOf } from "./support.ts";

describe("exact", () => {
  test.each([
    ["the same text", "Porto", "Porto", true],
    ["another case", "Porto", "porto", false],
    ["white space around", "Porto", " Porto\n", false],
    ["one of a list", ["Porto", "Oporto"], "Oporto", true],
    ["none of a list", ["Porto", "Oporto"], "Lisbon", false],
    ["a number as text", 42, "42", true],
    ["the same letters, composed otherwise", "S\u00e3o", "Sa\u0303o", true],
    ["an empty answer", "Porto", "", false],
    ["nothing, where nothing is right", "", "", true],
  ])("takes %s: %j and %j are equal: %s", async (_, expected, answer, equal) => {
    expect(await passes(exact(), expected, answer)).toBe(equal);
  });

  test.each([
    ["case" as const, "PORTO", true],
    ["whitespace" as const, "  Porto \n", true],
    ["punctuation" as const, "Porto!", true],
    ["accents" as const, "P\u00f3rto", true],
    ["articles" as const, "the Porto", true],
    ["case" as const, "Porto!", false],
  ])("may overlook %s: %j", async (normalize, answer, equal) => {
    expect(await passes(exact({ normalize: [normalize] }), "Porto", answer)).toBe(equal);
  });

  test("overlooks punctuation, but not the point within a number", async () => {
    const evaluator = exact({ normalize: ["punctuation"] });
    expect(await passes(evaluator, "3.14", "3.14.")).toBe(true);
    expect(await passes(evaluator, "314", "3.14")).toBe(false);
  });

  test("says what it expected and what it got", async () => {
    expect(await scoreOf(exact(), "Porto", "Lisbon")).toEqual({
      name: "exact",
      value: 0,
      passed: false,
      comment: 'Expected ["Porto"], got "Lisbon".',
    });
  });

  test("looks where it is told to, under the name that it is given", async () => {
    const route = exact({
      name: "route",
      actual: ({ values }) => values.route,
      expected: ({ tags }) => tags[0] ?? "math",
    });
    expect(await scoreOf(route, undefined, { values: { route: "math" } })).toMatchObject({
      name: "route",
      passed: true,
    });
    expect(route.needsExpected).toBe(false);
    expect(exact().needsExpected).toBe(true);
  });

  test.each([[undefined], [{ answer: 42 }], [[]]])(
    "refuses an item that expects %j, instead of failing the answer",
    async (expected) => {
      await expect(scoreOf(exact(), expected, "42")).rejects.toMatchObject({ code: "invalid-dataset" });
    },
  );
});

describe("contains", () => {
  test("wants all of a list, and scores the share that is there", async () => {
    expect(await scoreOf(contains(), ["Porto", "Douro"], "Porto lies at the Douro.")).toMatchObject({
      value: 1,
      passed: true,
    });
    const half = await scoreOf(contains(), ["Porto", "Tejo"], "Porto lies at the Douro.");
    expect(half).toMatchObject({ value: 0.5, passed: false, comment: expect.stringContaining('["Tejo"]') });
  });

  test("is content with any of them, if told so", async () => {
    expect(await passes(contains({ need: "any" }), ["Porto", "Tejo"], "in Porto")).toBe(true);
    expect(await passes(contains({ need: "any" }), ["Minho", "Tejo"], "in Porto")).toBe(false);
  });

  test("finds what must not leak", async () => {
    const secrets = contains({ need: "none", normalize: ["case"] });
    expect(await passes(secrets, ["hunter2"], "I cannot tell you.")).toBe(true);
    expect(await scoreOf(secrets, ["hunter2"], "It is HUNTER2.")).toMatchObject({ passed: false, value: 0 });
  });
});

describe("regex", () => {
  test("tests each answer anew, whatever the flags of the expression", async () => {
    const evaluator = regex({ pattern: /\d{4}-\d{2}-\d{2}/g });
    for (const answer of ["on 2026-11-22", "2026-11-23", "2026-11-24"]) {
      expect(await passes(evaluator, undefined, answer)).toBe(true);
    }
    expect(await passes(evaluator, undefined, "tomorrow")).toBe(false);
  });

  test("takes the item's expression, unless it is none", async () => {
    expect(await passes(regex(), "^\\p{Lu}", "Élan")).toBe(true);
    await expect(scoreOf(regex(), "(", "x")).rejects.toThrow(/Item "a": regex needs a regular expression; it is "\("/);
  });

  test("may want no match", async () => {
    expect(await passes(regex({ pattern: /sorry/i, need: "none" }), undefined, "Sorry, no.")).toBe(false);
    expect(await passes(regex({ pattern: /sorry/i, need: "none" }), undefined, "42")).toBe(true);
  });
});

describe("edit-distance", () => {
  test.each([
    ["kitten", "sitting", 1 - 3 / 7],
    ["flaw", "lawn", 1 - 2 / 4],
    ["", "", 1],
    ["abc", "", 0],
    ["same", "same", 1],
    // One character each, although it is two units of UTF-16.
    ["🚆🚆", "🚆🚇", 0.5],
  ])("of %j and %j leaves a similarity of %d", async (expected, answer, similarity) => {
    expect((await scoreOf(editDistance(), expected, answer)).value).toBeCloseTo(similarity, 10);
  });

  test("passes from its bound on, by the nearest of a list", async () => {
    expect(await passes(editDistance({ min: 0.75 }), ["far away", "abcd"], "abcx")).toBe(true);
    expect(await passes(editDistance({ min: 0.76 }), "abcd", "abcx")).toBe(false);
  });

  test("compares no endless texts: lengths that decide fail, others are skipped", async () => {
    const long = "a".repeat(20_000);
    expect(await scoreOf(editDistance(), "short", long)).toMatchObject({ passed: false });
    const both = await scoreOf(editDistance(), long, `${long}b`);
    expect(both).toMatchObject({ skipped: expect.stringContaining("10000") });
    expect(both).not.toHaveProperty("passed");
  });
});
