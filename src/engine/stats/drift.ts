/**
 * Whether what comes in has changed: the population stability index of a window against the time before it.
 *
 *   PSI = Σ (current share - baseline share) · ln(current share / baseline share)     over bins or categories
 *
 * Below 0.1 is taken for stable, below 0.25 for a moderate change, above that for a significant one. These are the
 * usual thresholds of credit scoring; nothing is known of how often they are wrong for agents.
 */
import { quantile } from "./numbers.ts";
import type { Drift, DriftVerdict } from "./report.ts";

/** Fewer than that on either side say nothing. */
const leastCount = 200;
/** With so many on both sides, ten bins; with fewer, five, since chance alone moves ten too much. */
const manyCount = 1_000;
/** What an empty bin counts, so that its logarithm is finite. */
const emptyBin = 0.5;

/** Drift of a whole number (characters): bins are the quantiles of the baseline. */
export function lengthDrift(baseline: readonly number[], current: readonly number[]): Drift {
  const cuts = quantileCuts(baseline, binsFor(baseline.length, current.length));
  const counts = (values: readonly number[]) => {
    const bins = new Array<number>(cuts.length + 1).fill(0);
    for (const value of values) {
      const bin = cuts.findIndex((cut) => value <= cut);
      const place = bin < 0 ? cuts.length : bin;
      bins[place] = (bins[place] ?? 0) + 1;
    }
    return bins;
  };
  return drift(counts(baseline), counts(current));
}

/** Drift of a mix: the most frequent categories of both sides, and all others as one. */
export function mixDrift(baseline: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): Drift {
  const [before, now] = [sum(baseline.values()), sum(current.values())];
  const names = [...new Set([...baseline.keys(), ...current.keys()])];
  const weight = (name: string) => share(baseline.get(name), before) + share(current.get(name), now);
  const frequent = names.toSorted((one, other) => weight(other) - weight(one)).slice(0, binsFor(before, now) - 1);
  const counts = (mix: ReadonlyMap<string, number>, total: number) => {
    const bins = frequent.map((name) => mix.get(name) ?? 0);
    return names.length > frequent.length ? [...bins, total - sum(bins)] : bins;
  };
  return drift(counts(baseline, before), counts(current, now));
}

/** Compares two rows of counts, bin by bin. */
export function drift(baseline: readonly number[], current: readonly number[]): Drift {
  const [baseline_count, current_count] = [sum(baseline), sum(current)];
  const counted = { baseline_count, current_count };
  if (baseline_count < leastCount || current_count < leastCount)
    return { verdict: "insufficient data", psi: null, by_chance: null, ...counted };
  const [before, now] = [shares(baseline), shares(current)];
  const psi = sum(now.map((value, bin) => (value - (before[bin] ?? 0)) * Math.log(value / (before[bin] ?? 1))));
  const byChance = (baseline.length - 1) * (1 / baseline_count + 1 / current_count);
  return { verdict: verdictOf(psi), psi: rounded(psi), by_chance: rounded(byChance), ...counted };
}

function verdictOf(psi: number): DriftVerdict {
  if (psi < 0.1) return "stable";
  return psi < 0.25 ? "moderate" : "significant";
}

function binsFor(baseline: number, current: number): number {
  return Math.min(baseline, current) < manyCount ? 5 : 10;
}

/** The largest value of each bin but the last. A value that fills a bin by itself is cut off on both sides. */
function quantileCuts(values: readonly number[], bins: number): number[] {
  const sorted = values.toSorted((one, other) => one - other);
  const quantiles = Array.from({ length: bins - 1 }, (_, index) => quantile(sorted, (index + 1) / bins) ?? 0);
  const repeated = quantiles.filter((value, index) => value === quantiles[index - 1]);
  return [...new Set([...quantiles, ...repeated.map((value) => value - 1)])].toSorted((one, other) => one - other);
}

function shares(counts: readonly number[]): number[] {
  const filled = counts.map((count) => Math.max(count, emptyBin));
  const total = sum(filled);
  return filled.map((count) => count / total);
}

function share(part: number | undefined, whole: number): number {
  return whole === 0 ? 0 : (part ?? 0) / whole;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
