/** The files of runs: written so that nothing is lost, read so that nothing is harmed, whoever has edited them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { compareCommand } from "../../src/evals/commands/compare.ts";
import { reportCommand } from "../../src/evals/commands/report.ts";
import { makeRunFolder } from "../../src/evals/run/run-folder.ts";
import { evalProject, items, type Ran, scoreOf, suite, summaryOf, terminal, trialsOf } from "./project.ts";

const thirty = items(...Array.from({ length: 30 }, (_, index) => [`item-${index}`, String(index)] as const));

const small = () =>
  evalProject({
    "evals/items.jsonl": thirty,
    "evals/suites/small.eval.ts": suite(`dataset: "../items.jsonl", target: ({ item }) => String(item.expected)`),
  });

const resultsOf = ({ json }: Ran) => join(json.path, "results.jsonl");

test("Runs that begin at the same moment, at the same commit, have folders of their own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-runs-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const runs = join(folder, "evals", "runs");
  const names = await Promise.all(Array.from({ length: 8 }, () => makeRunFolder(runs, 0, "abc1234")));
  expect(new Set(names).size).toBe(8);
  expect((await readdir(runs)).sort()).toEqual(names.sort());
  expect(names).toContain("1970-01-01T00-00-00-abc1234");
});

test("A run whose last line is just being written is read without a change to its files", async () => {
  await using project = await small();
  const ran = await project.run();
  const lines = (await readFile(resultsOf(ran), "utf8")).trimEnd().split("\n");
  const half = `${lines.slice(0, 5).join("\n")}\n${lines[5]?.slice(0, 40)}`;
  await writeFile(resultsOf(ran), half);
  await reportCommand(project.folders, ran.json.run, terminal);
  await compareCommand(project.folders, ran.json.run, ran.json.run);
  await project.run({ filter: "item-1" });
  expect(await readFile(resultsOf(ran), "utf8")).toBe(half);
});

test.each([
  ["null", /run\.json is not what a run has there/],
  ["{}", /run\.json is not what a run has there: run/],
  ['{"run": "x", "started_at": "yesterday"}', /started_at: Invalid ISO datetime/],
  ["{", /run\.json is not JSON/],
])("A run.json that says %s is named where it is asked for, and in no other run's way", async (written, reason) => {
  await using project = await small();
  await project.write("evals/runs/2020-by-hand/run.json", written);
  expect((await project.run()).exitCode).toBe(0);
  await expect(reportCommand(project.folders, "2020-by-hand", terminal)).rejects.toMatchObject({
    code: "invalid-request",
    message: expect.stringMatching(reason),
  });
});

test("A line of the results that is no trial is named with its place", async () => {
  await using project = await small();
  const ran = await project.run();
  const lines = (await readFile(resultsOf(ran), "utf8")).split("\n");
  await writeFile(resultsOf(ran), [lines[0], "", '{"suite": "small", "item": 7}', ...lines.slice(1)].join("\n"));
  await expect(reportCommand(project.folders, ran.json.run, terminal)).rejects.toThrow(
    /results\.jsonl:3 is not what a run has there: item: .*take the line out/,
  );
});

test("A folder that is given by its path is read there, under the name it has", async () => {
  await using project = await small();
  await using other = await small();
  const ran = await project.run();
  const moved = join(other.folders.runs, "renamed");
  await mkdir(moved, { recursive: true });
  for (const file of ["run.json", "results.jsonl"])
    await writeFile(join(moved, file), await readFile(join(ran.json.path, file)));
  const outcome = await reportCommand(project.folders, moved, terminal);
  expect(outcome.json).toMatchObject({ run: "renamed", path: moved });
});

test("Results that cannot be read are named, and not taken for none", async () => {
  await using project = await small();
  const ran = await project.run();
  await rm(resultsOf(ran));
  await mkdir(resultsOf(ran));
  const named = { code: "invalid-request", message: expect.stringMatching(/results\.jsonl cannot be read: EISDIR/) };
  await expect(reportCommand(project.folders, ran.json.run, terminal)).rejects.toMatchObject(named);
});

test("Where runs cannot be stored, nothing is tried, and the reason is said", async () => {
  await using project = await small();
  await project.write("evals/runs", "a file");
  await expect(project.run()).rejects.toMatchObject({
    code: "eval-not-stored",
    message: expect.stringMatching(/evals\/runs\/.* cannot be written: /),
  });
});

test("A disk that is full ends the run with 3, and the run goes on when there is space", async () => {
  await using project = await small();
  const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  // A file of this process may have 4 KiB at most, which is a third of the results.
  const limited = 'ulimit -f 4; exec "$0" "$@"';
  const child = spawn("bash", ["-c", limited, process.execPath, command, "eval", "run", "--concurrency", "1"], {
    cwd: project.folder,
    env: { ...process.env, NODE_COMPILE_CACHE: join(project.folder, "cache") },
  });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect(stderr).toMatch(/results\.jsonl cannot be written: EFBIG/);
  expect(code).toBe(3);

  const [run = ""] = await readdir(project.folders.runs);
  const whole = await project.run({ resume: run });
  expect(whole).toMatchObject({ exitCode: 0, json: { run, status: "complete" } });
  expect(summaryOf(whole)).toMatchObject({ missing: 0 });
  expect(scoreOf(whole, "pass")).toMatchObject({ scored: 30, passes: 30 });
  expect(new Set((await trialsOf(whole)).map(({ item }) => item)).size).toBe(30);
});
