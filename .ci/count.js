/** Prints "N passed, N failed" from vitest's JSON report; fails where the report says that something failed. */
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
// A file that cannot be imported has no tests to fail.
const brokenFiles = report.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
);
const failed = report.numFailedTests + brokenFiles.length;
const unnamed = !report.success && failed === 0 ? 1 : 0;
process.stdout.write(`${report.numPassedTests} passed, ${failed + unnamed} failed\n`);
process.exit(report.success ? 0 : 1);
