/** Statistics against values that others have published, and against what can be counted by hand. */
import { describe, expect, test } from "vitest";
import { bootstrapMean } from "../../../src/evals/statistics/bootstrap.ts";
import { holm } from "../../../src/evals/statistics/holm.ts";
import { cohenKappa, kappaInterval, strengthOfAgreement } from "../../../src/evals/statistics/kappa.ts";
import { mcnemarExact } from "../../../src/evals/statistics/mcnemar.ts";
import { passAtK, passHatK } from "../../../src/evals/statistics/pass-at-k.ts";
import { seededRandom } from "../../../src/evals/statistics/random.ts";
import { signFlipTest } from "../../../src/evals/statistics/sign-flip.ts";
import { wilson } from "../../../src/evals/statistics/wilson.ts";

describe("Wilson's interval", () => {
  test.each([
    // Newcombe (1998), table I, method 3.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %i among %i is Newcombe's", (successes, n, low, high) => {
    const interval = wilson(successes, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("of none and of all mirror each other and never leave 0 to 1", () => {
    for (const n of [1, 2, 20, 1000]) {
      expect(wilson(0, n).low).toBe(0);
      expect(wilson(n, n).high).toBe(1);
      expect(wilson(n, n).low).toBeCloseTo(1 - wilson(0, n).high, 12);
    }
  });

  test("of nothing says that nothing is known", () => {
    expect(wilson(0, 0)).toEqual({ value: 0, low: 0, high: 1 });
  });

  test("grows narrower with items, not with trials of the same items", () => {
    const width = (successes: number, n: number) => wilson(successes, n).high - wilson(successes, n).low;
    expect(width(40, 80)).toBeLessThan(width(10, 20) / 1.8);
    expect(width(20 * (2 / 3), 20)).toBeGreaterThan(width(40, 60));
  });
});

describe("McNemar's exact test", () => {
  test.each([
    // The two examples that textbooks and statistics packages share: 121 against 59, and 16 against 6.
    [121, 59, 4.434e-6],
    [16, 6, 0.0525],
    // By hand: 2 x (1/2)^6, 2 x (1/2)^5, 2 x (1 + 7) / 2^7.
    [0, 6, 0.03125],
    [0, 5, 0.0625],
    [1, 6, 0.125],
    [0, 0, 1],
    [3, 3, 1],
  ])("of %i gained and %i lost gives %f", (gained, lost, p) => {
    expect(mcnemarExact(gained, lost) / p).toBeCloseTo(1, 3);
    expect(mcnemarExact(lost, gained)).toBe(mcnemarExact(gained, lost));
  });

  test("does not run out of numbers", () => {
    // The normal approximation with continuity correction gives 0.0182.
    expect(mcnemarExact(600, 520)).toBeCloseTo(0.0182, 3);
  });
});

describe("The sign-flip test", () => {
  test.each([
    [[1, 1, 1, 1, 1, 1], 0.03125],
    [[1, -1, 1, 1, 1, 1, 1], 0.125],
    [[0, 0, 0], 1],
    [[], 1],
    // Of 8 ways to sign 3, 2 and 1, only +++ and --- are as far from 0 as 6.
    [[3, 2, 1], 0.25],
  ])("of %j gives %f", (differences, p) => {
    expect(signFlipTest(differences, seededRandom(1))).toBeCloseTo(p, 12);
  });

  test("is McNemar's test where items are gained and lost, drawn or counted", () => {
    for (const [gained, lost] of [
      [2, 9],
      [6, 5],
      [12, 3],
      [4, 18],
    ] as const) {
      const differences = [...Array(gained).fill(1), ...Array(lost).fill(-1), 0, 0];
      expect(signFlipTest(differences, seededRandom(7))).toBeCloseTo(mcnemarExact(gained, lost), 1);
    }
  });
});

describe("Chances of several tries", () => {
  test.each([
    // 1 - C(7,5) / C(10,5) = 1 - 21/252, 1 - C(3,1) / C(5,1), and what cannot fail or pass.
    [10, 3, 5, 0.916667],
    [5, 2, 1, 0.4],
    [5, 0, 3, 0],
    [5, 3, 3, 1],
    [200, 20, 100, 0.9999993],
  ])("pass@k of %i tries, %i passed, k %i is %f", (n, c, k, value) => {
    expect(passAtK(n, c, k)).toBeCloseTo(value, 6);
  });

  test("pass@k is the mean over all ways to take k tries", () => {
    const tries = [1, 0, 0, 1, 0];
    const pairs = tries.flatMap((one, i) => tries.slice(i + 1).map((other) => Math.max(one, other)));
    expect(passAtK(5, 2, 2)).toBeCloseTo(pairs.reduce((sum, any) => sum + any, 0) / pairs.length, 12);
  });

  test("pass^k is the chance that each of them passes", () => {
    expect(passHatK(4, 3, 2)).toBeCloseTo(3 / 6, 12);
    expect(passHatK(3, 3, 3)).toBe(1);
    expect(passHatK(3, 2, 3)).toBe(0);
    expect(passHatK(3, 2, 1)).toBeCloseTo(passAtK(3, 2, 1), 12);
  });
});

describe("Cohen's kappa", () => {
  // Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions", table 18.1: 100 subjects, 3 categories.
  const diagnoses = [
    [75, 1, 4],
    [5, 4, 1],
    [0, 0, 10],
  ];

  test("is that of the published tables", () => {
    expect(cohenKappa(diagnoses)).toBeCloseTo(0.676, 3);
    expect(
      cohenKappa([
        [20, 5],
        [10, 15],
      ]),
    ).toBeCloseTo(0.4, 12);
  });

  test("has the published standard error", () => {
    const { low, high } = kappaInterval(diagnoses);
    expect((high - low) / 2 / 1.96).toBeCloseTo(0.0877, 3);
  });

  test("is 1, 0 and -1 where raters agree always, by chance, and never", () => {
    const table = (a: number, b: number) => [
      [a, b],
      [b, a],
    ];
    expect([table(5, 0), table(5, 5), table(0, 5)].map(cohenKappa)).toEqual([1, 0, -1]);
  });

  test("is not defined where there is nothing to agree on", () => {
    expect(
      [
        [
          [5, 0],
          [0, 0],
        ],
        [[0]],
      ].map(cohenKappa),
    ).toEqual([Number.NaN, Number.NaN]);
    expect(kappaInterval([[0]])).toMatchObject({ low: -1, high: 1 });
  });

  test("is called as Landis and Koch call it", () => {
    expect([-0.1, 0, 0.2, 0.21, 0.5, 0.61, 0.81, 1, Number.NaN].map(strengthOfAgreement)).toEqual([
      "poor",
      "slight",
      "slight",
      "fair",
      "moderate",
      "substantial",
      "almost perfect",
      "almost perfect",
      "undefined",
    ]);
  });
});

describe("Holm's adjustment", () => {
  test.each([
    [
      [0.01, 0.04, 0.03],
      [0.03, 0.06, 0.06],
    ],
    [
      [0.5, 0.6],
      [1, 1],
    ],
    [[], []],
  ])("of %j is %j", (given, adjusted) => {
    for (const [index, p] of holm(given).entries()) expect(p).toBeCloseTo(adjusted[index] ?? Number.NaN, 12);
    expect(holm(given)).toHaveLength(adjusted.length);
  });
});

describe("Resampling", () => {
  test("gives the same interval for the same seed, and about the normal one where that holds", () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 200 }, () => random() + random() + random());
    const first = bootstrapMean(values, seededRandom(1));
    expect(bootstrapMean(values, seededRandom(1))).toEqual(first);
    const error = 0.5 / Math.sqrt(200);
    expect(first.high - first.low).toBeGreaterThan(2 * 1.96 * error * 0.85);
    expect(first.high - first.low).toBeLessThan(2 * 1.96 * error * 1.15);
  });

  test("knows what it cannot know", () => {
    expect(bootstrapMean([], seededRandom(1))).toEqual({ value: 0, low: 0, high: 1 });
    expect(bootstrapMean([0.5, 0.5], seededRandom(1))).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
  });

  test("draws evenly", () => {
    const random = seededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw++) {
      const bin = Math.floor(random() * 10);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    // Chi-squared with 9 degrees of freedom is below 27.9 in 99.9 % of all cases.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});
