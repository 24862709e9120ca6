import { describe, expect, test } from "vitest";
import type { Evaluator, Score } from "../../../src/evals/contract.ts";
import { calibrate, labelled } from "../../../src/evals/judges/calibration.ts";
import { calibrationReport } from "../../../src/evals/judges/calibration-report.ts";
import { item, miss, pass } from "../reports/sample.ts";

/** A judge whose verdict stands in the answer. */
const judge: Evaluator = {
  name: "spoken",
  evaluate({ result }): Score {
    if (result.output === "throw") throw new Error("The model gave no verdict.");
    if (result.output === "skip") return { name: "spoken", value: 0, skipped: "No model." };
    return result.output === "good" ? pass("spoken") : miss("spoken", "It is bad.");
  },
};

/** So many answers that the judge finds good or bad, and people good or bad. */
function answers(counts: [output: string, label: boolean, count: number][]) {
  const items = counts.flatMap(([output, label, count]) =>
    Array.from({ length: count }, (_, index) => item(`${output}-${label}-${index}`, { metadata: { output, label } })),
  );
  return labelled(items);
}

describe("A calibration", () => {
  test("has the agreement and the kappa of a published table", async () => {
    // 20 of 50 both pass, 15 both fail, 5 and 10 disagree: p_o = 0.7, p_e = 0.5, kappa = 0.4.
    const table = answers([
      ["good", true, 20],
      ["bad", true, 5],
      ["good", false, 10],
      ["bad", false, 15],
    ]);
    const calibration = await calibrate(judge, table);
    expect(calibration.confusion).toEqual({ bothPass: 20, bothFail: 15, onlyJudgePasses: 10, onlyPeoplePass: 5 });
    expect(calibration.agreement?.value).toBeCloseTo(0.7);
    expect(calibration.kappa?.value).toBeCloseTo(0.4);
    // 0.4 ± 1.96 * 0.127, by the standard error of Fleiss, Cohen and Everitt.
    expect(calibration.kappa?.low).toBeCloseTo(0.151, 3);
    expect(calibration.kappa?.high).toBeCloseTo(0.649, 3);
    expect(calibration.disagreements).toHaveLength(15);
  });

  test("of full agreement on a few answers is not certain", async () => {
    const { kappa } = await calibrate(
      judge,
      answers([
        ["good", true, 5],
        ["bad", false, 5],
      ]),
    );
    expect(kappa?.value).toBe(1);
    expect(kappa?.low).toBeLessThan(0.6);
  });

  test("has no kappa where all is one kind, for chance agrees as well", async () => {
    const calibration = await calibrate(judge, answers([["good", true, 8]]));
    expect(calibration.agreement?.value).toBe(1);
    expect(calibration.kappa).toBeUndefined();
    expect(calibrationReport(calibration)).toContain("kappa: undefined");
  });

  test("counts apart what the judge skipped, and where it failed", async () => {
    const calibration = await calibrate(
      judge,
      answers([
        ["good", true, 2],
        ["skip", true, 3],
        ["throw", false, 1],
      ]),
    );
    expect(calibration).toMatchObject({ judged: 2, skipped: 3, skippedBecause: "No model." });
    expect(calibration.errors).toMatchObject([{ item: "throw-false-0", message: "The model gave no verdict." }]);
    expect(calibrationReport(calibration)).toContain("2 answers judged, 3 skipped, 1 errors");
  });

  test("of a judge without a model claims no agreement", async () => {
    const calibration = await calibrate(judge, answers([["skip", true, 4]]));
    expect(calibration).not.toHaveProperty("agreement");
    expect(calibrationReport(calibration)).not.toContain("Agreement");
  });

  test("reports the table, its meaning, and each disagreement", async () => {
    const table = answers([
      ["good", true, 20],
      ["bad", true, 5],
      ["good", false, 10],
      ["bad", false, 15],
    ]);
    const report = calibrationReport(await calibrate(judge, table));
    expect(report).toContain("Agreement with people: 70 % [56 %, 81 %]");
    expect(report).toMatch(/kappa: 0\.40 \[0\.15, 0\.65\], fair/);
    expect(report).toContain("| judge: pass | 20 | 10 |\n| judge: fail | 5 | 15 |");
    expect(report).toContain("- bad-true-0: people say pass. It is bad.");
  });

  test("refuses an answer that nobody has labelled", () => {
    expect(() => labelled([item("a", { metadata: { output: "good" } })])).toThrow(
      expect.objectContaining({
        code: "invalid-dataset",
        message: expect.stringContaining('Item "a" is not labelled'),
      }),
    );
  });
});
