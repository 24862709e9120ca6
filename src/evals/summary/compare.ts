/**
 * A score now against the same score before, item by item. The rules are in docs/evals.md; in short:
 *
 *   both runs deterministic      an item lost is a regression, one gained an improvement: no chance is involved
 *   fewer than 6 common items    insufficient data: even if all of them changed, chance alone would do so at 3 %
 *   p <= 5 %, and the interval of the difference has no 0
 *                                regression or improved
 *   more than 10 % of the items differ between trials, or between the runs
 *                                flaky
 *   else                         stable
 */
import type { Change, Verdict } from "../contract.ts";
import { bootstrapMean, mean } from "../statistics/bootstrap.ts";
import { holm } from "../statistics/holm.ts";
import { mcnemarExact } from "../statistics/mcnemar.ts";
import { signFlipTest } from "../statistics/sign-flip.ts";
import { passName, type Series } from "./series.ts";

/** With fewer, McNemar's test cannot reach 5 %: 2 x (1/2)^5 is 6 %. */
const fewestItems = 6;
const mostUnsettled = 0.1;
const level = 0.05;

export interface Comparison {
  readonly before: readonly Series[];
  readonly now: readonly Series[];
  /** Both runs have no chance in them. */
  readonly deterministic: boolean;
  /** As of `seededRandom`. */
  readonly random: () => number;
  /** Of the bootstrap, and sign flips; 10,000 each unless given. */
  readonly resamples?: number;
}

/** Scores that both runs have, by name, over the items that both have. */
export function compareSeries(comparison: Comparison): Map<string, Change> {
  const pairs = comparison.now.flatMap((now) => {
    const before = comparison.before.find(({ name, decides }) => name === now.name && decides === now.decides);
    return before ? [paired(before, now, comparison)] : [];
  });
  // The trial as a whole is one question; what the single scores say is another, with several answers.
  const single = pairs.filter(({ name }) => name !== passName);
  const adjusted = holm(single.map(({ p }) => p));
  return new Map(
    pairs.map(({ name, unsettled, decides, ...pair }) => {
      const place = single.findIndex((each) => each.name === name);
      const change = { ...pair, p: adjusted[place] ?? pair.p };
      return [name, { ...change, verdict: verdictOf(change, unsettled, decides && comparison.deterministic) }];
    }),
  );
}

function paired(before: Series, now: Series, { random, resamples }: Comparison) {
  const items = [...now.values.keys()].filter((item) => before.values.has(item));
  const sides = items.map((item) => ({
    item,
    old: before.values.get(item) ?? [],
    new: now.values.get(item) ?? [],
  }));
  const differences = sides.map((side) => mean(side.new) - mean(side.old));
  const passes = (values: readonly number[]) => mean(values) > 0.5;
  const gained = sides.filter((side) => !passes(side.old) && passes(side.new)).map(({ item }) => item);
  const lost = sides.filter((side) => passes(side.old) && !passes(side.new)).map(({ item }) => item);
  const single = sides.every((side) => side.old.length === 1 && side.new.length === 1);
  const p =
    now.decides && single ? mcnemarExact(gained.length, lost.length) : signFlipTest(differences, random, resamples);
  const mixed = (values: readonly number[]) => values.some((value) => value !== values[0]);
  const changed = new Set([...gained, ...lost]);
  const unsettled = sides.filter((side) => mixed(side.old) || mixed(side.new) || changed.has(side.item)).length;
  return {
    name: now.name,
    decides: now.decides,
    difference: bootstrapMean(differences, random, resamples),
    items: items.length,
    p,
    gained: now.decides ? gained : [],
    lost: now.decides ? lost : [],
    unsettled: now.decides && items.length > 0 ? unsettled / items.length : 0,
  };
}

function verdictOf(change: Omit<Change, "verdict">, unsettled: number, deterministic: boolean): Verdict {
  const { difference, items, p, gained, lost } = change;
  if (deterministic && items > 0) return lost.length > 0 ? "regression" : gained.length > 0 ? "improved" : "stable";
  if (items < fewestItems) return "insufficient data";
  if (p <= level && difference.high < 0) return "regression";
  if (p <= level && difference.low > 0) return "improved";
  return unsettled > mostUnsettled ? "flaky" : "stable";
}
