import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import type { Report, RunRecord } from "../../../src/evals/contract.ts";
import { latencyChart } from "../../../src/evals/reports/charts.ts";
import { reportHtml } from "../../../src/evals/reports/html.ts";
import { changeOf, item, miss, pass, reportOf, result, runOf, suiteOf, trial } from "./sample.ts";

const words = (text: string | null | undefined) => (text ?? "").replace(/\s+/g, " ").trim();

/** The page, and its text by a CSS selector. */
function page(report: Report) {
  const { document } = parseHTML(reportHtml(report));
  const all = (selector: string) => [...document.querySelectorAll(selector)];
  return { document, all, texts: (selector: string) => all(selector).map(({ textContent }) => words(textContent)) };
}

const items = [
  item("a", { tags: ["easy"] }),
  item("b", {
    tags: ["hard", "money"],
    input: "How many?",
    expected: "42",
    trajectory: { tools: [{ name: "calculator", args: { expression: "6*7" } }, "search"], nodes: ["agent", "answer"] },
  }),
  item("c", { tags: ["hard"] }),
];
const wrong = result({
  output: "It is 41.",
  toolCalls: [
    { name: "calculator", args: { expression: "6*8" } },
    { name: "search", args: {} },
  ],
  nodes: ["agent", "tools", "answer"],
  trace_id: "0af7651916cd43dd8448eb211c80319c",
  firstTokenMs: 80,
});
const failed = result({ error: { error: "timeout", message: "It took too long." } });
const trials = [
  trial("a", [pass("exact"), { name: "helpful", value: 0, skipped: "No model to judge with." }]),
  trial("b", [miss("exact", "Expected 42.", 0.3)], { result: wrong }),
  trial("c", [], { result: failed }),
];
const report: Report = { ...reportOf(trials), items: new Map([["math", items]]) };

describe("The page of a run", () => {
  const { all, texts } = page(report);

  test("has the figures of each score, with errors and skipped ones apart", () => {
    expect(texts("h1")).toEqual(["Evals: 1 of 3 trials passed; 1 run error"]);
    const rows = texts("section > .wide:first-of-type tr");
    expect(rows).toContain("pass1 passed, 2 failed1/3 33 % [6, 79]");
    expect(rows).toContain("helpful1 skippedskipped");
    expect(texts("section > ul li")).toEqual([
      "1 run failed; they count as not passed.",
      "helpful: 1 trial skipped. No model to judge with.",
    ]);
  });

  test("draws pass rates, tokens, latency and distributions, each with a name for who cannot see it", () => {
    expect(all("figure svg[role=img]").map((svg) => svg.getAttribute("aria-label"))).toEqual([
      "Pass rate with its 95 % interval, run after run",
      "Cost against quality",
      "Latency by percentile",
      "Distribution of the score",
    ]);
    expect(texts("figcaption")).toContain("Distribution of exact");
    expect(texts("figcaption").join()).toContain("first token p50 80 ms");
  });

  test("draws what became of each score", () => {
    const labels = all("svg.outcome").map((svg) => svg.getAttribute("aria-label"));
    expect(labels).toEqual(["1 passed, 2 failed", "1 passed, 1 failed", "1 skipped"]);
    const widths = [...(all("svg.outcome")[0]?.querySelectorAll("rect") ?? [])].map((bar) =>
      Number(bar.getAttribute("width")),
    );
    expect(widths).toEqual([33.33, 66.67]);
  });

  test("places every mark within its chart", () => {
    const places = all("figure [cx], figure rect, figure line, figure polyline").flatMap((mark) =>
      ["cx", "cy", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "points"].flatMap((name) =>
        (mark.getAttribute(name) ?? "").split(/[ ,]/).filter(Boolean).map(Number),
      ),
    );
    expect(places.length).toBeGreaterThan(50);
    for (const place of places) expect(place).toSatisfy((each: number) => each >= 0 && each <= 360);
  });

  test("shows by tag where it is weak", () => {
    expect(texts(".heat tr")).toEqual(["tagpassexacthelpful", "easy100 %100 %–", "hard0 %0 %–", "money0 %0 %–"]);
    expect(all(".heat .heat-bad")).toHaveLength(4);
  });

  test("has a cell for each trial, that leads to the details of a failed one", () => {
    const cells = all(".cell").map((cell) => [cell.className, words(cell.textContent)]);
    expect(cells).toEqual([
      ["cell failed", "✗"],
      ["cell error", "!"],
      ["cell passed", "✓"],
    ]);
    for (const link of all("a.cell")) {
      const id = decodeURIComponent((link.getAttribute("href") ?? "").slice(1));
      expect(all("details [id]").map((each) => decodeURIComponent(each.id))).toContain(id);
    }
  });

  test("shows a failed item's way beside the expected one, differences marked", () => {
    const rows = all("details")[0]?.querySelectorAll(".steps tr") ?? [];
    expect([...rows].map((row) => [row.className, words(row.textContent)])).toEqual([
      ["", "Calls of tools: takenexpected"],
      ["missing", '−calculator({"expression":"6*7"})'],
      ["extra", '+calculator({"expression":"6*8"})'],
      ["same", "search({})search(…)"],
      ["", "Nodes: takenexpected"],
      ["same", "agentagent"],
      ["extra", "+tools"],
      ["same", "answeranswer"],
    ]);
    const [first = "", second = ""] = texts("details");
    for (const said of ["How many?", "42", "It is 41.", "exact: Expected 42.", "Trace 0af765"])
      expect(first).toContain(said);
    expect(second).toContain("timeout: It took too long.");
  });

  test("loads nothing, runs nothing, and forbids both", () => {
    expect(all("script, link, img, iframe, object, [src], [onclick]")).toEqual([]);
    for (const link of all("a")) expect(link.getAttribute("href")).toMatch(/^#/);
    expect(all("meta[http-equiv]")[0]?.getAttribute("content")).toContain("default-src 'none'");
    expect(reportHtml(report)).not.toMatch(/url\(|@import/);
  });
});

describe("A hostile item", () => {
  const attack = `</pre></details><script>document.title = "owned"</script><img src=x onerror="alert(1)">" onmouseover="x`;
  const hostile = item(attack, {
    input: attack,
    tags: [attack],
    expected: attack,
    trajectory: { tools: [attack], nodes: [attack] },
  });
  const answer = result({
    output: attack,
    nodes: [attack],
    toolCalls: [{ name: attack, args: { [attack]: attack } }],
    interrupts: [attack],
    error: { error: attack, message: attack },
    trace_id: attack,
    run_id: attack,
  });
  const own = [{ ...trial(attack, [miss(attack, attack)], { result: answer }), suite: attack }];
  const summary = suiteOf(attack, own, {
    gates: [{ gate: attack, status: "failed", value: 0, min: 1 }],
    problems: [{ kind: "dataset", message: attack, file: attack, line: 1, item: attack }],
    baseline: { run: attack, notes: [attack] },
  });
  const run = runOf([summary, suiteOf("other", [])], { run: attack, model: attack, commit: attack });
  const { all, document } = page({ run, trials: own, items: new Map([[attack, [hostile]]]), history: [] });

  test("stays text, wherever it is shown", () => {
    expect(all("script, img, [onerror], [onmouseover]")).toEqual([]);
    expect(document.title).toBe(`Evals ${attack}`);
    expect(all("details")).toHaveLength(1);
    expect(all("pre").filter(({ textContent }) => textContent === attack)).toHaveLength(3);
  });
});

describe("Runs before", () => {
  const earlier = (run: string, cost: number | undefined, fields: Partial<RunRecord> = {}) =>
    runOf([suiteOf("math", trials, { cost })], { run, ...fields });

  test("are drawn up to this one, which stands out; of other models what they cost, and parts of runs not at all", () => {
    const other = earlier("three", 0.2, { model: "openai:other" });
    const history = [earlier("one", 0.3), earlier("two", 0.2), other, earlier("part", 0.1, { status: "partial" })];
    const priced = { ...report, run: runOf([suiteOf("math", trials, { cost: 0.1 })]), history };
    const { all, texts } = page(priced);
    const [rates, spending] = all("figure svg");
    for (const [chart, before] of [
      [rates, 2],
      [spending, 3],
    ] as const) {
      expect(chart?.querySelectorAll("circle.before")).toHaveLength(before);
      expect(chart?.querySelectorAll("circle.now")).toHaveLength(1);
    }
    const [first] = [...(spending?.querySelectorAll("circle title") ?? [])].map(({ textContent }) =>
      words(textContent),
    );
    expect(first).toBe("one, openai:gpt-5.4-mini: 33 % [6, 79]");
    expect(texts("figcaption")[1]).toContain("Cost against quality");
  });

  test("without a known price are left out of the costs, not taken for free", () => {
    const priced = {
      ...report,
      run: runOf([suiteOf("math", trials, { cost: 0.1 })]),
      history: [earlier("one", undefined)],
    };
    const [rates, spending] = page(priced).all("figure svg");
    expect(rates?.querySelectorAll("circle.before")).toHaveLength(1);
    expect(spending?.querySelectorAll("circle.before")).toHaveLength(0);
  });

  test("of other suites do not count", () => {
    const history = [runOf([{ ...suiteOf("math", trials), suite: "other" }], { run: "one" })];
    const [rates] = page({ ...report, history }).all("figure svg");
    expect(rates?.querySelectorAll("circle.before")).toHaveLength(0);
  });

  test("beyond thirty are left out", () => {
    const history = Array.from({ length: 50 }, (_, index) => earlier(`run-${index}`, 0));
    const [rates] = page({ ...report, history }).all("figure svg");
    expect(rates?.querySelectorAll("circle")).toHaveLength(30);
    expect(rates?.querySelector("circle title")?.textContent).toContain("run-21");
  });
});

describe("A page", () => {
  test("says what the offline model cannot tell, and only of it", () => {
    const offline = { ...report, run: { ...report.run, model: "offline" } };
    expect(page(offline).texts(".notice")).toEqual([
      "Measured with the offline model: this measures the graph, not a model's quality.",
    ]);
    expect(page(report).texts(".notice")).toEqual([]);
  });

  test("of a suite without trials, of items that are gone, of a run that was cut off, is one all the same", () => {
    const { ended_at: _, ...cutOff } = runOf([suiteOf("math", [])], { status: "partial" });
    expect(page({ run: cutOff, trials: [], items: new Map(), history: [] }).texts("h1")).toEqual([
      "Evals: partial run, 0 of 0 trials passed",
    ]);
    expect(page(reportOf(trials)).texts("details")[0]).toContain("The item is not in the dataset any more.");
  });

  test("shows a trial of which nothing is decided as neither passed nor failed", () => {
    const undecided = trial("a", [{ name: "helpful", value: 0, skipped: "No model." }]);
    const { texts, all } = page({ ...reportOf([undecided]), items: new Map([["math", items]]) });
    expect(texts("h1")).toEqual(["Evals: 0 of 0 trials passed; 1 undecided trial"]);
    expect(all(".cell").map(({ className }) => className)).toEqual(["cell skipped"]);
    expect(texts(".heat tr")).toContain("easy––");
    expect(all("details")).toEqual([]);
  });

  test("of an id that is no whole text is one all the same", () => {
    const { all } = page(reportOf([trial("half \ud800 of it", [miss("exact", "no")])]));
    const [cell] = all("a.cell.failed");
    expect(all(`[id="${cell?.getAttribute("href")?.slice(1)}"]`)).toHaveLength(1);
  });

  test("of 150,000 trials has a latency curve that is no longer than one can see", () => {
    const times = Array.from({ length: 150_000 }, (_, index) => index);
    const { document } = parseHTML(latencyChart([{ name: "whole run", times }], String).markup);
    expect(document.querySelector("polyline")?.getAttribute("points")?.split(" ")).toHaveLength(400);
    expect([...document.querySelectorAll("circle title")].map(({ textContent }) => textContent)).toEqual([
      "whole run, p50: 74999",
      "whole run, p95: 142499",
      "whole run, p99: 148499",
    ]);
  });

  test("shows first what has got worse: the suite, the items that were lost, why", () => {
    const bad = ["b", "c"].map((id) => trial(id, [miss("exact", `Expected ${id}.`)]));
    const score = (suite: string, own: typeof bad) =>
      suiteOf(suite, own, {
        scores: suiteOf(suite, own).scores.map((each) => ({ ...each, change: changeOf("regression", -0.5, ["c"]) })),
        gates: [
          { gate: "exact >= 0", status: "held", value: 0, min: 0 },
          { gate: "pass >= 0.5", status: "failed", value: 0, min: 0.5 },
        ],
      });
    const good = { ...trial("a", [pass("exact")]), suite: "good" };
    const judged = suiteOf("judged", [], {
      gates: [{ gate: "judge >= 0", status: "skipped", value: undefined, min: 0 }],
    });
    const run = runOf([judged, suiteOf("good", [good]), score("math", bad)]);
    const { texts } = page(reportOf([good, ...bad], { run }));
    expect(texts(".overview tr").slice(1)).toEqual([
      expect.stringMatching(/^math.*✗ 1 failed gate, 2 regressions$/),
      expect.stringMatching(/^judged.*– gates skipped$/),
      expect.stringMatching(/^good.*✓ no gates$/),
    ]);
    expect(texts(".remarks li").join()).toContain(
      "✗ gate pass >= 0.5 failed (0 %),✗ pass got worse: lost c,✗ exact got worse: lost c,✓ 1 gate held",
    );
    expect(texts("summary")).toEqual(["c lost exact: Expected c.", "b exact: Expected b."]);
  });

  test("of very many failures stays one that a browser opens", () => {
    const many = Array.from({ length: 400 }, (_, index) =>
      trial(`item-${index}`, [miss("exact", "no")], { result: result({ output: "x".repeat(100_000) }) }),
    );
    const text = reportHtml(reportOf(many));
    expect(text.length).toBeLessThan(2_000_000);
    expect(text).toContain("and 300 more in results.jsonl");
  });
});
