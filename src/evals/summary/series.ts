/** Trials as numbers: for each score, each item's values. What is summarised, compared and kept as a baseline. */
import type { Score, Trial } from "../contract.ts";

/** One score over the items of a suite. */
export interface Series {
  readonly name: string;
  /** True for pass (1) and fail (0), false for a score that only measures. */
  readonly decides: boolean;
  /** True where a model judges, which may judge the same answer otherwise the next time. */
  readonly judged?: boolean;
  /** item -> its values, one a trial that was scored */
  readonly values: ReadonlyMap<string, readonly number[]>;
  /** item -> its group, where it has one */
  readonly groups?: ReadonlyMap<string, string>;
}

/** The score's name for a trial as a whole. */
export const passName = "pass";

/** "pass" first, then the others in the order in which they first appear. */
export function seriesOf(finished: readonly Trial[]): Series[] {
  // In which order they ended is chance, and must not show in the figures: resampling depends on the order.
  const trials = [...finished].sort((a, b) => (a.item === b.item ? a.trial - b.trial : a.item < b.item ? -1 : 1));
  const ended = trials.filter(({ result }) => !result.error);
  const groups = new Map(trials.flatMap(({ item, group }) => (group === undefined ? [] : [[item, group] as const])));
  return [passName, ...scoreNames(trials)].map((name) => {
    const given = ended.flatMap((trial) => givenScore(trial, name) ?? []);
    // A run that failed is worth nothing by each score that the others have.
    const counts = ended.length < trials.length && (name === passName || given.length > 0 || ended.length === 0);
    const decides = given.length > 0 ? given.some(({ passed }) => passed !== undefined) : counts;
    const values = new Map<string, number[]>();
    for (const trial of trials) {
      const score = trial.result.error ? undefined : givenScore(trial, name);
      if (!score && !(counts && trial.result.error)) continue;
      // What could not be scored has failed; what was never decided is not known.
      const value = decides ? Number(score?.passed === true) : (score?.value ?? 0);
      values.set(trial.item, [...(values.get(trial.item) ?? []), value]);
    }
    return { name, decides, ...(isJudged(ended, name) && { judged: true }), values, groups };
  });
}

/**
 * The units that statistics count: each item that has no group, and each group, in which items are what trials are in
 * an item.
 * @param parts item -> what belongs to it
 * @returns what belongs to each unit
 */
export function units<Part>(
  parts: ReadonlyMap<string, readonly Part[]>,
  groups: ReadonlyMap<string, string> = new Map(),
): Part[][] {
  const grouped = Map.groupBy(parts, ([item]) => JSON.stringify(groups.has(item) ? [groups.get(item)] : item));
  return [...grouped.values()].map((members) => members.flatMap(([, values]) => values));
}

/** In the order in which they first appear. Of a run that failed nobody knows what its scores would have been. */
export function scoreNames(trials: readonly Trial[]): string[] {
  const ended = trials.filter(({ result }) => !result.error);
  const all = (ended.length > 0 ? ended : trials).flatMap(({ scores }) => scores.map(({ name }) => name));
  return [...new Set(all)];
}

function givenScore(trial: Trial, name: string): Score | undefined {
  const score = scoreNamed(trial, name);
  return score?.skipped === undefined ? score : undefined;
}

function isJudged(trials: readonly Trial[], name: string): boolean {
  return trials.some(({ scores }) =>
    scores.some((score) => (name === passName || score.name === name) && score.judge !== undefined),
  );
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
