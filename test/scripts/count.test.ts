/** The last line of .ci/run. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../.ci/count.js", import.meta.url));
const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});

test.each([
  [
    "all passed",
    { success: true, numPassedTests: 2, numFailedTests: 0 },
    [file("passed", "passed", "passed")],
    "2 passed, 0 failed",
    0,
  ],
  [
    "one failed",
    { success: false, numPassedTests: 1, numFailedTests: 1 },
    [file("failed", "passed", "failed")],
    "1 passed, 1 failed",
    1,
  ],
  [
    "a file that cannot be imported",
    { success: false, numPassedTests: 1, numFailedTests: 0 },
    [file("passed", "passed"), file("failed")],
    "1 passed, 1 failed",
    1,
  ],
  [
    "an error outside all tests",
    { success: false, numPassedTests: 1, numFailedTests: 0 },
    [file("passed", "passed")],
    "1 passed, 1 failed",
    1,
  ],
])("The counts are true for %s", async (_, totals, testResults, line, code) => {
  expect(await count({ ...totals, testResults }, { exit_code: 0, suites: [] })).toEqual({ line, code });
});

const held = { gates: [{ status: "held" }], scores: [{ errors: 0 }], errors: 0, missing: 0, problems: [] };

test.each([
  ["suites that hold", { exit_code: 0, suites: [held, held] }, "3 passed, 0 failed", 0],
  ["a gate", { exit_code: 1, suites: [held, { ...held, gates: [{ status: "failed" }] }] }, "2 passed, 1 failed", 1],
  [
    "a regression",
    { exit_code: 2, suites: [{ ...held, scores: [{ errors: 0, change: { verdict: "regression" } }] }] },
    "1 passed, 1 failed",
    1,
  ],
  ["a run that failed", { exit_code: 3, suites: [{ ...held, errors: 1 }, held] }, "2 passed, 1 failed", 1],
  ["a suite that cannot be imported", { exit_code: 3, suites: [held] }, "2 passed, 1 failed", 1],
  ["evals that never began", undefined, "1 passed, 1 failed", 1],
])("The counts are true for %s", async (_, run, line, code) => {
  const passed = { success: true, numPassedTests: 1, numFailedTests: 0, testResults: [file("passed", "passed")] };
  expect(await count(passed, run)).toEqual({ line, code });
});

/** Undefined: an empty file. */
async function count(...reports: unknown[]) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-count-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths = reports.map((_, index) => join(folder, `${index}.json`));
  for (const [index, path] of paths.entries()) await writeFile(path, JSON.stringify(reports[index]) ?? "");
  const { status: code, stdout } = spawnSync(process.execPath, [script, ...paths], { encoding: "utf8" });
  return { line: stdout.trimEnd(), code };
}
