/** A run as JUnit XML: what CI systems read. */
import type { Report, SuiteSummary, Trial } from "../contract.ts";
import { escaped, html, type Markup } from "./markup.ts";
import { difference, problemText, reasonsOf, skippedText } from "./words.ts";

interface TestCase {
  readonly name: string;
  readonly group: string;
  readonly seconds: number;
  /** failure: it ran, and the result is not good enough. error: it could not be found out. */
  readonly outcome?: {
    readonly kind: "failure" | "error" | "skipped";
    readonly type: string;
    readonly lines: string[];
  };
}

/**
 * One test suite for each suite, one test case for each trial, gate and comparison. A run that failed and an evaluator
 * that threw are errors, a score that fails, a gate and a regression are failures.
 */
export function junitXml({ run, trials }: Report): string {
  const suites = run.suites.map((summary) => {
    const cases = casesOf(
      summary,
      trials.filter(({ suite }) => suite === summary.suite),
    );
    const counts = { ...countsOf(cases), time: cases.reduce((total, { seconds }) => total + seconds, 0).toFixed(3) };
    return { summary, cases, counts };
  });
  const all = countsOf(suites.flatMap(({ cases }) => cases));
  const body = html`<testsuites name="evals ${run.run}" tests="${all.tests}" failures="${all.failures}" errors="${all.errors}">
${suites.map(
  ({
    summary,
    cases,
    counts,
  }) => html`  <testsuite name="${summary.suite}" tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" skipped="${counts.skipped}" time="${counts.time}" timestamp="${run.started_at}">
${cases.map(caseXml)}  </testsuite>
`,
)}</testsuites>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.markup}`;
}

function countsOf(cases: readonly TestCase[]) {
  const count = (kind: string) => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  return { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function casesOf(summary: SuiteSummary, trials: readonly Trial[]): TestCase[] {
  const other = (kind: string, name: string, outcome: TestCase["outcome"]): TestCase => ({
    name,
    group: `${summary.suite}.${kind}`,
    seconds: 0,
    outcome,
  });
  return [
    ...trials.map((trial) => ({
      name: summary.trials > 1 ? `${trial.item} trial ${trial.trial + 1}` : trial.item,
      group: summary.suite,
      seconds: trial.result.latencyMs / 1000,
      outcome: outcomeOf(trial),
    })),
    ...summary.gates.map(({ gate, status, value, reason, min }) => {
      const lines = [
        value === undefined ? (reason ?? "nothing was scored") : `it is ${value.toFixed(3)}, at least ${min} is needed`,
      ];
      if (status === "held") return other("gates", gate, undefined);
      return other("gates", gate, { kind: status === "failed" ? "failure" : "skipped", type: "gate", lines });
    }),
    ...summary.scores.flatMap(({ name, change }) => {
      if (!change) return [];
      const { verdict, lost } = change;
      const lines = [`${difference(change)} points against the baseline`, ...lost.map((item) => `lost: ${item}`)];
      const isLost = verdict === "regression";
      return other("baseline", name, isLost ? { kind: "failure", type: "regression", lines } : undefined);
    }),
    ...summary.scores.flatMap((score) => {
      const text = skippedText(score);
      return text ? other("skipped", score.name, { kind: "skipped", type: "score", lines: [text] }) : [];
    }),
    ...summary.problems.map((problem) =>
      other("problems", problem.kind, { kind: "error", type: problem.kind, lines: [problemText(problem)] }),
    ),
  ];
}

function outcomeOf(trial: Trial): TestCase["outcome"] {
  if (trial.passed === true) return undefined;
  if (trial.passed === undefined)
    return { kind: "skipped", type: "score", lines: ["nothing decided: no score passes or fails"] };
  const { error } = trial.result;
  const lines = reasonsOf(trial);
  if (error) return { kind: "error", type: error.error, lines };
  const isScored = trial.scores.some((score) => score.passed === false && score.error === undefined);
  return isScored ? { kind: "failure", type: "score", lines } : { kind: "error", type: "evaluator", lines };
}

function caseXml({ name, group, seconds, outcome }: TestCase): Markup {
  const start = html`    <testcase classname="${group}" name="${name}" time="${seconds.toFixed(3)}"`;
  if (!outcome) return { markup: `${start.markup}/>\n` };
  const { kind, type, lines } = outcome;
  const [first = ""] = lines;
  const message = escaped(first.replace(/\s+/g, " "));
  const text = kind === "skipped" ? "" : escaped(lines.join("\n"));
  const attributes = kind === "skipped" ? `message="${message}"` : `message="${message}" type="${escaped(type)}"`;
  return { markup: `${start.markup}>\n      <${kind} ${attributes}>${text}</${kind}>\n    </testcase>\n` };
}
