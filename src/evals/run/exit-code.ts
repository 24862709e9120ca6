/** What a run's exit code says. */
import type { SuiteSummary } from "../contract.ts";

/** The highest that applies is the process's; usage, for a command that was given wrong, stands apart. */
export const exitCodes = { ok: 0, gateFailed: 1, regression: 2, errors: 3, budget: 4, usage: 64 } as const;

export function exitCodeOf(
  suites: readonly SuiteSummary[],
  also: { readonly broken: boolean; readonly overBudget: boolean },
): number {
  const gateFailed = suites.some(({ gates }) => gates.some(({ status }) => status === "failed"));
  const regression = suites.some(({ scores }) => scores.some(({ change }) => change?.verdict === "regression"));
  const errors = suites.some(
    (suite) => suite.errors > 0 || suite.problems.length > 0 || suite.scores.some((score) => score.errors > 0),
  );
  return Math.max(
    exitCodes.ok,
    gateFailed ? exitCodes.gateFailed : 0,
    regression ? exitCodes.regression : 0,
    errors || also.broken ? exitCodes.errors : 0,
    also.overBudget ? exitCodes.budget : 0,
  );
}
