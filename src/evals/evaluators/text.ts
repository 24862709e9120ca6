/** Evaluators of a text: equal to, containing, matching, or close to what the item expects. */
import type { Evaluator } from "../contract.ts";
import {
  actualText,
  type Comparison,
  expectedOf,
  expectedTexts,
  needsExpected,
  passOrMiss,
  shown,
  skipped,
  unusable,
} from "./comparison.ts";
import { levenshtein } from "./levenshtein.ts";
import { type Normalization, normalized } from "./normalize.ts";

interface TextComparison extends Comparison {
  /** Differences that do not count; none unless given. */
  readonly normalize?: readonly Normalization[];
}

/**
 * The text is the expected one; where the item has a list, one of them.
 * @example exact({ normalize: ["case", "whitespace", "punctuation"] })
 */
export function exact(options: TextComparison = {}): Evaluator {
  const { name = "exact", normalize } = options;
  return {
    name,
    needsExpected: needsExpected(options),
    evaluate({ item, result }) {
      const actual = normalized(actualText(options, result), normalize);
      const expected = expectedTexts(options, item, name);
      const isEqual = expected.some((text) => normalized(text, normalize) === actual);
      return passOrMiss(name, isEqual, isEqual ? undefined : `Expected ${shown(expected)}, got ${shown(actual)}.`);
    },
  };
}

/**
 * The expected text stands somewhere in the text; where the item has a list, all of it does. The value is the share
 * that was found.
 * @param options.need `any`: one of the list is enough; `none`: none of it may be there, as for what must not leak
 */
export function contains(options: TextComparison & { readonly need?: "all" | "any" | "none" } = {}): Evaluator {
  const { name = "contains", normalize, need = "all" } = options;
  return {
    name,
    needsExpected: needsExpected(options),
    evaluate({ item, result }) {
      const actual = normalized(actualText(options, result), normalize);
      const expected = expectedTexts(options, item, name);
      const found = expected.filter((text) => actual.includes(normalized(text, normalize)));
      if (need === "none") {
        return passOrMiss(name, found.length === 0, found.length ? `It contains ${shown(found)}.` : undefined);
      }
      const missing = expected.filter((text) => !found.includes(text));
      const passed = need === "any" ? found.length > 0 : missing.length === 0;
      const value = need === "any" ? Number(passed) : found.length / expected.length;
      return { name, value, passed, ...(!passed && { comment: `${shown(missing)} is not in ${shown(actual)}.` }) };
    },
  };
}

/**
 * The text matches a regular expression: the one given, else the item's expected text read as one (flag `u`).
 * @param options.need `none`: it may not match
 */
export function regex(
  options: Comparison & { readonly pattern?: RegExp; readonly need?: "match" | "none" } = {},
): Evaluator {
  const { name = "regex", need = "match" } = options;
  return {
    name,
    needsExpected: options.pattern === undefined && needsExpected(options),
    evaluate({ item, result }) {
      const given = options.pattern ?? expectedOf(options, item, name);
      const pattern = patternOf(given);
      if (!pattern) throw unusable(item, name, "a regular expression", given);
      const actual = actualText(options, result);
      const isThere = pattern.test(actual);
      const passed = isThere === (need === "match");
      const verb = isThere ? "matches" : "does not match";
      return passOrMiss(name, passed, passed ? undefined : `${shown(actual)} ${verb} ${pattern}.`);
    },
  };
}

function patternOf(given: unknown): RegExp | undefined {
  // A copy: with the flag g an expression remembers where it was, and the second item would be tested from there on.
  if (given instanceof RegExp) return new RegExp(given);
  if (typeof given !== "string") return undefined;
  try {
    return new RegExp(given, "u");
  } catch {
    return undefined;
  }
}

/** Beyond this many characters the quadratic comparison takes seconds. */
const longestCompared = 10_000;

/**
 * The text is close to the expected one; where the item has a list, to the nearest of them. The value is
 * 1 - Levenshtein distance / length of the longer text, in characters (code points).
 * @param options.min the value from which on it passes; 0.8 unless given
 */
export function editDistance(options: TextComparison & { readonly min?: number } = {}): Evaluator {
  const { name = "edit-distance", normalize, min = 0.8 } = options;
  return {
    name,
    needsExpected: needsExpected(options),
    evaluate({ item, result }) {
      const actual = [...normalized(actualText(options, result), normalize)];
      const values = expectedTexts(options, item, name).map((text) =>
        similarity(actual, [...normalized(text, normalize)], min),
      );
      const known = values.filter((value) => value !== undefined);
      if (known.length === 0) return skipped(name, `Texts over ${longestCompared} characters are not compared.`);
      const value = Math.max(...known);
      const passed = value >= min;
      return { name, value, passed, ...(!passed && { comment: `Similarity ${value.toFixed(2)}, below ${min}.` }) };
    },
  };
}

/** 0 to 1; undefined if the texts are too long to compare and their lengths alone do not decide against `min`. */
function similarity(one: readonly string[], other: readonly string[], min: number): number | undefined {
  const longer = Math.max(one.length, other.length);
  if (longer === 0) return 1;
  const atBest = Math.min(one.length, other.length) / longer;
  if (longer > longestCompared) return atBest < min ? atBest : undefined;
  return 1 - levenshtein(one, other) / longer;
}
