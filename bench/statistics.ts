/** The two figures that a series is summed up in. */

/** The value that the given share (0 to 1) of the values does not exceed. @throws RangeError for no values */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError("There is no percentile of no values.");
  return value;
}

/** The middle value; of an even number, the lower of the two in the middle, so that it is one that was measured. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
