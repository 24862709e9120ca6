/** The interval of a share. */
import type { Estimate } from "../contract.ts";

/** 95 % of the standard normal distribution lie between -z and z. */
const z = 1.959963984540054;

/**
 * The 95 % score interval of Wilson (1927), method 3 of Newcombe (1998), "Two-sided confidence intervals for the single
 * proportion", Statistics in Medicine 17. It stays within 0 and 1, and says something where all or none passed.
 * @param successes may be a fraction: an item of which two of three trials passed counts two thirds, so that trials of
 *   one item are not taken for evidence about others
 * @returns nothing known (0 to 1) where n is 0; `value` is then 0
 */
export function wilson(successes: number, n: number): Estimate {
  if (n === 0) return { value: 0, low: 0, high: 1 };
  const share = successes / n;
  const centre = share + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  // At its ends the interval is exact; what floating point makes of it is not.
  const low = successes === 0 ? 0 : Math.max(0, (centre - spread) / scale);
  const high = successes === n ? 1 : Math.min(1, (centre + spread) / scale);
  return { value: share, low, high };
}
