/** Which items and namespaces a search of the long-term store finds: the rules of LangGraph's InMemoryStore. */
import type { MatchCondition } from "@langchain/langgraph-checkpoint";

/** By field of the item's value: what it must be, or an object of operators. */
export type Filter = Record<string, unknown>;

const operators: Record<string, (actual: unknown, expected: unknown) => boolean> = {
  $eq: (actual, expected) => actual === expected,
  $ne: (actual, expected) => actual !== expected,
  $gt: (actual, expected) => Number(actual) > Number(expected),
  $gte: (actual, expected) => Number(actual) >= Number(expected),
  $lt: (actual, expected) => Number(actual) < Number(expected),
  $lte: (actual, expected) => Number(actual) <= Number(expected),
  $in: (actual, expected) => Array.isArray(expected) && expected.includes(actual),
  $nin: (actual, expected) => !Array.isArray(expected) || !expected.includes(actual),
};

export function matchesFilter(value: Record<string, unknown>, filter: Filter): boolean {
  return Object.entries(filter).every(([field, expected]) => {
    const actual = value[field];
    const conditions = asConditions(expected);
    return conditions ? conditions.every(([holds, operand]) => holds(actual, operand)) : actual === expected;
  });
}

/** The conditions of an object that has operators only; undefined for any other value. */
function asConditions(expected: unknown): [(typeof operators)[string], unknown][] | undefined {
  if (typeof expected !== "object" || expected === null) return undefined;
  const conditions: [(typeof operators)[string], unknown][] = [];
  for (const [name, operand] of Object.entries(expected)) {
    const holds = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (!holds) return undefined;
    conditions.push([holds, operand]);
  }
  return conditions;
}

/** Whether a namespace begins or ends with a path, in which "*" stands for any one label. */
export function matchesNamespace(namespace: readonly string[], { matchType, path }: MatchCondition): boolean {
  if (path.length > namespace.length) return false;
  const start = matchType === "prefix" ? 0 : namespace.length - path.length;
  return path.every((label, index) => label === "*" || label === namespace[start + index]);
}
