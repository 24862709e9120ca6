/** The interval of a mean, by resampling. */
import type { Estimate } from "../contract.ts";

/**
 * Percentile bootstrap of Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7:
 * the mean of `values`, and the middle 95 % of the means of samples drawn from them with replacement.
 * @param values one for each item (its trials averaged): items are what is drawn, since they are what chance chose
 * @param random as of `seededRandom`
 * @returns nothing known (0 to 1) where there are no values; `value` is then 0
 */
export function bootstrapMean(values: readonly number[], random: () => number, resamples = 10_000): Estimate {
  const n = values.length;
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const value = mean(values);
  if (values.every((each) => each === values[0])) return { value, low: value, high: value };
  const means = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample++) {
    let sum = 0;
    for (let drawn = 0; drawn < n; drawn++) sum += values[Math.floor(random() * n)] ?? 0;
    means[sample] = sum / n;
  }
  means.sort();
  const at = (share: number) => means[Math.min(resamples - 1, Math.floor(share * resamples))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
