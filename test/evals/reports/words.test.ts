import { describe, expect, test } from "vitest";
import { html } from "../../../src/evals/reports/markup.ts";
import { ticks } from "../../../src/evals/reports/svg.ts";
import { difference, duration, headline, isOffline, money, percent } from "../../../src/evals/reports/words.ts";
import { changeOf, miss, pass, reportOf, runOf, suiteOf, trial } from "./sample.ts";

describe("A figure", () => {
  test.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.999, "> 99 %"],
    [0.001, "< 1 %"],
    [0.125, "13 %"],
  ])("%d is %s: only all is 100 %%", (share, text) => {
    expect(percent(share)).toBe(text);
  });

  test.each([
    [undefined, "unknown"],
    [0, "$0"],
    [0.0001234, "$0.00012"],
    [0.002, "$0.002"],
    [1.5, "$1.50"],
  ])("of %j dollars is %s", (dollars, text) => {
    expect(money(dollars)).toBe(text);
  });

  test.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1500, "1.5 s"],
    [90_000, "1.5 min"],
  ])("of %d ms is %s", (time, text) => {
    expect(duration(time)).toBe(text);
  });

  test("that changes has its sign, and zero has none", () => {
    expect(difference(changeOf("improved", 0.15))).toBe("+15 [+5, +25]");
    expect(difference(changeOf("stable", -0.001))).toBe("0 [-10, +10]");
  });

  test.each([
    [0, [0, 1]],
    [Number.NaN, [0, 1]],
    [4.6, [0, 1, 2, 3, 4, 5]],
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [60, [0, 20, 40, 60]],
    [0.00043, [0, 0.0001, 0.0002, 0.0003, 0.0004, 0.0005]],
  ])("of %d at most has round ticks", (most, expected) => {
    expect(ticks(most)).toEqual(expected);
  });
});

describe("The headline", () => {
  test("says what is wrong, and only that", () => {
    const trials = [trial("a", [pass("exact")]), trial("b", [miss("exact", "No.")])];
    expect(headline(reportOf(trials))).toBe("1 of 2 trials passed");
    const suite = suiteOf("math", trials, {
      gates: [{ gate: "exact >= 1", status: "failed", value: 0.5, min: 1 }],
      errors: 2,
      missing: 3,
    });
    const run = runOf([suite], { status: "partial" });
    expect(headline({ run, trials })).toBe(
      "partial run, 1 of 2 trials passed; 1 failed gate, 2 run errors, 3 missing trials",
    );
    const scores = suite.scores.map((score) => ({ ...score, errors: 1 }));
    expect(headline({ run: runOf([{ ...suiteOf("math", trials), scores }]), trials })).toBe(
      "1 of 2 trials passed; 2 evaluator errors",
    );
  });

  test("knows the offline model", () => {
    expect(isOffline({ model: "offline", suites: [] })).toBe(true);
    expect(isOffline({ model: "openai:offline-like", suites: [] })).toBe(false);
  });
});

describe("Markup", () => {
  test("escapes what is put in, in text and in attributes, and nothing twice", () => {
    const inner = html`<b>${"a & b"}</b>`;
    expect(html`<p title="${'" onclick="x'}">${"<script>"}${inner}${[1, inner]}${undefined}${false}</p>`.markup).toBe(
      '<p title="&quot; onclick=&quot;x">&lt;script&gt;<b>a &amp; b</b>1<b>a &amp; b</b></p>',
    );
  });

  test("has no characters that XML knows no place for", () => {
    expect(html`${"a\u0000b\u001bc\ud800d\uffffe🚆\n"}`.markup).toBe("a\ufffdb\ufffdc\ufffdd\ufffde🚆\n");
  });
});
