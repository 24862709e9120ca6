import { describe, expect, test } from "vitest";
import type { ToolCall } from "../../../src/evals/contract.ts";
import { align } from "../../../src/evals/evaluators/alignment.ts";
import { expectedTrajectory } from "../../../src/evals/evaluators/expected-trajectory.ts";
import {
  type ArgumentMode,
  forbiddenTools,
  nodeTrajectory,
  stepLimit,
  type TrajectoryMode,
  toolTrajectory,
} from "../../../src/evals/evaluators/trajectory.ts";
import { scoresOf } from "./support.ts";

const call = (name: string, args: Record<string, unknown> = {}): ToolCall => ({ name, args });

async function nodesPass(mode: TrajectoryMode, expected: string, taken: string): Promise<boolean | undefined> {
  const [score] = await scoresOf(
    nodeTrajectory({ mode }),
    { trajectory: expected.split("") },
    { nodes: taken.split("") },
  );
  return score?.passed;
}

describe("A trajectory of nodes", () => {
  test.each([
    // taken: strict, unordered, subset, superset, where abb is expected
    ["abb", true, true, true, true],
    ["bab", false, true, true, true],
    ["ab", false, false, true, false],
    ["abbc", false, false, false, true],
    ["", false, false, true, false],
    ["aab", false, false, false, false],
    ["abbb", false, false, false, true],
  ])(
    "%j for abb is strict %s, unordered %s, subset %s, superset %s",
    async (taken, strict, unordered, subset, superset) => {
      expect(await nodesPass("strict", "abb", taken)).toBe(strict);
      expect(await nodesPass("unordered", "abb", taken)).toBe(unordered);
      expect(await nodesPass("subset", "abb", taken)).toBe(subset);
      expect(await nodesPass("superset", "abb", taken)).toBe(superset);
    },
  );

  test("scores the share of steps that match, and says both ways", async () => {
    const [score] = await scoresOf(
      nodeTrajectory(),
      { trajectory: ["plan", "act", "answer"] },
      { nodes: ["plan", "answer"] },
    );
    expect(score).toMatchObject({
      passed: false,
      comment: "Expected (strict) plan → act → answer; got plan → answer.",
    });
    expect(score?.value).toBeCloseTo(2 / 3);
  });

  test("of nothing matches nothing", async () => {
    const [score] = await scoresOf(nodeTrajectory(), { trajectory: { nodes: [] } }, { nodes: [] });
    expect(score).toMatchObject({ passed: true, value: 1 });
  });

  test("that the item does not have is refused", async () => {
    const scores = scoresOf(nodeTrajectory(), { trajectory: { tools: [] } }, {});
    await expect(scores).rejects.toThrow(/Item "a": node-trajectory needs nodes in `trajectory`/);
    expect(nodeTrajectory().needsTrajectory).toBe(true);
    expect(nodeTrajectory({ expected: () => ["a"] }).needsTrajectory).toBe(false);
  });
});

describe("A trajectory of calls", () => {
  const expected = { city: "Porto", days: 3 };
  async function passesWith(args: ArgumentMode, taken: Record<string, unknown>): Promise<boolean | undefined> {
    const evaluator = toolTrajectory({ args });
    const [score] = await scoresOf(
      evaluator,
      { trajectory: { tools: [{ name: "weather", args: expected }] } },
      { toolCalls: [call("weather", taken)] },
    );
    return score?.passed;
  }

  test.each([
    // taken: exact, ignore, subset, superset
    [{ city: "Porto", days: 3 }, true, true, true, true],
    [{ days: 3, city: "Porto" }, true, true, true, true],
    [{ city: "Porto" }, false, true, true, false],
    [{ city: "Porto", days: 3, unit: "C" }, false, true, false, true],
    [{ city: "Lisbon", days: 3 }, false, true, false, false],
    [{}, false, true, true, false],
  ])(
    "with arguments %j is exact %s, ignore %s, subset %s, superset %s",
    async (taken, exact, ignore, subset, superset) => {
      expect(await passesWith("exact", taken)).toBe(exact);
      expect(await passesWith("ignore", taken)).toBe(ignore);
      expect(await passesWith("subset", taken)).toBe(subset);
      expect(await passesWith("superset", taken)).toBe(superset);
    },
  );

  test("may compare arguments by a function, or each tool's in its own way", async () => {
    const isNear: ArgumentMode = (actual, wanted) => Math.abs(Number(actual.x) - Number(wanted.x)) <= 1;
    const evaluator = toolTrajectory({ args: "exact", argsOf: { move: isNear, look: "ignore" } });
    const trajectory = {
      tools: [
        { name: "move", args: { x: 5 } },
        { name: "look", args: { at: "sky" } },
      ],
    };
    const near = [call("move", { x: 6 }), call("look", { at: "sea" })];
    const far = [call("move", { x: 9 }), call("look", { at: "sea" })];
    expect(await scoresOf(evaluator, { trajectory }, { toolCalls: near })).toMatchObject([{ passed: true }]);
    expect(await scoresOf(evaluator, { trajectory }, { toolCalls: far })).toMatchObject([
      { passed: false, value: 0.5 },
    ]);
  });

  test("expected by name alone may have any arguments", async () => {
    const scores = scoresOf(
      toolTrajectory(),
      { trajectory: { tools: ["calculator"] } },
      { toolCalls: [call("calculator", { a: 1 })] },
    );
    expect(await scores).toMatchObject([{ passed: true }]);
  });

  test("gives each expected call a partner of its own, whoever comes first", async () => {
    // The first call fits both expected ones, the second only one: taking partners greedily would leave it alone.
    const trajectory = { tools: [{ name: "search" }, { name: "search", args: { q: "tides" } }] };
    const toolCalls = [call("search", { q: "tides" }), call("search", { q: "moon" })];
    expect(await scoresOf(toolTrajectory({ mode: "unordered" }), { trajectory }, { toolCalls })).toMatchObject([
      { passed: true, value: 1 },
    ]);
  });

  test("counts a call that failed: it was made", async () => {
    const toolCalls = [{ ...call("calculator"), error: "It divides by zero." }];
    expect(await scoresOf(toolTrajectory(), { trajectory: { tools: ["calculator"] } }, { toolCalls })).toMatchObject([
      { passed: true },
    ]);
  });
});

describe("What an item expects as its way", () => {
  test.each([
    [["plan", "act"], { nodes: ["plan", "act"], tools: undefined }],
    [[{ name: "search", args: { q: 1 } }], { tools: [{ name: "search", args: { q: 1 } }], nodes: undefined }],
    [
      { tools: ["search"], nodes: ["agent"] },
      { tools: [{ name: "search" }], nodes: ["agent"] },
    ],
    ["search", undefined],
    [{ tool: [] }, undefined],
    [undefined, undefined],
  ])("%j is read as %j", (trajectory, read) => {
    expect(expectedTrajectory({ trajectory })).toEqual(read);
  });
});

describe("Two ways side by side", () => {
  test("keep most of what they share, and mark the rest", () => {
    const steps = align(["a", "x", "b", "c"], ["a", "b", "y", "c"], (one, other) => one === other);
    expect(steps.map(({ kind, actual, expected }) => [kind, actual, expected])).toEqual([
      ["same", "a", "a"],
      ["extra", "x", undefined],
      ["same", "b", "b"],
      ["missing", undefined, "y"],
      ["same", "c", "c"],
    ]);
  });

  test("may be empty", () => {
    expect(align([], [], () => true)).toEqual([]);
    expect(align(["a"], [], () => true)).toEqual([{ kind: "extra", actual: "a" }]);
    expect(align([], ["a"], () => true)).toEqual([{ kind: "missing", expected: "a" }]);
  });
});

describe("Limits of a way", () => {
  const toolCalls = [call("search"), call("delete_all")];

  test("name the forbidden tools that were called", async () => {
    expect(await scoresOf(forbiddenTools(["delete_all"]), {}, { toolCalls })).toMatchObject([
      { name: "forbidden-tools", passed: false, comment: "Called: delete_all({})." },
    ]);
    expect(await scoresOf(forbiddenTools(["send"]), {}, { toolCalls })).toMatchObject([{ passed: true }]);
  });

  test.each([
    [{ toolCalls: 2 }, true],
    [{ toolCalls: 1 }, false],
    [{ nodes: 3 }, true],
    [{ nodes: 2 }, false],
    [{ toolCalls: 2, nodes: 2 }, false],
  ])("of %j hold: %s", async (limits, passed) => {
    const scores = await scoresOf(stepLimit(limits), {}, { toolCalls, nodes: ["agent", "tools", "agent"] });
    expect(scores).toMatchObject([{ passed }]);
  });
});
