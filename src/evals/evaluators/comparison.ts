/** What the evaluators share: which two values they compare, and how a pass, a miss and a reason become a score. */
import { SignalboxError } from "../../errors.ts";
import type { Item, Result, Score } from "../contract.ts";

/** Options of every evaluator that compares what a run gave with what its item expects. */
export interface Comparison {
  /** The score's name; each evaluator has one of its own. */
  readonly name?: string;
  /** What is looked at: the run's final text unless given. */
  readonly actual?: (result: Result) => unknown;
  /** What it should be: the item's `expected` unless given. */
  readonly expected?: (item: Item) => unknown;
}

const longestShown = 200;

/** The value as one line of text, cut after 200 characters. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** Whether the dataset has to give what is expected: unless the suite says where else it comes from. */
export function needsExpected({ expected }: Comparison): boolean {
  return expected === undefined;
}

/** A score of 1 or 0; `comment` says why, for a miss at least. */
export function passOrMiss(name: string, passed: boolean, comment?: string): Score {
  return { name, value: passed ? 1 : 0, passed, ...(comment !== undefined && { comment }) };
}

/** A score that could not be given, which is neither passed nor failed. */
export function skipped(name: string, reason: string): Score {
  return { name, value: 0, skipped: reason };
}

/** What the comparison looks at. */
export function actualOf({ actual }: Comparison, result: Result): unknown {
  return actual ? actual(result) : result.output;
}

/** What the comparison looks at, as text: a value that is none is written as JSON. */
export function actualText(comparison: Comparison, result: Result): string {
  const value = actualOf(comparison, result);
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/**
 * What the item expects.
 * @throws SignalboxError "invalid-dataset" if it expects nothing: a missing answer is no match with anything
 */
export function expectedOf({ expected }: Comparison, item: Item, evaluator: string): unknown {
  const value = expected ? expected(item) : item.expected;
  if (value !== undefined) return value;
  throw unusable(item, evaluator, "a value in `expected`", value);
}

/**
 * What the item expects, where one text or a list of them is needed.
 * @throws SignalboxError "invalid-dataset" if it expects anything else
 */
export function expectedTexts(comparison: Comparison, item: Item, evaluator: string): string[] {
  const value = expectedOf(comparison, item, evaluator);
  const texts = Array.isArray(value) ? value : [value];
  const isText = (each: unknown) => typeof each === "string" || typeof each === "number" || typeof each === "boolean";
  if (texts.length > 0 && texts.every(isText)) return texts.map(String);
  throw unusable(item, evaluator, "a text or a list of texts", value);
}

/** The error for an item that an evaluator cannot use. */
export function unusable(item: Item, evaluator: string, needed: string, given: unknown): SignalboxError {
  const found = given === undefined ? "it is missing" : `it is ${shown(given)}`;
  return new SignalboxError("invalid-dataset", `Item "${item.id}": ${evaluator} needs ${needed}; ${found}.`);
}
