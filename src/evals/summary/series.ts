/** Trials as numbers: for each score, each item's values. What is summarised, compared and kept as a baseline. */
import type { Score, Trial } from "../contract.ts";

/** One score over the items of a suite. */
export interface Series {
  readonly name: string;
  /** True for pass (1) and fail (0), false for a score that only measures. */
  readonly decides: boolean;
  /** item -> its values, one a trial that was scored */
  readonly values: ReadonlyMap<string, readonly number[]>;
}

/** The score's name for a trial as a whole. */
export const passName = "pass";

/** "pass" first, then the others in the order in which they first appear. */
export function seriesOf(finished: readonly Trial[]): Series[] {
  // In which order they ended is chance, and must not show in the figures: resampling depends on the order.
  const trials = [...finished].sort((a, b) => (a.item === b.item ? a.trial - b.trial : a.item < b.item ? -1 : 1));
  const names = new Set([passName, ...trials.flatMap(({ scores }) => scores.map(({ name }) => name))]);
  return [...names].map((name) => {
    const found = trials.flatMap((trial) => {
      const score = scoreNamed(trial, name);
      return score && score.skipped === undefined ? [{ trial, score }] : [];
    });
    const decides = found.some(({ score }) => score.passed !== undefined);
    const values = new Map<string, number[]>();
    for (const { trial, score } of found) {
      // What could not be scored has failed; what was never decided is not known.
      const value = decides ? Number(score.passed === true) : score.value;
      values.set(trial.item, [...(values.get(trial.item) ?? []), value]);
    }
    return { name, decides, values };
  });
}

/** A trial's score; undefined where it has none of this name. */
export function scoreNamed(trial: Trial, name: string): Score | undefined {
  if (name !== passName) return trial.scores.find((score) => score.name === name);
  return trial.passed === undefined
    ? {
        name,
        value: 0,
        skipped: trial.scores.find(({ skipped }) => skipped !== undefined)?.skipped ?? "nothing decides",
      }
    : { name, value: Number(trial.passed), passed: trial.passed };
}
