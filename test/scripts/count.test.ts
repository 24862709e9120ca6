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
  const folder = await mkdtemp(join(tmpdir(), "signalbox-count-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const report = join(folder, "report.json");
  await writeFile(report, JSON.stringify({ ...totals, testResults }));
  const { status, stdout } = spawnSync(process.execPath, [script, report], { encoding: "utf8" });
  expect(stdout).toBe(`${line}\n`);
  expect(status).toBe(code);
});
