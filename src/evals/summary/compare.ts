/**
 * A score now against the same score before, item by item. The rules are in docs/evals.md; in short:
 *
 *   both runs deterministic      an item lost is a regression, one gained an improvement: no chance is involved
 *   fewer than 6 common items    insufficient data: even if all of them changed, chance alone would do so at 3 %
 *   adjusted p <= 5 %, and the interval of the difference has no 0
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
import { passName, type Series, units } from "./series.ts";

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

/**
 * The changes of the scores that both runs have, by name, over the items that both have. Verdicts are those of a suite
 * that is compared alone: `settle` adjusts them where there are others.
 */
export function compareSeries(comparison: Comparison): Map<string, Change> {
  const pairs = comparison.now.flatMap((now) => {
    const before = comparison.before.find(({ name, decides }) => name === now.name && decides === now.decides);
    return before ? [[now.name, compared(before, now, comparison)] as const] : [];
  });
  const [settled = new Map()] = settle([new Map(pairs)]);
  return settled;
}

/**
 * Adjusts the verdicts for all that a run compares. A run asks two questions: is any suite worse as a whole, and is any
 * single score? Each has as many answers as there are comparisons, and p is adjusted for their number, so that the
 * chance of a false regression anywhere in the run stays below 5 %.
 * @param suites score -> its change, for each suite
 */
export function settle(suites: readonly ReadonlyMap<string, Change>[]): Map<string, Change>[] {
  const all = suites.flatMap((changes, suite) => [...changes].map(([name, change]) => ({ suite, name, change })));
  const byChance = all.filter(({ change }) => change.p !== undefined);
  const questions = [
    byChance.filter(({ name }) => name === passName),
    byChance.filter(({ name }) => name !== passName),
  ];
  const adjusted = new Map(
    questions.flatMap((asked) => {
      const values = holm(asked.map(({ change }) => change.p ?? 1));
      return asked.map(({ change }, index) => [change, values[index] ?? 1] as const);
    }),
  );
  return suites.map((changes) => {
    const settled = [...changes].map(([name, change]): [string, Change] => {
      const adjustedP = adjusted.get(change);
      if (adjustedP === undefined) return [name, change];
      return [name, { ...change, adjustedP, verdict: verdictByChance(change, adjustedP) }];
    });
    return new Map(settled);
  });
}

function compared(before: Series, now: Series, { random, resamples, deterministic }: Comparison): Change {
  const { decides } = now;
  const items = [...now.values.keys()].filter((item) => before.values.has(item));
  const sides = items.map((item) => ({
    item,
    old: before.values.get(item) ?? [],
    new: now.values.get(item) ?? [],
  }));
  const paired = units(new Map(sides.map((side) => [side.item, [side]])), now.groups);
  const differences = paired.map(
    (unit) => mean(unit.flatMap((side) => side.new)) - mean(unit.flatMap((side) => side.old)),
  );
  const passes = (values: readonly number[]) => mean(values) > 0.5;
  const gained = sides.filter((side) => !passes(side.old) && passes(side.new)).map(({ item }) => item);
  const lost = sides.filter((side) => passes(side.old) && !passes(side.new)).map(({ item }) => item);
  const mixed = (values: readonly number[]) => values.some((value) => value !== values[0]);
  const changed = new Set([...gained, ...lost]);
  const unsettled = sides.filter((side) => mixed(side.old) || mixed(side.new) || changed.has(side.item)).length;
  const change = {
    difference: bootstrapMean(differences, random, resamples),
    items: paired.length,
    gained: decides ? gained : [],
    lost: decides ? lost : [],
    unsettled: decides && items.length > 0 ? unsettled / items.length : 0,
  };
  if (decides && deterministic && !now.judged && !before.judged && items.length > 0)
    return { ...change, verdict: lost.length > 0 ? "regression" : gained.length > 0 ? "improved" : "stable" };
  const isOne = ([side, ...more]: typeof sides) => more.length === 0 && side?.old.length === 1 && side.new.length === 1;
  const single = paired.every(isOne);
  const p = decides && single ? mcnemarExact(gained.length, lost.length) : signFlipTest(differences, random, resamples);
  return { ...change, p, verdict: verdictByChance(change, p) };
}

function verdictByChance({ difference, items, unsettled }: Omit<Change, "verdict">, p: number): Verdict {
  if (items < fewestItems) return "insufficient data";
  if (p <= level && difference.high < 0) return "regression";
  if (p <= level && difference.low > 0) return "improved";
  return unsettled > mostUnsettled ? "flaky" : "stable";
}
