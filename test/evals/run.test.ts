/** What a run makes of answers, errors and limits. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { answering, evalProject, items, scoreOf, suite, summaryOf, trialsOf } from "./project.ts";

const dataset = `dataset: "../items.jsonl"`;

/** A project with the suite "small" over these items; `answers` are the target's where they are not the expected ones. */
function small(rows: string, answers: Record<string, string | string[]>, body = "") {
  return evalProject({
    "evals/items.jsonl": rows,
    "evals/answers.json": JSON.stringify(answers),
    "evals/suites/small.eval.ts": suite(`${dataset}, ${answering}, ${body}`),
  });
}

const four = items(["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"]);

describe("A run", () => {
  test("has pass rates with intervals, and writes its files", async () => {
    await using project = await small(four, { d: "wrong" });
    const ran = await project.run();
    expect(scoreOf(ran, "pass")).toMatchObject({ items: 4, passes: 3, rate: { value: 0.75 } });
    expect(scoreOf(ran, "exact")?.rate?.low).toBeCloseTo(0.301, 3);
    expect(ran.exitCode).toBe(0);
    const written = await readFile(join(ran.json.path, "run.json"), "utf8");
    expect(JSON.parse(written)).toMatchObject({
      status: "complete",
      model: "offline",
      commit: "nocommit",
      exit_code: 0,
    });
    for (const file of ["junit.xml", "summary.md", "report.html"])
      expect((await readFile(join(ran.json.path, file), "utf8")).length).toBeGreaterThan(100);
  });

  test("gives the same figures for the same results, in whatever order they came", async () => {
    const size = `{ name: "size", evaluate: ({ item }) => ({ name: "size", value: 1 / Number(item.expected) }) }`;
    const rows = items(...Array.from({ length: 12 }, (_, index) => [`item-${10 + index}`, `${index + 1}`] as const));
    const figures = async (rows: string) => {
      await using project = await small(rows, {}, `evaluators: [${size}]`);
      const ran = await project.run({ concurrency: 1 });
      return { last: (await trialsOf(ran)).at(-1)?.item, mean: scoreOf(ran, "size")?.mean };
    };
    const [forwards, backwards] = [await figures(rows), await figures(rows.trimEnd().split("\n").reverse().join("\n"))];
    expect([forwards.last, backwards.last]).toEqual(["item-21", "item-10"]);
    expect(forwards.mean).toEqual(backwards.mean);
  });

  test("counts an item whose target throws as failed, and shows it apart", async () => {
    await using project = await small(four, { b: "!no network" });
    const ran = await project.run();
    expect(summaryOf(ran)).toMatchObject({ errors: 1 });
    for (const name of ["pass", "exact"])
      expect(scoreOf(ran, name)).toMatchObject({ items: 4, scored: 4, passes: 3, errors: 0, rate: { value: 0.75 } });
    expect((await trialsOf(ran)).find(({ item }) => item === "b")?.result.error).toEqual({
      error: "TypeError",
      message: "no network",
    });
    expect(ran.exitCode).toBe(3);
  });

  test("counts a run that failed in every score of an evaluator that gives several, and in no other", async () => {
    const several = `{ name: "several", evaluate: () => ["left", "right"].map((name) => ({ name, value: 1, passed: true })) }`;
    const judge = `{ name: "judge", evaluate: () => ({ name: "judge", value: 0, skipped: "no model" }) }`;
    await using project = await small(four, { b: "!no network" }, `evaluators: [${several}, ${judge}]`);
    const ran = await project.run();
    expect(summaryOf(ran).scores.map(({ name }) => name)).toEqual(["pass", "left", "right", "judge"]);
    for (const name of ["pass", "left", "right"])
      expect(scoreOf(ran, name)).toMatchObject({ items: 4, scored: 4, passes: 3, rate: { value: 0.75 } });
    expect(scoreOf(ran, "judge")).toMatchObject({ scored: 0, skipped: 3 });
    await project.write("evals/answers.json", JSON.stringify({ a: "!no", b: "!no", c: "!no", d: "!no" }));
    expect(scoreOf(await project.run(), "several")).toMatchObject({ scored: 4, passes: 0, rate: { value: 0 } });
  });

  test("fails the items of a suite whose cassette is not there, and does the others", async () => {
    const graph = 'dataset: [{ id: "g", input: "double 2", expected: "4" }], target: "worker"';
    await using project = await small(four, {});
    await project.write("evals/suites/graph.eval.ts", suite(graph));
    await project.write("evals/suites/taped.eval.ts", suite(`${graph}, cassette: "../absent.jsonl"`));
    const ran = await project.run();
    expect(summaryOf(ran, "taped")).toMatchObject({ errors: 1, missing: 0 });
    expect(ran.text).toMatch(/✗ g SignalboxError: The cassette .*absent\.jsonl cannot be read/);
    expect(scoreOf(ran, "pass", "graph")).toMatchObject({ passes: 1 });
    expect(scoreOf(ran, "pass")).toMatchObject({ passes: 4 });
    expect(ran.exitCode).toBe(3);
  });

  test("ends a target that hangs at its time", async () => {
    await using project = await small(four, { b: "..." }, "timeout: 1000");
    const ran = await project.run();
    expect(summaryOf(ran)).toMatchObject({ errors: 1, missing: 0 });
    expect(ran.exitCode).toBe(3);
  });

  test("names an evaluator that throws, hangs or gives no number, and scores with the others", async () => {
    await using project = await small(
      items(["a", "1"]),
      {},
      `timeout: 1000, evaluators: [
        exact(),
        { name: "throws", evaluate() { throw new Error("it is broken"); } },
        { name: "hangs", evaluate: () => new Promise(() => {}) },
        { name: "percent", evaluate: () => ({ name: "percent", value: 75 }) },
      ]`,
    );
    const ran = await project.run();
    const [trial] = await trialsOf(ran);
    expect(trial?.scores).toEqual([
      expect.objectContaining({ name: "exact", passed: true }),
      { name: "throws", value: 0, error: "it is broken" },
      { name: "hangs", value: 0, error: "timeout: no end after 1 s" },
      { name: "percent", value: 0, error: "RangeError: the value 75 is not 0 to 1" },
    ]);
    expect(trial?.result.error).toBeUndefined();
    expect(summaryOf(ran).errors).toBe(0);
    expect(scoreOf(ran, "throws")).toMatchObject({ errors: 1 });
    expect(ran.exitCode).toBe(3);
  });

  test("names what is wrong in a dataset by file and line, and runs the rest", async () => {
    await using project = await small(`${four}{"id": "a", "input": "again"}\n{"id": "e", "input": "x"}\nnonsense\n`, {
      e: "",
    });
    const ran = await project.run();
    expect(summaryOf(ran).problems).toMatchObject([
      { kind: "dataset", line: 5, message: 'has the id "a" again, which is that of line 1' },
      { line: 7 },
      { line: 6, item: "e", message: 'has no "expected", which exact compares with (item e)' },
    ]);
    expect(ran.text).toMatch(/items\.jsonl:5/);
    expect(scoreOf(ran, "pass")).toMatchObject({ items: 5, passes: 4 });
    expect(ran.exitCode).toBe(3);
  });

  test("of a suite that cannot be imported, and of one beside it, does the other one", async () => {
    await using project = await small(four, {});
    await project.write("evals/suites/broken.eval.ts", 'import "./absent.ts";');
    await project.write("evals/suites/nothing.eval.ts", "export const a = 1;");
    const ran = await project.run();
    expect(ran.json.suites.map(({ suite }) => suite)).toEqual(["small"]);
    expect(ran.text).toMatch(/broken\.eval\.ts:1: Cannot find module/);
    expect(ran.text).toMatch(/nothing\.eval\.ts exports no suite/);
    expect(ran.exitCode).toBe(3);
    await expect(project.run({ suites: ["smal"] })).rejects.toThrow(
      "There is no eval suite smal; the suites are: small.",
    );
  });
});

describe("Scores that do not decide", () => {
  test("a judge that is skipped is neither passed nor failed, and its gate is skipped too", async () => {
    const judge = `{ name: "judge", evaluate: () => ({ name: "judge", value: 0, skipped: "no model" }) }`;
    await using project = await small(four, {}, `evaluators: [${judge}], gates: [{ evaluator: "judge", min: 0.5 }]`);
    const ran = await project.run();
    expect(scoreOf(ran, "judge")).toMatchObject({ scored: 0, skipped: 4, skippedBecause: "no model" });
    expect(scoreOf(ran, "pass")).not.toHaveProperty("rate");
    expect((await trialsOf(ran)).map(({ passed }) => passed)).toEqual([undefined, undefined, undefined, undefined]);
    expect(summaryOf(ran).gates).toMatchObject([{ gate: "judge >= 0.5", status: "skipped" }]);
    expect(ran.exitCode).toBe(0);
  });

  test("a score that only measures has a mean with an interval", async () => {
    const length = `{ name: "short", evaluate: ({ result }) => ({ name: "short", value: 1 / result.output.length }) }`;
    await using project = await small(four, { a: "12", b: "1234" }, `evaluators: [${length}]`);
    const ran = await project.run();
    expect(scoreOf(ran, "short")?.mean?.value).toBeCloseTo((0.5 + 0.25 + 1 + 1) / 4, 12);
    expect(scoreOf(ran, "short")).not.toHaveProperty("rate");
  });
});

describe("Gates", () => {
  test.each([
    ["{ min: 0.75 }", "held", 0],
    ["{ min: 0.76 }", "failed", 1],
    [`{ evaluator: "exact", min: 0.76 }`, "failed", 1],
    [`{ evaluator: "misspelt", min: 0 }`, "failed", 1],
  ])("%s over three of four is %s", async (gate, status, exitCode) => {
    await using project = await small(four, { d: "wrong" }, `gates: [${gate}]`);
    const ran = await project.run();
    expect(summaryOf(ran).gates).toMatchObject([{ status }]);
    expect(ran.exitCode).toBe(exitCode);
  });

  test("on a score that is not there says which there are", async () => {
    await using project = await small(four, {}, 'gates: [{ evaluator: "exakt", min: 0.5 }]');
    expect((await project.run()).text).toContain(
      "gate exakt >= 0.5 failed (no score is named exakt; there are: pass, exact)",
    );
  });

  test("the highest exit code that applies wins", async () => {
    await using project = await small(four, { c: "!broken", d: "wrong" }, "gates: [{ min: 1 }]");
    expect((await project.run()).exitCode).toBe(3);
  });
});

test("Items of a group count as one: the interval is as wide as what is known", async () => {
  const rows = ["a", "b", "c", "d", "e", "f"].map((id, index) => ({
    id,
    input: id,
    expected: id,
    group: `g${index % 2}`,
  }));
  await using project = await small(rows.map((row) => JSON.stringify(row)).join("\n"), { a: "x", c: "x" });
  const ran = await project.run();
  // Of the first group one of three passes, of the second all: that is 4/3 of 2.
  expect(scoreOf(ran, "pass")).toMatchObject({
    items: 6,
    scored: 6,
    passes: 4,
    rate: { value: expect.closeTo(2 / 3, 9) },
  });
  expect(scoreOf(ran, "pass")?.rate?.low).toBeCloseTo(0.159, 3);
});

describe("Trials", () => {
  test("give pass@k and pass^k, and the interval stays that of the items", async () => {
    await using project = await small(four, { a: ["1", "1", "x"], b: ["x", "x", "2"], c: ["x", "x", "x"] });
    const ran = await project.run({ trials: 3 });
    expect(summaryOf(ran)).toMatchObject({ trials: 3, deterministic: false });
    // a passes 2 of 3, b 1, c 0, d 3.
    expect(scoreOf(ran, "pass")).toMatchObject({
      items: 4,
      scored: 12,
      passes: 6,
      rate: { value: expect.closeTo(0.5, 9) },
    });
    expect(scoreOf(ran, "pass")?.rate?.low).toBeCloseTo(0.15, 2);
    const [one, , three] = summaryOf(ran).passAt;
    expect(one).toEqual({ k: 1, some: expect.closeTo(0.5, 9), every: expect.closeTo(0.5, 9) });
    expect(three).toEqual({ k: 3, some: 0.75, every: 0.25 });
  });

  test("of a graph on the offline model are one, since more would only repeat it", async () => {
    await using project = await evalProject({
      "evals/suites/small.eval.ts": suite(
        `dataset: [{ id: "a", input: "double 2", expected: "4" }], target: "worker", trials: 5`,
      ),
    });
    const ran = await project.run({ trials: 3 });
    expect(summaryOf(ran)).toMatchObject({ trials: 1, deterministic: true });
    expect(scoreOf(ran, "pass")).toMatchObject({ scored: 1, passes: 1 });
  });
});

test("What was recorded is replayed for nothing, without chance, and without a judge that was never asked", async () => {
  const prompt = fileURLToPath(new URL("../../evals/judges/helpfulness.md", import.meta.url));
  const rubric = fileURLToPath(new URL("../../src/evals/judges/rubric.ts", import.meta.url));
  await using project = await evalProject({
    "evals/suites/small.eval.ts": suite(
      `dataset: [{ id: "a", input: "Calculate 6 * 7.", expected: "42" }], target: "worker", trials: 3,
       evaluators: [(await import(${JSON.stringify(rubric)})).rubric({ prompt: ${JSON.stringify(prompt)} })]`,
    ),
  });
  const cassette = join(project.folder, "cassette.jsonl");
  const recorded = await project.run({ record: cassette });
  const replayed = await project.run({ replay: cassette });
  expect(summaryOf(replayed)).toMatchObject({ trials: 1, deterministic: true, errors: 0, cost: 0 });
  expect(scoreOf(replayed, "helpfulness")).toMatchObject({ skipped: 1, errors: 0 });
  const output = async (ran: typeof recorded) => (await trialsOf(ran)).map(({ result }) => result.output);
  expect(await output(replayed)).toEqual(await output(recorded));
  const written = await readFile(cassette, "utf8");
  await writeFile(cassette, written.replaceAll('"model_name":"offline"', '"model_name":"unpriced"'));
  const unpriced = await project.run({ replay: cassette, maxCost: 1 });
  expect(summaryOf(unpriced)).toMatchObject({ errors: 0, missing: 0, cost: 0 });
});

describe("A part of a run", () => {
  test("is chosen by id or tag, or by what failed last", async () => {
    const tagged = `${four}${JSON.stringify({ id: "e", input: "e", expected: "5", tags: ["hard"] })}\n`;
    await using project = await small(tagged, { b: "wrong", e: "wrong" });
    const whole = await project.run();
    expect(whole.json.status).toBe("complete");
    const tried = async (command: { filter?: string; failed?: boolean }) => {
      const ran = await project.run(command);
      expect(ran.json.status).toBe("partial");
      return (await trialsOf(ran)).map(({ item }) => item).sort();
    };
    expect(await tried({ filter: "hard" })).toEqual(["e"]);
    expect(await tried({ failed: true })).toEqual(["b", "e"]);
    await project.write("evals/answers.json", JSON.stringify({ e: "wrong" }));
    await tried({ filter: "b" });
    expect(await tried({ failed: true })).toEqual(["e"]);
    await expect(project.run({ filter: "absent" })).rejects.toThrow(
      "There is nothing to run: no item has absent in it.",
    );
  });

  test("leaves out suites of which nothing is chosen, and their gates with them", async () => {
    await using project = await small(four, {}, "gates: [{ min: 1 }]");
    const other =
      'dataset: [{ id: "z", input: "z", expected: "z" }], target: ({ input }) => input, gates: [{ min: 1 }]';
    await project.write("evals/suites/other.eval.ts", suite(other));
    const ran = await project.run({ filter: "z" });
    expect(ran.json.suites.map(({ suite }) => suite)).toEqual(["other"]);
    expect(ran.exitCode).toBe(0);
  });
});

describe("A budget", () => {
  const costly = (cost: string) =>
    `target: ({ item }) => ({ output: item.expected, cost: ${cost}, usage: { input_tokens: 1, output_tokens: 1 } })`;
  const spending = (cost: string) =>
    evalProject({ "evals/items.jsonl": four, "evals/suites/small.eval.ts": suite(`${dataset}, ${costly(cost)}`) });

  test("ends the run when it is spent, and the run can go on", async () => {
    await using project = await spending("0.4");
    const ran = await project.run({ maxCost: 1, concurrency: 1 });
    expect(summaryOf(ran)).toMatchObject({ missing: 1, cost: expect.closeTo(1.2, 9) });
    expect(ran).toMatchObject({ exitCode: 4, json: { status: "partial" } });
    expect(ran.text).toMatch(/\$1\.2000 of \$1 are spent.*--resume/);
  });

  test("that cannot be watched, because a price is not known, ends the run too", async () => {
    await using project = await spending("undefined");
    const ran = await project.run({ maxCost: 1, concurrency: 1 });
    expect(summaryOf(ran)).toMatchObject({ missing: 3, cost: undefined });
    expect(ran.text).toMatch(/cost of small\/a is not known.*MODEL_PRICES/);
    expect(ran.exitCode).toBe(4);
  });

  test("that holds is not in the way", async () => {
    await using project = await spending("0.1");
    expect((await project.run({ maxCost: 1, concurrency: 1 })).exitCode).toBe(0);
  });
});
