import { describe, expect, test } from "vitest";
import type { GateResult } from "../../../src/evals/contract.ts";
import { summaryMarkdown } from "../../../src/evals/reports/markdown.ts";
import { changeOf, miss, pass, reportOf, result, runOf, suiteOf, trial } from "./sample.ts";

describe("A run as a comment", () => {
  test("has a row for each suite, what got worse first", () => {
    const trials = ["fine", "worse", "gated", "broken"].map((suite) => ({ ...trial("a", [pass("exact")]), suite }));
    const suites = ["fine", "worse", "gated", "broken"].map((name) => {
      const suite = suiteOf(name, trials);
      if (name === "gated")
        return { ...suite, gates: [{ gate: "exact >= 1", status: "failed" as const, value: 0, min: 1 }] };
      if (name === "broken") return { ...suite, errors: 1 };
      if (name === "fine") return suite;
      return {
        ...suite,
        scores: suite.scores.map((score) => ({ ...score, change: changeOf("regression", -0.2, ["a"]) })),
      };
    });
    const markdown = summaryMarkdown({ ...reportOf(trials), run: runOf(suites) });
    const rows = [...markdown.matchAll(/^\| <code>(\w+)<\/code> \| \d+\/\d+ \| /gm)].map(([, name]) => name);
    expect(rows).toEqual(["worse", "gated", "broken", "fine"]);
    expect(markdown).toContain(
      "- **Regression** in <code>worse</code>, <code>exact</code>: -20 [-30, -10] points, p = 0.004.",
    );
    expect(markdown).toContain("Lost: <code>a</code>");
    expect(markdown).toContain("**failed:** <code>exact &#62;= 1</code>");
  });

  test("does not call a gate held that was skipped", () => {
    const trials = [trial("a", [pass("exact")])];
    const gates = ["held", "skipped"].map((status) => ({ gate: "exact >= 0", status, value: 1, min: 0 }) as GateResult);
    const summary = (own: GateResult[]) =>
      summaryMarkdown(reportOf(trials, { run: runOf([suiteOf("math", trials, { gates: own })]) }));
    expect(summary(gates)).toContain("| held, skipped |");
    expect(summary(gates.slice(1))).not.toContain("held");
  });

  test("folds scores and failures", () => {
    const trials = [trial("a", [pass("exact")]), trial("b", [miss("exact", "Expected 1, got 2.")])];
    const markdown = summaryMarkdown(reportOf(trials));
    expect(markdown).toContain("<details><summary>All scores</summary>\n\n| suite | score |");
    expect(markdown).toContain("<details><summary>Failed trials (1)</summary>");
    expect(markdown).toContain("- <code>math / b</code>: <code>exact: Expected 1, got 2.</code>");
  });

  test("lets no answer format the page, mention anybody, or break the table", () => {
    const attack = "a | b\n\n# Title\n@everyone [x](http://x.example) <img src=x> `code` </code> #1 &lt; it's";
    const report = reportOf([trial("b", [miss("exact", attack)])]);
    const [, said = ""] = /exact: (.*)<\/code>$/m.exec(summaryMarkdown(report)) ?? [];
    expect(said).not.toMatch(/[|`@[\]<>]|#(?!\d+;)|\n/);
    const read = said.replace(/&#(\d+);/g, (_, sign) => String.fromCharCode(Number(sign)));
    expect(read).toBe(attack.replace(/\s+/g, " "));
  });

  test("stays short enough for a comment", () => {
    const trials = Array.from({ length: 500 }, (_, index) =>
      trial(`item-${index}`, [miss("exact", "<&|".repeat(2000))], { result: result() }),
    );
    const markdown = summaryMarkdown(reportOf(trials));
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toMatch(/- and \d+ more/);
  });

  test("says what the offline model cannot tell", () => {
    const report = reportOf([trial("a", [pass("exact")])]);
    const offline = { ...report, run: { ...report.run, model: "offline" } };
    expect(summaryMarkdown(offline)).toContain("> Measured with the offline model");
    expect(summaryMarkdown(report)).not.toContain("offline");
  });
});
