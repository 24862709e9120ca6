/** Tries what is missing of planned suites, and keeps count. */
import type { Item, Trial } from "../contract.ts";
import { runTarget, scoreResult } from "./evaluate.ts";
import { missingTrials, type Planned } from "./plan.ts";
import { costOfTrial, schedule } from "./schedule.ts";
import type { Targets } from "./targets.ts";

export interface RunProgress {
  readonly done: number;
  readonly total: number;
  /** Trials that were decided, and that passed. */
  readonly decided: number;
  readonly passed: number;
  readonly errors: number;
  /** US dollars; undefined where a price is not known. */
  readonly cost: number | undefined;
}

export interface Effort {
  readonly concurrency: number;
  /** US dollars. */
  readonly maxCost?: number | undefined;
  /** Aborted when no more is to be tried; what is under way then is given up. */
  readonly stop: AbortSignal;
  /** What an earlier part of the run has done. */
  readonly done?: readonly Trial[] | undefined;
  store?(trial: Trial): Promise<void>;
  /** Gets each trial before it is stored, and may add to it. */
  publish?(plan: Planned, item: Item, trial: Trial): Trial;
  onProgress?(progress: RunProgress): void;
}

/** @returns all trials, the earlier ones included; `budget` says why not all that is missing was begun */
export async function tryPlans(
  plans: readonly Planned[],
  targets: Targets,
  effort: Effort,
): Promise<{ trials: Trial[]; budget: string | undefined }> {
  const { stop } = effort;
  const trials = stillValid(plans, effort.done ?? []);
  const tally = createTally(plans);
  trials.forEach(tally.add);
  effort.onProgress?.(tally.progress());
  const jobs = plans.flatMap((plan) => {
    const target = targets.of(plan.suite);
    return missingTrials(plan, trials).map(({ item, trial }) => async () => {
      const result = await runTarget(plan.suite, target, item, trial, stop);
      const scored = await scoreResult(plan.suite, item, trial, result, stop);
      const made = effort.publish?.(plan, item, scored) ?? scored;
      await effort.store?.(made);
      trials.push(made);
      tally.add(made);
      effort.onProgress?.(tally.progress());
      return made;
    });
  });
  const spent = trials.reduce((sum, trial) => sum + (costOfTrial(trial) ?? 0), 0);
  const { budget } = await schedule(jobs, { ...effort, spent });
  return { trials, budget };
}

/** Without trials of items that have changed since: those were of another task. */
function stillValid(plans: readonly Planned[], done: readonly Trial[]): Trial[] {
  const hashes = new Map(
    plans.map(({ suite, items }) => [suite.name, new Map(items.map(({ id, hash }) => [id, hash]))]),
  );
  return done.filter(({ suite, item, item_hash }) => hashes.get(suite)?.get(item) === item_hash);
}

function createTally(plans: readonly Planned[]) {
  const total = plans.reduce((sum, { items, trials }) => sum + items.length * trials, 0);
  let [done, decided, passed, errors] = [0, 0, 0, 0];
  let cost: number | undefined = 0;
  return {
    add(trial: Trial) {
      done++;
      if (trial.passed !== undefined) decided++;
      if (trial.passed) passed++;
      if (trial.result.error) errors++;
      const more = costOfTrial(trial);
      cost = cost === undefined || more === undefined ? undefined : cost + more;
    },
    progress: (): RunProgress => ({ done, total, decided, passed, errors, cost }),
  };
}
