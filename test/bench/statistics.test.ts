/** The figures of a series are ones that were measured. */
import { expect, test } from "vitest";
import { median, percentile } from "../../bench/statistics.ts";

test("A percentile is a value that was measured, by size and not by spelling", () => {
  const values = [100, 9, 20, 3];
  expect(percentile(values, 0.5)).toBe(9);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile(values, 0)).toBe(3);
});

test("The median of three is the one in the middle", () => {
  expect(median([30, 1, 2])).toBe(2);
});

test("No values have no percentile", () => {
  expect(() => median([])).toThrow(RangeError);
});
