import { describe, expect, test } from "vitest";
import { budgets } from "../../../src/evals/evaluators/budgets.ts";
import { finalState, interruptRaised } from "../../../src/evals/evaluators/outcome.ts";
import { scoreOf, scoresOf } from "./support.ts";

describe("The final state", () => {
  const values = { outcome: { kind: "answered" }, drafts: [{ text: "one" }, { text: "two" }] };

  test("has the expected value at a path", async () => {
    const evaluator = finalState("drafts[-1].text");
    expect(await scoreOf(evaluator, "two", { values })).toMatchObject({ name: "state drafts[-1].text", passed: true });
    expect(await scoreOf(evaluator, "one", { values })).toMatchObject({
      passed: false,
      comment: 'drafts[-1].text: expected "one", got "two".',
    });
  });

  test("has a whole value there, key by key", async () => {
    const evaluator = finalState("outcome", { expected: () => ({ kind: "answered" }) });
    expect(await scoreOf(evaluator, undefined, { values })).toMatchObject({ passed: true });
    expect(evaluator.needsExpected).toBe(false);
  });

  test("fulfils a condition", async () => {
    const evaluator = finalState("drafts", { is: (drafts) => Array.isArray(drafts) && drafts.length <= 1 });
    expect(await scoreOf(evaluator, undefined, { values })).toMatchObject({ passed: false });
  });

  test("that lacks the field fails", async () => {
    expect(await scoreOf(finalState("route"), "math", { values })).toMatchObject({ passed: false });
  });
});

describe("An interrupt", () => {
  const interrupts = [
    { type: "approval", tool: "send_mail", args: { to: "a@example.com", cc: [] } },
    { action: "clarify", question: "Which Porto?" },
  ];

  test.each([
    [{}, true],
    [{ type: "approval" }, true],
    [{ type: "clarify" }, true],
    [{ type: "payment" }, false],
    [{ where: { tool: "send_mail", args: { to: "a@example.com" } } }, true],
    [{ type: "approval", where: { tool: "delete" } }, false],
    [{ type: "approval", times: 1 }, true],
    [{ type: "approval", times: 2 }, false],
    [{ type: "payment", times: 0 }, true],
    [{ times: 0 }, false],
  ])("as in %j was raised: %s", async (options, passed) => {
    expect(await scoreOf(interruptRaised(options), undefined, { interrupts })).toMatchObject({ passed });
  });

  test("may be any value", async () => {
    expect(await scoreOf(interruptRaised(), undefined, { interrupts: ["go on?"] })).toMatchObject({ passed: true });
    expect(await scoreOf(interruptRaised({ type: "approval" }), undefined, { interrupts: [null, "x"] })).toMatchObject({
      passed: false,
    });
  });
});

describe("Budgets", () => {
  const taken = { cost: 0.02, usage: { input_tokens: 900, output_tokens: 100 }, latencyMs: 1500, firstTokenMs: 300 };

  test("are scored one by one; exactly the budget is within it", async () => {
    const evaluator = budgets({ cost: 0.02, tokens: 999, latencyMs: 1500, firstTokenMs: 299 });
    expect(await scoresOf(evaluator, {}, taken)).toMatchObject([
      { name: "budget-cost", passed: true },
      { name: "budget-tokens", passed: false, comment: "1000 tokens of 999 tokens." },
      { name: "budget-latency", passed: true },
      { name: "budget-first-token", passed: false },
    ]);
  });

  test("that are not set are not scored", async () => {
    expect(await scoresOf(budgets({}), {}, taken)).toEqual([]);
    expect(await scoresOf(budgets({ tokens: 1000 }), {}, taken)).toHaveLength(1);
  });

  test("of an unknown measure fail, or are skipped if that is allowed", async () => {
    const unknown = { ...taken, cost: undefined };
    const [strict] = await scoresOf(budgets({ cost: 1 }), {}, unknown);
    expect(strict).toMatchObject({ passed: false, comment: expect.stringContaining("not known") });
    const [lenient] = await scoresOf(budgets({ cost: 1, allowUnknown: true }), {}, unknown);
    expect(lenient).toMatchObject({ skipped: expect.stringContaining("not known") });
    expect(lenient).not.toHaveProperty("passed");
  });

  test("of nothing hold for a free run", async () => {
    expect(await scoresOf(budgets({ cost: 0 }), {}, { cost: 0 })).toMatchObject([{ passed: true }]);
  });
});
