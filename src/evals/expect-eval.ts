/** Suites inside of any test runner: run one, and say that it passes. */
import { AssertionError } from "node:assert";
import { resolve } from "node:path";
import type { Environment } from "../config.ts";
import { serverModel } from "../llm/chat-model.ts";
import type { SuiteSummary, Trial } from "./contract.ts";
import { skippedText } from "./reports/words.ts";
import { planSuite } from "./run/plan.ts";
import { seed, summarisePlan } from "./run/run-suites.ts";
import { openTargets } from "./run/targets.ts";
import { tryPlans } from "./run/try-plans.ts";
import { type Eval, namedSuite } from "./suite.ts";

export interface EvalRun {
  readonly summary: SuiteSummary;
  readonly trials: readonly Trial[];
}

/**
 * Runs a suite and writes no files.
 *
 *     test("the graph still answers", async () => {
 *       expectEval(await runEval(react)).toPass();
 *     });
 * @param options.folder what the dataset's path is relative to; the working folder unless given
 * @param options.config the project's langgraph.json, where the target is a graph
 * @param options.environment over the process's own; MODEL is the offline model unless it is named here
 */
export async function runEval(
  definition: Eval,
  options: { folder?: string; config?: string; environment?: Environment; trials?: number; concurrency?: number } = {},
): Promise<EvalRun> {
  const suite = namedSuite(definition, "eval", resolve(options.folder ?? "."));
  const environment = { MODEL: "offline", ...options.environment };
  const targets = await openTargets([suite], { configPath: options.config ?? "langgraph.json", environment });
  try {
    const plan = await planSuite(suite, { trials: options.trials });
    const stop = new AbortController().signal;
    const { trials } = await tryPlans([plan], targets, { concurrency: options.concurrency ?? 4, stop });
    return { summary: summarisePlan(plan, trials, { model: serverModel(), seed }, undefined), trials };
  } finally {
    await targets.close();
  }
}

export function expectEval({ summary, trials }: EvalRun): { toPass(): void } {
  return {
    /**
     * Its gates hold (without gates: all items pass), and nothing went wrong beside. What a judge without a model has
     * skipped does not hold: nothing is known of it.
     * @throws AssertionError with a table of what does not
     */
    toPass() {
      const gates = summary.gates.filter(({ status }) => status !== "held");
      const undecided = trials.filter(({ passed }) => passed === undefined);
      const skipped = summary.scores.flatMap((score) => skippedText(score) ?? []);
      const errors = summary.scores.some((score) => score.errors > 0) || summary.errors > 0;
      const failed = trials.filter(({ passed }) => passed === false);
      const holds = summary.gates.length > 0 ? gates.length === 0 : failed.length + undecided.length === 0;
      if (holds && !errors && summary.problems.length === 0) return;
      const unknown = undecided.length > 0 ? `, ${undecided.length} are undecided` : "";
      const lines = [
        `${summary.suite}: ${failed.length} of ${trials.length} trials failed${unknown}`,
        ...gates.map(
          ({ gate, value, reason }) =>
            `  gate    ${gate}: ${value === undefined ? reason : `it is ${value.toFixed(3)}`}`,
        ),
        ...skipped.map((text) => `  skipped ${text}`),
        ...summary.problems.map(
          ({ file, line, message }) => `  dataset ${[file, line].filter(Boolean).join(":")} ${message}`,
        ),
        ...failed.slice(0, mostShown).flatMap(reasons),
        ...(failed.length > mostShown ? [`  … and ${failed.length - mostShown} more`] : []),
      ];
      throw new AssertionError({ message: lines.join("\n") });
    },
  };
}

const mostShown = 10;

function reasons({ item, trial, result, scores }: Trial): string[] {
  const place = `  item    ${item}${trial > 0 ? ` (trial ${trial + 1})` : ""}`;
  if (result.error) return [`${place} ${result.error.error}: ${result.error.message}`];
  const failed = scores.filter(({ passed, error }) => passed === false || error !== undefined);
  return failed.map(({ name, comment, error }) => `${place} ${name}: ${error ?? comment ?? "failed"}`);
}
