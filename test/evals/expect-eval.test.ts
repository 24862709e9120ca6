/** Suites in a test runner. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { exact } from "../../src/evals/evaluators/text.ts";
import { expectEval, runEval } from "../../src/evals/expect-eval.ts";
import { defineEval, type EvalDefinition } from "../../src/evals/suite.ts";

const upper: EvalDefinition = {
  name: "upper",
  dataset: [
    { id: "a", input: "a", expected: "A" },
    { id: "b", input: "b", expected: "B" },
    { id: "sharp-s", input: "ß", expected: "ẞ" },
  ],
  target: ({ input }) => String(input).toUpperCase(),
  evaluators: [exact()],
};

describe("A suite that is expected to pass", () => {
  test("passes where its gates hold", async () => {
    const run = await runEval(defineEval({ ...upper, gates: [{ evaluator: "exact", min: 0.6 }] }));
    expect(run.summary.scores[0]).toMatchObject({ name: "pass", passes: 2 });
    expectEval(run).toPass();
  });

  test("fails with the gate and the items where one does not", async () => {
    const run = await runEval(defineEval({ ...upper, gates: [{ evaluator: "exact", min: 0.9 }] }));
    expect(() => expectEval(run).toPass()).toThrow(
      /upper: 1 of 3 trials failed\n {2}gate +exact >= 0.9: it is 0.667\n {2}item +sharp-s exact: Expected/,
    );
  });

  test("without gates wants all items to pass", async () => {
    expectEval(await runEval(defineEval({ ...upper, dataset: [{ id: "a", input: "a", expected: "A" }] }))).toPass();
    const run = await runEval(defineEval(upper));
    expect(() => expectEval(run).toPass()).toThrow(/sharp-s/);
  });

  test("fails for errors and mistakes in the dataset, whatever its gates say", async () => {
    const broken = { ...upper, gates: [{ min: 0 }], target: () => Promise.reject(new Error("no network")) };
    const failed = await runEval(defineEval(broken));
    expect(() => expectEval(failed).toPass()).toThrow(/item +a Error: no network/);
    const twice = [...(upper.dataset as []), { id: "a", input: "a", expected: "A" }];
    const mistaken = await runEval(defineEval({ ...upper, dataset: twice, gates: [{ min: 0 }] }));
    expect(() => expectEval(mistaken).toPass()).toThrow(/dataset .*has the id "a" again/);
  });

  test("fails where nothing was decided, or a gate was skipped: a judge without a model has passed nothing", async () => {
    const judge = { name: "judge", evaluate: () => ({ name: "judge", value: 0, skipped: "No model." }) };
    const skipped = await runEval(defineEval({ ...upper, evaluators: [judge] }));
    expect(() => expectEval(skipped).toPass()).toThrow(
      /upper: 0 of 3 trials failed, 3 are undecided\n.*\n {2}skipped judge: 3 trials skipped. No model./,
    );
    const one = { ...upper, dataset: [{ id: "a", input: "a", expected: "A" }], evaluators: [exact(), judge] };
    expectEval(await runEval(defineEval(one))).toPass();
    const gated = await runEval(defineEval({ ...one, gates: [{ evaluator: "judge", min: 0.5 }] }));
    expect(() => expectEval(gated).toPass()).toThrow(/gate +judge >= 0.5: skipped/);
  });

  test("may have a graph as its target, on the offline model", async () => {
    const config = fileURLToPath(new URL("../../langgraph.json", import.meta.url));
    const sums = {
      ...upper,
      target: "react",
      dataset: [{ id: "sum", input: "What is 6 * 7?", expected: "6 * 7 = 42" }],
    };
    const run = await runEval(defineEval(sums), { config });
    expectEval(run).toPass();
    expect(run.trials[0]?.result.toolCalls).toMatchObject([{ name: "calculator", result: "42" }]);
  });
});

test("A function knows the type of the inputs that stand beside it", async () => {
  const run = await runEval(
    defineEval({
      name: "typed",
      dataset: [{ id: "a", input: { left: 2, right: 3 }, expected: "6" }],
      target: ({ input, item }) => String(input.left * item.input.right),
      evaluators: [exact()],
    }),
  );
  expectEval(run).toPass();
});

describe("A definition", () => {
  test.each([
    [{ trials: 0 }, "trials"],
    [{ trials: 1.5 }, "trials"],
    [{ timeout: 0 }, "timeout"],
    [{ gates: [{ min: 90 }] }, "min is 90"],
    [{ evaluators: [exact(), exact()] }, 'two are named "exact"'],
  ])("that makes no sense is refused: %j", (wrong, reason) => {
    expect(() => defineEval({ ...upper, ...wrong })).toThrow(reason);
  });
});
