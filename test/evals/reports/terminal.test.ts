import { describe, expect, test } from "vitest";
import type { SuiteSummary } from "../../../src/evals/contract.ts";
import { terminalReport } from "../../../src/evals/reports/terminal.ts";
import { changeOf, miss, pass, reportOf, result, runOf, suiteOf, trial } from "./sample.ts";

const trials = [
  trial("a", [pass("exact"), { name: "helpful", value: 0, skipped: "No model to judge with." }]),
  trial("b", [miss("exact", "Expected 1,\ngot 2."), { name: "helpful", value: 0, skipped: "No model to judge with." }]),
  trial("c", [], { result: result({ error: { error: "model-failed", message: "No answer." } }) }),
];

function reported(fields: Partial<SuiteSummary> = {}, run: Parameters<typeof runOf>[1] = {}): string {
  const report = { ...reportOf(trials), run: runOf([suiteOf("math", trials, fields)], run) };
  return terminalReport(report, { color: false });
}

describe("A run on a terminal", () => {
  test("has a table whose columns stand under each other", () => {
    const lines = reported().split("\n");
    const header = lines.find((line) => line.includes("rate [95 %]")) ?? "";
    const exact = lines.find((line) => line.startsWith("  exact")) ?? "";
    const end = (line: string, text: string) => line.indexOf(text) + text.length;
    expect(end(header, "passed")).toBe(end(exact, "1/2"));
    expect(end(header, "rate [95 %]")).toBe(end(exact, "91]"));
    expect(exact).toContain("50 %");
  });

  test("shows skipped, failed and erroneous apart", () => {
    const text = reported();
    expect(text).toMatch(/^ {2}helpful +skipped$/m);
    expect(text).toContain("helpful: 2 trials skipped. No model to judge with.");
    expect(text).toContain("1 run failed, counted as not passed");
    expect(text).toContain("✗ b exact: Expected 1, got 2.");
    expect(text).toContain("✗ c model-failed: No answer.");
    expect(text).toContain("1 of 3 trials passed; 1 run error");
  });

  test("says change and verdict, gates, problems and what is compared", () => {
    const suite = suiteOf("math", trials);
    const [first, ...rest] = suite.scores;
    const text = reported({
      scores: [...(first ? [{ ...first, change: changeOf("regression", -0.25, ["b"]) }] : []), ...rest],
      gates: [{ gate: "exact >= 0.9", status: "failed", value: 0.5, min: 0.9 }],
      problems: [{ kind: "dataset", message: "not JSON", file: "math.jsonl", line: 3 }],
      baseline: { run: "before", notes: ["1 item is new."] },
      trials: 3,
      passAt: [{ k: 1, some: 0.5, every: 0.5 }],
    });
    for (const said of [
      "-25 [-35, -15]  regression",
      "gate exact >= 0.9 failed (50 %)",
      "math.jsonl:3 not JSON",
      "compared with before",
      "1 item is new.",
      "pass@k / pass^k: k=1 50 % / 50 %",
      "1 failed gate, 1 regression, 1 run error, 1 problem",
    ])
      expect(text).toContain(said);
  });

  test("says what the offline model cannot tell", () => {
    expect(reported({}, { model: "offline" })).toContain("this measures the graph, not a model's quality");
    expect(reported()).not.toContain("offline");
  });

  test("has colours only where it is told to, and no line beyond its width", () => {
    const report = reportOf([trial("a", [miss("exact", "x".repeat(500))])]);
    expect(terminalReport(report, { color: true })).toContain("\u001b[31m");
    const plain = terminalReport(report, { color: false, columns: 80 });
    expect(plain).not.toContain("\u001b");
    expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("has nothing in its lines that the terminal would obey, whatever an item is called", () => {
    const report = reportOf([trial("red\u001b[31m\u202e\u0007", [miss("exact", "clear\u001b[2J\r\nnext")])]);
    expect(terminalReport(report, { color: false })).toContain("  ✗ red [31m exact: clear [2J next\n");
  });

  test("of nothing says so", () => {
    expect(terminalReport({ ...reportOf([]), run: runOf([suiteOf("math", [])]) }, { color: false })).toContain(
      "0 of 0 trials passed",
    );
  });
});
