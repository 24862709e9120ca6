/**
 * Prints "N passed, N failed": tests of vitest's JSON report, and suites of an eval run, of which one passes if its gates
 * hold and nothing in it is a regression or an error. Fails where something did, or where one of the files is empty.
 *
 *     node .ci/count.js VITEST.json RUN.json
 */
import { readFileSync } from "node:fs";

const [tests, suites] = [countTests, countSuites].map((count, index) => {
  const text = readFileSync(process.argv[index + 2], "utf8");
  // What ended before it could report has failed.
  const { passed, failed, success } = text === "" ? { passed: 0, failed: 0, success: false } : count(JSON.parse(text));
  return { passed, failed: success ? failed : Math.max(1, failed) };
});
process.stdout.write(`${tests.passed + suites.passed} passed, ${tests.failed + suites.failed} failed\n`);
process.exit(tests.failed + suites.failed === 0 ? 0 : 1);

function countTests({ success, numPassedTests, numFailedTests, testResults }) {
  // A file that cannot be imported has no tests to fail.
  const brokenFiles = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return { success, passed: numPassedTests, failed: numFailedTests + brokenFiles.length };
}

function countSuites({ suites, exit_code }) {
  const red = suites.filter(
    ({ gates, scores, errors, missing, problems }) =>
      gates.some(({ status }) => status === "failed") ||
      scores.some((score) => score.change?.verdict === "regression" || score.errors > 0) ||
      errors + missing + problems.length > 0,
  );
  return { success: exit_code === 0, passed: suites.length - red.length, failed: red.length };
}
