/** Evaluators of the way to a result: the tools that were called, the nodes that ran. */
import type { Evaluator, Item, Score, ToolCall } from "../contract.ts";
import { align, pairs } from "./alignment.ts";
import { passOrMiss, shown, unusable } from "./comparison.ts";
import { type ExpectedCall, expectedTrajectory } from "./expected-trajectory.ts";
import { compareJson, isEqualJson } from "./json-values.ts";

/**
 * - `strict`: these steps in this order, and no others
 * - `unordered`: these steps, each as often as it is expected, in any order
 * - `subset`: no steps but these; some may be left out
 * - `superset`: all of these steps; others may come between
 */
export type TrajectoryMode = "strict" | "unordered" | "subset" | "superset";

/**
 * How the arguments of a call are held against the expected ones: the same; not at all; no others than expected; the
 * expected ones and more; or by a function.
 */
export type ArgumentMode =
  | "exact"
  | "ignore"
  | "subset"
  | "superset"
  | ((actual: ToolCall["args"], expected: ToolCall["args"]) => boolean);

interface ToolTrajectoryOptions {
  readonly name?: string;
  /** `strict` unless given. */
  readonly mode?: TrajectoryMode;
  /** `exact` unless given. A call that is expected without `args` may have any. */
  readonly args?: ArgumentMode;
  /** Tool -> another mode for its arguments. */
  readonly argsOf?: Readonly<Record<string, ArgumentMode>>;
  /** The expected calls: those of the item's `trajectory` unless given. */
  readonly expected?: (item: Item) => readonly ExpectedCall[];
}

/** The tools were called as expected. The value is the share of steps that match. */
export function toolTrajectory(options: ToolTrajectoryOptions = {}): Evaluator {
  const { name = "tool-trajectory", mode = "strict", args = "exact", argsOf = {} } = options;
  const isSame = (actual: ToolCall, expected: ExpectedCall) => {
    const way = Object.hasOwn(argsOf, expected.name) ? argsOf[expected.name] : args;
    return actual.name === expected.name && hasArguments(actual.args, expected.args, way ?? args);
  };
  return {
    name,
    needsTrajectory: options.expected === undefined,
    evaluate({ item, result }) {
      const expected = options.expected?.(item) ?? expectedTrajectory(item)?.tools;
      if (!expected) throw unusable(item, name, "calls of tools in `trajectory`", item.trajectory);
      return matched(name, mode, result.toolCalls, expected, isSame, callText);
    },
  };
}

interface NodeTrajectoryOptions {
  readonly name?: string;
  /** `strict` unless given. */
  readonly mode?: TrajectoryMode;
  /** The expected nodes: those of the item's `trajectory` unless given. */
  readonly expected?: (item: Item) => readonly string[];
}

/** The nodes ran as expected; one of a subgraph is `outer:inner`. The value is the share of steps that match. */
export function nodeTrajectory(options: NodeTrajectoryOptions = {}): Evaluator {
  const { name = "node-trajectory", mode = "strict" } = options;
  return {
    name,
    needsTrajectory: options.expected === undefined,
    evaluate({ item, result }) {
      const expected = options.expected?.(item) ?? expectedTrajectory(item)?.nodes;
      if (!expected) throw unusable(item, name, "nodes in `trajectory`", item.trajectory);
      return matched(name, mode, result.nodes, expected, (one, other) => one === other, String);
    },
  };
}

/** None of these tools was called, with success or without. */
export function forbiddenTools(tools: readonly string[], { name = "forbidden-tools" } = {}): Evaluator {
  return {
    name,
    evaluate({ result }) {
      const called = result.toolCalls.filter((call) => tools.includes(call.name));
      return passOrMiss(
        name,
        called.length === 0,
        called.length ? `Called: ${called.map(callText).join(", ")}.` : undefined,
      );
    },
  };
}

/** At most so many calls of tools, and so many nodes. */
export function stepLimit(limits: { toolCalls?: number; nodes?: number; name?: string }): Evaluator {
  const { name = "step-limit", toolCalls = Number.POSITIVE_INFINITY, nodes = Number.POSITIVE_INFINITY } = limits;
  return {
    name,
    evaluate({ result }) {
      const over = [
        ...(result.toolCalls.length > toolCalls ? [`${result.toolCalls.length} calls of tools, not ${toolCalls}`] : []),
        ...(result.nodes.length > nodes ? [`${result.nodes.length} nodes, not ${nodes}`] : []),
      ];
      return passOrMiss(name, over.length === 0, over.length ? `${over.join("; ")}.` : undefined);
    },
  };
}

/** A call in one line, as a comment or a report shows it. */
export function callText({ name, args }: ExpectedCall): string {
  return `${name}(${args ? shown(args) : "…"})`;
}

/** True if the arguments of a call are the expected ones by this mode; expected ones that are undefined fit any. */
export function hasArguments(actual: ToolCall["args"], expected: ExpectedCall["args"], mode: ArgumentMode): boolean {
  if (expected === undefined || mode === "ignore") return true;
  if (typeof mode === "function") return mode(actual, expected);
  if (mode === "exact") return isEqualJson(actual, expected);
  const [inner, outer] = mode === "subset" ? [actual, expected] : [expected, actual];
  return compareJson(outer, inner, { mode: "subset" }).differences.length === 0;
}

function matched<Actual, Expected>(
  name: string,
  mode: TrajectoryMode,
  actual: readonly Actual[],
  expected: readonly Expected[],
  isSame: (actual: Actual, expected: Expected) => boolean,
  text: (step: Actual | Expected) => string,
): Score {
  const steps = align(actual, expected, isSame);
  const inOrder = steps.filter(({ kind }) => kind === "same").length;
  const common = mode === "strict" ? inOrder : pairs(actual, expected, isSame);
  const needed = {
    strict: Math.max(actual.length, expected.length),
    unordered: Math.max(actual.length, expected.length),
    subset: actual.length,
    superset: expected.length,
  }[mode];
  const passed = common === needed;
  if (passed) return passOrMiss(name, true);
  const way = actual.length > 0 ? actual.map(text).join(" → ") : "nothing";
  const comment = `Expected (${mode}) ${expected.map(text).join(" → ") || "nothing"}; got ${way}.`;
  return { name, value: common / needed, passed, comment };
}
