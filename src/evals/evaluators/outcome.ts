/** Evaluators of what a run left: its final state, and where it stopped to ask. */
import type { Evaluator } from "../contract.ts";
import { type Comparison, expectedOf, needsExpected, passOrMiss, shown } from "./comparison.ts";
import { compareJson, isEqualJson, valueAt } from "./json-values.ts";

interface FinalStateOptions extends Omit<Comparison, "actual"> {
  /** What the field must fulfil; unless given, it must equal the item's `expected`. */
  readonly is?: (value: unknown) => boolean;
}

/**
 * A field of the final state is as expected.
 * @param path such as `outcome.kind`, `drafts[0].text` or `messages[-1].content`
 * @example finalState("outcome.kind", { expected: () => "answered" })
 */
export function finalState(path: string, options: FinalStateOptions = {}): Evaluator {
  const { name = `state ${path}`, is } = options;
  return {
    name,
    needsExpected: is === undefined && needsExpected(options),
    evaluate({ item, result }) {
      const value = valueAt(result.values, path);
      if (is) return passOrMiss(name, is(value), `${path} is ${shown(value)}.`);
      const expected = expectedOf(options, item, name);
      const passed = isEqualJson(value, expected);
      return passOrMiss(
        name,
        passed,
        passed ? undefined : `${path}: expected ${shown(expected)}, got ${shown(value)}.`,
      );
    },
  };
}

interface InterruptOptions {
  readonly name?: string;
  /** Its `type`, or `action`, where its value has such a field. */
  readonly type?: string;
  /** What its value must have, beside whatever else is there. */
  readonly where?: Readonly<Record<string, unknown>>;
  /** How often; once or more unless given. 0: it may not be raised. */
  readonly times?: number;
}

/** The run stopped to ask: an interrupt of this kind was raised, whether or not it was answered. */
export function interruptRaised(options: InterruptOptions = {}): Evaluator {
  const { name = "interrupt", type, where, times } = options;
  const isMeant = (value: unknown) =>
    (type === undefined || valueAt(value, "type") === type || valueAt(value, "action") === type) &&
    (where === undefined || compareJson(value, where, { mode: "subset" }).differences.length === 0);
  return {
    name,
    evaluate({ result }) {
      const count = result.interrupts.filter(isMeant).length;
      const passed = times === undefined ? count > 0 : count === times;
      const wanted = times === undefined ? "once or more" : `${times} times`;
      const comment = `Expected ${wanted}, raised ${count} times; interrupts: ${shown(result.interrupts)}.`;
      return passOrMiss(name, passed, passed ? undefined : comment);
    },
  };
}
