/** What follows a run: going on with it, comparing, blessing, scoring it again. */
import { appendFile, cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { blessCommand } from "../../src/evals/commands/bless.ts";
import { compareCommand } from "../../src/evals/commands/compare.ts";
import { reportCommand } from "../../src/evals/commands/report.ts";
import { rescoreCommand } from "../../src/evals/commands/rescore.ts";
import type { Change } from "../../src/evals/contract.ts";
import { answering, evalProject, items, scoreOf, suite, summaryOf, terminal, trialsOf } from "./project.ts";

const twenty = items(...Array.from({ length: 20 }, (_, index) => [`item-${index}`, String(index)] as const));
const wrong = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`item-${index}`, "wrong"]));

function small(answers: Record<string, string | string[]> = {}, rows = twenty, body = "") {
  return evalProject({
    "evals/items.jsonl": rows,
    "evals/answers.json": JSON.stringify(answers),
    "evals/suites/small.eval.ts": suite(`dataset: "../items.jsonl", ${answering}, ${body}`),
  });
}

describe("A run that was stopped", () => {
  test("keeps what is done, says so, and goes on with the rest", async () => {
    await using project = await small();
    const stop = new AbortController();
    const begun = project.run(
      { concurrency: 1 },
      { stop: stop.signal, onProgress: ({ done }) => void (done === 7 && stop.abort(new Error("Ctrl-C"))) },
    );
    const part = await begun;
    expect(summaryOf(part)).toMatchObject({ missing: 13 });
    expect(part).toMatchObject({ exitCode: 3, json: { status: "partial" } });
    expect(part.text).toContain(`signalbox eval run --resume ${part.json.run}`);

    const whole = await project.run({ resume: part.json.run });
    expect(whole.json).toMatchObject({ run: part.json.run, status: "complete", exit_code: 0 });
    expect((await trialsOf(whole)).map(({ item }) => item)).toHaveLength(20);
    expect(scoreOf(whole, "pass")).toMatchObject({ passes: 20 });
  });

  test("in the middle of a line goes on from the line before", async () => {
    await using project = await small();
    const ran = await project.run();
    const file = join(ran.json.path, "results.jsonl");
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
    await writeFile(file, `${lines.slice(0, 5).join("\n")}\n${lines[5]?.slice(0, 40)}`);
    const whole = await project.run({ resume: ran.json.run });
    expect(new Set((await trialsOf(whole)).map(({ item }) => item)).size).toBe(20);
    expect(scoreOf(whole, "pass")).toMatchObject({ scored: 20, passes: 20 });
  });

  test("tries again what has changed in the dataset since", async () => {
    await using project = await small({}, items(["a", "1"], ["b", "2"]));
    const ran = await project.run();
    await project.write("evals/items.jsonl", items(["a", "1"], ["b", "changed"]));
    const whole = await project.run({ resume: ran.json.run });
    expect(scoreOf(whole, "pass")).toMatchObject({ scored: 2, passes: 2 });
    await expect(project.run({ resume: "2020-01-01" })).rejects.toThrow(/no eval run 2020-01-01.*the latest are/);
  });

  test("does not go on with another model", async () => {
    await using project = await small();
    const ran = await project.run();
    const record = join(ran.json.path, "run.json");
    await writeFile(record, (await readFile(record, "utf8")).replace('"model": "offline"', '"model": "openai:other"'));
    await expect(project.run({ resume: ran.json.run })).rejects.toThrow(/is of the model openai:other/);
  });

  test("with --failed goes on with what it had chosen, not with what has failed since, wherever its folder is", async () => {
    await using project = await small(wrong(4));
    await project.run();
    await project.write("evals/answers.json", JSON.stringify(wrong(2)));
    const stop = new AbortController();
    const part = await project.run(
      { failed: true, concurrency: 1 },
      { stop: stop.signal, onProgress: ({ done }) => void (done === 3 && stop.abort(new Error("Ctrl-C"))) },
    );
    expect(summaryOf(part)).toMatchObject({ missing: 1 });
    const moved = join(project.folder, "moved");
    await cp(part.json.path, moved, { recursive: true });
    const whole = await project.run({ resume: moved });
    expect(scoreOf(whole, "pass")).toMatchObject({ scored: 4, passes: 2 });
    expect(summaryOf(whole)).toMatchObject({ missing: 0 });
    await rm(part.json.path, { recursive: true });
    expect(scoreOf(await project.run({ resume: moved }), "pass")).toMatchObject({ scored: 4, passes: 2 });
  });

  test("because its money was spent begins nothing more, until it is given more", async () => {
    const paid = "{ output: item.expected, cost: 0.4, usage: { input_tokens: 1, output_tokens: 1 } }";
    await using project = await evalProject({
      "evals/items.jsonl": items(["a", "1"], ["b", "2"], ["c", "3"], ["d", "4"]),
      "evals/suites/small.eval.ts": suite(`dataset: "../items.jsonl", target: ({ item }) => (${paid})`),
    });
    const part = await project.run({ maxCost: 1, concurrency: 1 });
    const again = await project.run({ resume: part.json.run });
    expect(again).toMatchObject({ exitCode: 4, json: { status: "partial" } });
    expect(summaryOf(again)).toMatchObject({ missing: 1 });
    const whole = await project.run({ resume: part.json.run, maxCost: 2 });
    expect(whole).toMatchObject({ exitCode: 0, json: { status: "complete", settings: { max_cost: 2 } } });
  });

  test("goes on with its own suites, and says how it was asked", async () => {
    await using project = await small();
    const ran = await project.run();
    await expect(project.run({ resume: ran.json.run, suites: ["small"] })).rejects.toThrow(/leave out small/);
    const stop = new AbortController();
    stop.abort(new Error("Ctrl-C"));
    const part = await project.run({ live: true }, { stop: stop.signal });
    expect(part.text).toContain(`--resume ${part.json.run} --live`);
  });
});

describe("A baseline", () => {
  test("is what later runs are compared with, and changes by bless alone", async () => {
    await using project = await small(wrong(1));
    const first = await project.run();
    expect(summaryOf(first)).not.toHaveProperty("baseline");
    await blessCommand(project.folders, first.json.run);
    const file = join(project.folders.baselines, "small.json");
    const blessed = await readFile(file, "utf8");
    expect(blessed).toContain('    "item-0": {"hash":');

    await project.write("evals/answers.json", JSON.stringify(wrong(8)));
    const worse = await project.run();
    expect(scoreOf(worse, "pass")?.change).toMatchObject({
      verdict: "regression",
      items: 20,
      gained: [],
      p: expect.closeTo(2 ** -6, 9),
    });
    expect(scoreOf(worse, "pass")?.change?.lost).toHaveLength(7);
    expect(worse.exitCode).toBe(2);
    expect(await readFile(file, "utf8")).toBe(blessed);

    await project.write("evals/answers.json", "{}");
    const better = await project.run();
    expect(scoreOf(better, "pass")?.change).toMatchObject({ verdict: "stable", gained: ["item-0"] });
    expect(better.exitCode).toBe(0);
  });

  test("of another dataset is named, and only items of the same content are compared", async () => {
    await using project = await small();
    await blessCommand(project.folders, (await project.run()).json.run);
    const changed = twenty.replace('"expected":"3"', '"expected":"three"').split("\n").slice(1).join("\n");
    await project.write("evals/items.jsonl", `${changed}${items(["new", "n"])}`);
    const ran = await project.run();
    expect(summaryOf(ran).baseline?.notes).toEqual([
      expect.stringMatching(/another dataset.*18 items in common, 1 changed, 1 new, 1 gone/),
    ]);
    expect(ran.text).toContain("18 items in common");
    expect(scoreOf(ran, "pass")?.change).toMatchObject({ items: 18 });
  });

  test("of another model is named, and not compared", async () => {
    await using project = await small();
    await blessCommand(project.folders, (await project.run()).json.run);
    const file = join(project.folders.baselines, "small.json");
    await writeFile(file, (await readFile(file, "utf8")).replace('"offline"', '"openai:other"'));
    const ran = await project.run();
    expect(summaryOf(ran).baseline?.notes).toEqual([expect.stringMatching(/not compared.*openai:other.*offline/)]);
    expect(scoreOf(ran, "pass")).not.toHaveProperty("change");
  });

  test("that cannot be read is a problem, and not a pass", async () => {
    await using project = await small();
    await project.write("evals/baselines/small.json", "{");
    const ran = await project.run();
    expect(summaryOf(ran).problems).toMatchObject([{ kind: "baseline", file: expect.stringContaining("small.json") }]);
    expect(ran.exitCode).toBe(3);
  });

  test("is not made of a part of a run, nor of one with errors", async () => {
    await using project = await small({ "item-0": "!broken" });
    const broken = await project.run();
    await expect(blessCommand(project.folders, broken.json.run)).rejects.toThrow(/small has errors/);
    const part = await project.run({ filter: "item-1" });
    await expect(blessCommand(project.folders, part.json.run)).rejects.toThrow(/only a part/);
  });
});

describe("Between two runs", () => {
  const compared = async (
    before: Record<string, string | string[]>,
    now: Record<string, string | string[]>,
    { rows = twenty, trials = 1 } = {},
  ) => {
    await using project = await small(before, rows);
    const first = await project.run({ trials });
    await project.write("evals/answers.json", JSON.stringify(now));
    const second = await project.run({ trials });
    const outcome = await compareCommand(project.folders, first.json.run, second.json.run);
    const { suites } = outcome.json as { suites: { changes: Record<string, Change> }[] };
    return { ...outcome, change: suites[0]?.changes.pass as Change };
  };

  test.each([
    ["six items lost and none gained are a regression", {}, wrong(6), "regression", 2],
    ["five are not enough to tell", {}, wrong(5), "flaky", 0],
    ["six gained are an improvement", wrong(6), {}, "improved", 0],
    ["the same answers are stable", wrong(3), wrong(3), "stable", 0],
  ] as const)("%s", async (_, before, now, verdict, exitCode) => {
    expect(await compared(before, now)).toMatchObject({ change: { verdict }, exitCode });
  });

  test("over fewer than six items nothing is said", async () => {
    const { change, text } = await compared({}, wrong(5), { rows: twenty.split("\n").slice(0, 5).join("\n") });
    expect(change.verdict).toBe("insufficient data");
    expect(text).toMatch(/pass +insufficient data/);
  });

  test("items whose trials disagree make a suite flaky", async () => {
    const mixed = Object.fromEntries([0, 1, 2].map((index) => [`item-${index}`, [String(index), "x", String(index)]]));
    expect((await compared(mixed, mixed, { trials: 3 })).change.verdict).toBe("flaky");
    const one = { "item-0": ["0", "x", "0"] };
    expect((await compared(one, one, { trials: 3 })).change.verdict).toBe("stable");
  });

  test("of a deterministic target each item lost is a regression, since no chance is involved", async () => {
    const body = (expected: string) =>
      suite(`dataset: [{ id: "a", input: "double 2", expected: "4" }], target: "worker", evaluators: [{
        name: "exact", evaluate: ({ result }) => ({ name: "exact", value: 1, passed: result.output === ${expected} })
      }]`);
    await using project = await evalProject({
      "evals/suites/small.eval.ts": body('"4"'),
      "evals/suites/other.eval.ts": body('"5"'),
    });
    const first = await project.run({ suites: ["small"] });
    const second = await project.run({ suites: ["other"] });
    // As if the graph had been broken between the two.
    for (const file of ["run.json", "results.jsonl"]) {
      const path = join(second.json.path, file);
      await writeFile(path, (await readFile(path, "utf8")).replaceAll('"other"', '"small"'));
    }
    const outcome = await compareCommand(project.folders, first.json.run, second.json.run);
    expect(outcome).toMatchObject({
      exitCode: 2,
      json: { suites: [{ changes: { pass: { verdict: "regression", lost: ["a"] } } }] },
    });
  });
});

describe("Scored again", () => {
  test("a run's stored results meet today's evaluators, and no target is called", async () => {
    await using project = await small(
      {},
      items(["a", "1"], ["b", "2"]),
      `evaluators: [
      exact(), { name: "judge", evaluate: () => ({ name: "judge", value: 0, skipped: "no model" }) },
    ]`,
    );
    const ran = await project.run();
    // What a judge with a model had said, and an answer that the target never gives.
    const file = join(ran.json.path, "results.jsonl");
    const stored = (await readFile(file, "utf8"))
      .replace(/\{"name":"judge"[^}]*\}/g, '{"name":"judge","value":1,"passed":true}')
      .replace('"output":"1"', '"output":"stored"');
    await writeFile(file, stored);
    await project.write("evals/items.jsonl", items(["a", "stored"], ["b", "other"]));

    const outcome = await rescoreCommand(project.folders, ran.json.run, terminal);
    const again = { ...outcome, json: outcome.json as typeof ran.json };
    expect(again.json).toMatchObject({ rescored: ran.json.run, status: "complete" });
    expect(
      (await trialsOf(again))
        .map(({ item, passed, scores }) => [item, passed, scores.map(({ value }) => value)])
        .sort(),
    ).toEqual([
      ["a", true, [1, 1]],
      ["b", false, [0, 1]],
    ]);
    expect(await readFile(file, "utf8")).toBe(stored);
    await expect(project.run({ resume: again.json.run })).rejects.toThrow(/was only scored/);
  });

  test("a run whose process died has what it had tried", async () => {
    await using project = await small(wrong(2));
    const ran = await project.run();
    const record = join(ran.json.path, "run.json");
    const { ended_at: _, exit_code: __, ...begun } = JSON.parse(await readFile(record, "utf8"));
    await writeFile(record, JSON.stringify({ ...begun, status: "partial", suites: [] }));
    const again = await rescoreCommand(project.folders, ran.json.run, terminal);
    const rescored = { ...again, json: again.json as typeof ran.json };
    expect(scoreOf(rescored, "pass")).toMatchObject({ scored: 20, passes: 18 });
  });

  test("a run that failed stays failed", async () => {
    await using project = await small({ "item-0": "!no network" });
    const ran = await project.run();
    const again = await rescoreCommand(project.folders, ran.json.run, terminal);
    const rescored = { ...again, json: again.json as typeof ran.json };
    expect(scoreOf(rescored, "pass")).toMatchObject({ scored: 20, passes: 19 });
    expect(again.exitCode).toBe(3);
  });

  test("no judge is asked, even one that names its model; all that it had said stays", async () => {
    const judges = fileURLToPath(new URL("../../src/evals/judges/", import.meta.url));
    const prompt = fileURLToPath(new URL("../../evals/judges/preference.md", import.meta.url));
    await using project = await evalProject({
      "evals/suites/small.eval.ts": suite(
        `dataset: [{ id: "a", input: "a", expected: "1" }], target: () => "1",
         evaluators: [pairwise({ name: "judge", prompt: ${JSON.stringify(prompt)}, model: "openai:no-such-model" })]`,
      ).replace("export", `import { pairwise } from ${JSON.stringify(`${judges}pairwise.ts`)};\nexport`),
    });
    const ran = await project.run();
    expect(scoreOf(ran, "judge")).toMatchObject({ errors: 1 });
    const said = [
      { name: "judge", value: 1, passed: true, judge: "preference@1" },
      { name: "judge:consistent", value: 1, judge: "preference@1" },
    ];
    const file = join(ran.json.path, "results.jsonl");
    const [trial] = await trialsOf(ran);
    await writeFile(file, `${JSON.stringify({ ...trial, scores: said, passed: true })}\n`);
    await project.write(
      "evals/suites/later.eval.ts",
      suite(`dataset: [{ id: "z", input: "z", expected: "z" }], target: () => "z", gates: [{ min: 1 }]`),
    );
    const outcome = await rescoreCommand(project.folders, ran.json.run, terminal);
    const again = { ...outcome, json: outcome.json as typeof ran.json };
    expect((await trialsOf(again)).map(({ scores, passed }) => [scores, passed])).toEqual([[said, true]]);
    expect(again.json.suites.map(({ suite }) => suite)).toEqual(["small"]);
    expect(again.exitCode).toBe(0);
  });

  test("a run's reports are written again", async () => {
    await using project = await small(wrong(2));
    const ran = await project.run();
    await writeFile(join(ran.json.path, "summary.md"), "");
    const shown = await reportCommand(project.folders, ran.json.path, terminal);
    expect(shown.text).toBe(ran.text);
    expect(await readFile(join(ran.json.path, "summary.md"), "utf8")).not.toBe("");
    await appendFile(join(ran.json.path, "results.jsonl"), "not json\n");
    await expect(reportCommand(project.folders, ran.json.run, terminal)).rejects.toThrow(
      /results\.jsonl:21 is not JSON/,
    );
  });
});
