/** Works off the trials of a run, some at a time, until they are done, the money is spent, or somebody stops it. */
import type { Trial } from "../contract.ts";

export interface Schedule {
  readonly concurrency: number;
  /** US dollars for all trials together. */
  readonly maxCost?: number | undefined;
  readonly stop: AbortSignal;
  /** What earlier trials of this run have cost. */
  readonly spent?: number | undefined;
}

/** How it ended: `budget` says why no more was begun. */
export interface Ended {
  readonly budget?: string;
}

/**
 * @param jobs in the order in which they begin; each gives its trial when that is stored, or rejects when it is stopped
 * @throws what a job throws while nobody stops it, when those beside it have ended
 */
export async function schedule(jobs: readonly (() => Promise<Trial>)[], options: Schedule): Promise<Ended> {
  const { concurrency, maxCost, stop } = options;
  let next = 0;
  let spent = options.spent ?? 0;
  let budget = maxCost !== undefined && spent >= maxCost ? spentAll(spent, maxCost) : undefined;
  let failure: { readonly reason: unknown } | undefined;

  async function work(): Promise<void> {
    while (next < jobs.length && !stop.aborted && budget === undefined && failure === undefined) {
      const job = jobs[next++];
      const trial = await job?.().catch((reason: unknown) => {
        if (!stop.aborted) failure ??= { reason };
      });
      if (trial && maxCost !== undefined) spend(trial, maxCost);
    }
  }

  function spend(trial: Trial, most: number): void {
    const cost = costOfTrial(trial);
    spent += cost ?? 0;
    // A limit that cannot be watched is not kept by hoping.
    if (cost === undefined)
      budget = `the cost of ${trial.suite}/${trial.item} is not known: name the model's price in MODEL_PRICES`;
    else if (spent >= most) budget = spentAll(spent, most);
  }

  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  if (failure) throw failure.reason;
  return budget === undefined ? {} : { budget };
}

function spentAll(spent: number, most: number): string {
  return `$${spent.toFixed(4)} of $${most} are spent`;
}

/** In US dollars, its judges included; undefined where a price is not known. */
export function costOfTrial({ result, scores }: Trial): number | undefined {
  const judges = scores.reduce((sum, { cost = 0 }) => sum + cost, 0);
  // A target that failed before it called a model, or that is a function, has no usage to be paid for.
  const used = result.usage.input_tokens + result.usage.output_tokens > 0;
  const target = result.cost ?? (used ? undefined : 0);
  return target === undefined ? undefined : target + judges;
}
