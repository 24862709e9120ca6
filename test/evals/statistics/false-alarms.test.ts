/** How often the comparison is wrong, in many runs of which nothing has changed, and how often it is right. */
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/evals/statistics/random.ts";
import { compareSeries } from "../../../src/evals/summary/compare.ts";
import type { Series } from "../../../src/evals/summary/series.ts";

const simulations = 400;

/** Each item has a chance of its own to pass; each score of an item depends on the same chance. */
function simulate(options: {
  items: number;
  trials: number;
  chance: (random: () => number) => number;
  scores?: readonly string[];
  loss?: number;
  decides?: boolean;
}): { regression: number; improved: number } {
  const { items, trials, chance, scores = ["pass"], loss = 0, decides = true } = options;
  const random = seededRandom(2_026);
  const count = { regression: 0, improved: 0 };
  for (let simulation = 0; simulation < simulations; simulation++) {
    const chances = Array.from({ length: items }, () => chance(random));
    const run = (less: number): Series[] =>
      scores.map((name) => ({
        name,
        decides,
        values: new Map(
          chances.map((p, item) => [
            String(item),
            Array.from({ length: trials }, () =>
              decides ? Number(random() < p - less) : Math.min(1, Math.max(0, p - less + (random() - 0.5) / 2)),
            ),
          ]),
        ),
      }));
    const changes = compareSeries({ before: run(0), now: run(loss), deterministic: false, random, resamples: 400 });
    const verdicts = [...changes.values()].map(({ verdict }) => verdict);
    if (verdicts.includes("regression")) count.regression++;
    if (verdicts.includes("improved")) count.improved++;
  }
  return { regression: count.regression / simulations, improved: count.improved / simulations };
}

const uniform = (random: () => number) => random();
const mostlyGood = (random: () => number) => 1 - random() ** 3;

describe("Where nothing has changed, a regression is seen in at most 5 % of all comparisons", () => {
  test.each([
    ["20 items, 3 trials, items of every difficulty", { items: 20, trials: 3, chance: uniform }],
    ["20 items, 3 trials, most of them easy", { items: 20, trials: 3, chance: mostlyGood }],
    ["20 items, 3 trials, each a coin", { items: 20, trials: 3, chance: () => 0.5 }],
    ["20 items, 1 trial", { items: 20, trials: 1, chance: uniform }],
    ["6 items, 3 trials", { items: 6, trials: 3, chance: uniform }],
    ["a whole and four scores", { items: 20, trials: 3, chance: uniform, scores: ["pass", "a", "b", "c", "d"] }],
    ["a score that only measures", { items: 20, trials: 3, chance: uniform, decides: false }],
  ])("%s", (_, options) => {
    const seen = simulate(options);
    expect(seen.regression).toBeLessThanOrEqual(0.05);
    expect(seen.improved).toBeLessThanOrEqual(0.05);
  });
});

test("A loss of a third of the chance is seen in most comparisons of 40 items, and nothing is called improved", () => {
  const seen = simulate({ items: 40, trials: 3, chance: mostlyGood, loss: 0.33 });
  expect(seen.regression).toBeGreaterThan(0.9);
  expect(seen.improved).toBe(0);
});
