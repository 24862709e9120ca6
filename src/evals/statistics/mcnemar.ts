/** Whether pass and fail have changed between two runs over the same items. */

/**
 * The exact form of the test of McNemar (1947), "Note on the sampling error of the difference between correlated
 * proportions", Psychometrika 12: if nothing has changed, an item that differs is as likely gained as lost, so the
 * smaller number is binomial with one half.
 * @param gained items that failed before and pass now
 * @param lost items that passed before and fail now
 * @returns the two-sided p-value
 */
export function mcnemarExact(gained: number, lost: number): number {
  const n = gained + lost;
  let tail = 0;
  // In logarithms, each binomial coefficient from the one before it: 2^-n soon is too small a number.
  for (let k = 0, term = -n * Math.LN2; k <= Math.min(gained, lost); k++) {
    tail += Math.exp(term);
    term += Math.log((n - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}
