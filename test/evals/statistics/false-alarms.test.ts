/** How often the comparison is wrong, in many runs of which nothing has changed, and how often it is right. */
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/evals/statistics/random.ts";
import { compareSeries, settle } from "../../../src/evals/summary/compare.ts";
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

describe("What is asked more than once", () => {
  test("in a run of nine suites with five scores each has one false regression in at most 5 % of the runs", () => {
    const random = seededRandom(9);
    const names = ["pass", "a", "b", "c", "d"];
    const count = { alone: 0, together: 0 };
    for (let simulation = 0; simulation < 300; simulation++) {
      const suites = Array.from({ length: 9 }, () => {
        const chances = names.map(() => Array.from({ length: 30 }, () => random()));
        const run = () => names.map((name, score) => passOrFail(name, chances[score] ?? [], random));
        return compareSeries({ before: run(), now: run(), deterministic: false, random, resamples: 100 });
      });
      const hasRegression = (changes: typeof suites) =>
        changes.some((scores) => [...scores.values()].some(({ verdict }) => verdict === "regression"));
      if (hasRegression(suites)) count.alone++;
      if (hasRegression(settle(suites))) count.together++;
    }
    expect(count.together / 300).toBeLessThanOrEqual(0.05);
    // Suite by suite there is one in every sixth run.
    expect(count.alone / 300).toBeGreaterThan(0.1);
  });

  test("of items that pass and fail together is one question, where they are of one group", () => {
    const random = seededRandom(5);
    const count = { apart: 0, grouped: 0 };
    const groups = new Map(Array.from({ length: 48 }, (_, item) => [String(item), `group-${Math.floor(item / 4)}`]));
    for (let simulation = 0; simulation < 400; simulation++) {
      const run = (): Series => {
        const drawn = Array.from({ length: 12 }, () => Number(random() < 0.7));
        const values = new Map([...groups.keys()].map((item, index) => [item, [drawn[Math.floor(index / 4)] ?? 0]]));
        return { name: "pass", decides: true, values };
      };
      const [before, now] = [run(), run()];
      const verdict = (series: Series) =>
        compareSeries({ before: [before], now: [series], deterministic: false, random, resamples: 200 }).get("pass")
          ?.verdict;
      if (verdict(now) === "regression") count.apart++;
      if (verdict({ ...now, groups }) === "regression") count.grouped++;
    }
    expect(count.grouped / 400).toBeLessThanOrEqual(0.05);
    expect(count.apart / 400).toBeGreaterThan(0.1);
  });
});

function passOrFail(name: string, chances: readonly number[], random: () => number): Series {
  return {
    name,
    decides: true,
    values: new Map(chances.map((chance, item) => [String(item), [Number(random() < chance)]])),
  };
}
