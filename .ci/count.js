/**
 * Prints "N passed, N failed": tests of vitest's JSON report, and suites of an eval run, of which one passes if its gates
 * hold and nothing in it is a regression or an error. Before it stands what failed and why: of a long output people often
 * see the end alone. Fails where something did, or where one of the files is empty.
 *
 *     node .ci/count.js VITEST.json RUN.json
 */
import { readFileSync } from "node:fs";

const [tests, suites] = [countTests, countSuites].map((count, index) => {
  const text = readFileSync(process.argv[index + 2], "utf8");
  // What ended before it could report has failed.
  const { passed, failed, success } = text === "" ? { passed: 0, failed: [], success: false } : count(JSON.parse(text));
  for (const reason of failed) process.stdout.write(`FAILED ${reason}\n`);
  return { passed, failed: success ? failed.length : Math.max(1, failed.length) };
});
process.stdout.write(`${tests.passed + suites.passed} passed, ${tests.failed + suites.failed} failed\n`);
process.exit(tests.failed + suites.failed === 0 ? 0 : 1);

function countTests({ success, numPassedTests, testResults }) {
  const failed = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === "failed");
    // A file that cannot be imported has no tests to fail.
    if (tests.length === 0) return status === "failed" ? [`${name}\n${message}`] : [];
    return tests.map((test) => `${name} > ${test.fullName}\n${test.failureMessages.join("\n")}`);
  });
  return { success, passed: numPassedTests, failed };
}

function countSuites({ suites, exit_code }) {
  const failed = suites.flatMap((suite) => {
    const { gates, scores, errors, missing, problems } = suite;
    const reasons = [
      ...gates.filter(({ status }) => status === "failed").map((gate) => `gate ${gate.gate} failed`),
      ...scores
        .filter(({ change }) => change?.verdict === "regression")
        .map((score) => `${score.name} is a regression`),
      ...scores.filter((score) => score.errors > 0).map((score) => `${score.name}: ${score.errors} errors`),
      ...(errors > 0 ? [`${errors} errors`] : []),
      ...(missing > 0 ? [`${missing} missing`] : []),
      ...problems.map(({ message }) => message),
    ];
    return reasons.length === 0 ? [] : [`suite ${suite.suite}\n${reasons.join("\n")}`];
  });
  return { success: exit_code === 0, passed: suites.length - failed.length, failed };
}
