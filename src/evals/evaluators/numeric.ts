/** Evaluator of a number in a text. */
import type { Evaluator, Item } from "../contract.ts";
import { actualOf, type Comparison, expectedOf, needsExpected, passOrMiss, shown, unusable } from "./comparison.ts";
import { type NumberReading, numbersIn } from "./numbers-in-text.ts";

interface NumericOptions extends Comparison, NumberReading {
  /** Which of the numbers in the text is the answer; the last one unless given. */
  readonly which?: "first" | "last" | "any";
  /** How far off it may be, in the number's own unit. */
  readonly absolute?: number;
  /** How far off it may be, as a share of what is expected; the larger of the two holds. */
  readonly relative?: number;
}

/** What is left by the arithmetic of floating point, and no difference. */
const rounding = 1e-9;

/**
 * The number in the text is the expected one, within the tolerance. The expected one is a number, or a text with one.
 * @example numeric({ which: "last", relative: 0.01, units: { km: 1000, m: 1 } })
 */
export function numeric(options: NumericOptions = {}): Evaluator {
  const { name = "numeric", which = "last", absolute = 0, relative = 0 } = options;
  return {
    name,
    needsExpected: needsExpected(options),
    evaluate({ item, result }) {
      const expected = expectedNumber(options, item, name);
      const found = numbersOf(actualOf(options, result), options);
      const candidates = which === "any" ? found : found.slice(...(which === "last" ? [-1] : [0, 1]));
      const tolerance = Math.max(absolute, relative * Math.abs(expected), rounding * Math.abs(expected));
      const passed = candidates.some((number) => Math.abs(number - expected) <= tolerance);
      const got = candidates.length > 0 ? `got ${shown(candidates)}` : "found no number";
      return passOrMiss(name, passed, passed ? undefined : `Expected ${expected} ± ${tolerance}, ${got}.`);
    },
  };
}

function numbersOf(value: unknown, reading: NumberReading): number[] {
  if (typeof value === "number") return [value];
  return numbersIn(typeof value === "string" ? value : (JSON.stringify(value) ?? ""), reading);
}

function expectedNumber(options: NumericOptions, item: Item, evaluator: string): number {
  const value = expectedOf(options, item, evaluator);
  const [number, ...more] = typeof value === "object" ? [] : numbersOf(value, options);
  if (number !== undefined && Number.isFinite(number) && more.length === 0) return number;
  throw unusable(item, evaluator, "one number in `expected`", value);
}
