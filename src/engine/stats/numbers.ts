/** The arithmetic under the statistics. */
import type { Cost, Spread } from "./report.ts";

/** The nearest-rank quantile of sorted values: the smallest of which at least `share` of all are no larger. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export function spread(values: readonly number[]): Spread | null {
  const sorted = values.toSorted((one, other) => one - other);
  const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
  return p50 === undefined || p95 === undefined ? null : { p50, p95, count: sorted.length };
}

/** part / whole, to four places; null of nothing. */
export function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

/** @param pricedCalls how many calls the known cost is of */
export function costOf(nanodollars: number, pricedCalls: number, unknownCalls: number): Cost {
  const isUnknown = unknownCalls > 0 && pricedCalls === 0;
  return { dollars: isUnknown ? null : nanodollars / 1e9, unknown_calls: unknownCalls };
}
