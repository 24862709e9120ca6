/** The end of .ci/run: what failed, and the last line. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../.ci/count.js", import.meta.url));
const file = (status: string, ...tests: string[]) => ({
  name: "test/some.test.ts",
  status,
  message: "SyntaxError: not a module",
  assertionResults: tests.map((each) => ({
    status: each,
    fullName: "Some behaviour",
    failureMessages: ["expected 1"],
  })),
});

test.each([
  ["all passed", { success: true, numPassedTests: 2 }, [file("passed", "passed", "passed")], "2 passed, 0 failed", 0],
  ["one failed", { success: false, numPassedTests: 1 }, [file("failed", "passed", "failed")], "1 passed, 1 failed", 1],
  [
    "a file that cannot be imported",
    { success: false, numPassedTests: 1 },
    [file("passed", "passed"), file("failed")],
    "1 passed, 1 failed",
    1,
  ],
  [
    "an error outside all tests",
    { success: false, numPassedTests: 1 },
    [file("passed", "passed")],
    "1 passed, 1 failed",
    1,
  ],
])("The counts are true for %s", async (_, totals, testResults, line, code) => {
  expect(await count({ ...totals, testResults }, { exit_code: 0, suites: [] })).toMatchObject({ line, code });
});

const held = {
  suite: "react",
  gates: [{ status: "held" }],
  scores: [{ errors: 0 }],
  errors: 0,
  missing: 0,
  problems: [],
};

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
  const passed = { success: true, numPassedTests: 1, testResults: [file("passed", "passed")] };
  expect(await count(passed, run)).toMatchObject({ line, code });
});

test("What failed stands before the last line, with its reason", async () => {
  const testResults = [file("failed", "passed", "failed"), file("failed")];
  const suite = {
    ...held,
    gates: [{ gate: "pass >= 1", status: "failed" }],
    scores: [{ name: "exact", errors: 2, change: { verdict: "regression" } }],
    problems: [{ kind: "dataset", message: "items.jsonl:3 is no JSON" }],
  };
  const { printed } = await count(
    { success: false, numPassedTests: 1, testResults },
    { exit_code: 3, suites: [held, suite] },
  );
  expect(printed.split("\n")).toEqual([
    "FAILED test/some.test.ts > Some behaviour",
    "expected 1",
    "FAILED test/some.test.ts",
    "SyntaxError: not a module",
    "FAILED suite react",
    "gate pass >= 1 failed",
    "exact is a regression",
    "exact: 2 errors",
    "items.jsonl:3 is no JSON",
  ]);
});

/** Undefined: an empty file. */
async function count(...reports: unknown[]) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-count-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const paths = reports.map((_, index) => join(folder, `${index}.json`));
  for (const [index, path] of paths.entries()) await writeFile(path, JSON.stringify(reports[index]) ?? "");
  const { status: code, stdout } = spawnSync(process.execPath, [script, ...paths], { encoding: "utf8" });
  const lines = stdout.trimEnd().split("\n");
  return { line: lines.at(-1), printed: lines.slice(0, -1).join("\n"), code };
}
