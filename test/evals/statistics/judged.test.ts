/** Where chance is involved, and where it is not. */
import { expect, test } from "vitest";
import type { Score } from "../../../src/evals/contract.ts";
import { seededRandom } from "../../../src/evals/statistics/random.ts";
import { compareSeries } from "../../../src/evals/summary/compare.ts";
import { seriesOf } from "../../../src/evals/summary/series.ts";
import { trial } from "../reports/sample.ts";

/** Twenty items of a deterministic target, of which so many fail. */
function run(failing: number, judge?: string) {
  const score = (passed: boolean): Score => ({ name: "good", value: Number(passed), passed, ...(judge && { judge }) });
  return seriesOf(Array.from({ length: 20 }, (_, item) => trial(`item-${item}`, [score(item >= failing)])));
}

function verdicts(before: ReturnType<typeof run>, now: ReturnType<typeof run>) {
  const changes = compareSeries({ before, now, deterministic: true, random: seededRandom(1), resamples: 200 });
  return Object.fromEntries([...changes].map(([name, { verdict, p }]) => [name, [verdict, p]]));
}

test("Of a deterministic target one lost item is a regression, and there is no p", () => {
  expect(verdicts(run(0), run(1))).toEqual({ pass: ["regression", undefined], good: ["regression", undefined] });
});

test("What a model judges may be judged otherwise the next time: one lost item says nothing, seven do", () => {
  expect(verdicts(run(0, "judge@1"), run(1, "judge@1"))).toEqual({ pass: ["stable", 1], good: ["stable", 1] });
  expect(verdicts(run(0, "judge@1"), run(7, "judge@1"))).toMatchObject({
    pass: ["regression", expect.closeTo(2 ** -6, 12)],
  });
});
