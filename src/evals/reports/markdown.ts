/** A run as a comment on a pull request: what got worse first, details folded. */
import type { Report, ScoreSummary, SuiteSummary } from "../contract.ts";
import {
  counted,
  cut,
  difference,
  failedGates,
  headline,
  interval,
  isFailed,
  isOffline,
  meanText,
  money,
  offlineNotice,
  percent,
  problemText,
  rank,
  reasonsOf,
  regressionsOf,
  skippedText,
} from "./words.ts";

/** A comment on GitHub may have 65,536 characters: so many are for failed trials, the rest for tables. */
const failureCharacters = 30_000;
const longestReason = 300;

export function summaryMarkdown(report: Report): string {
  const { run, trials } = report;
  const suites = run.suites.toSorted((one, other) => rank(one) - rank(other));
  const failed = trials.filter(isFailed);
  const lines = [
    `## Evals: ${headline(report)}`,
    "",
    ...(isOffline(run) ? [`> ${offlineNotice}`, ""] : []),
    "| suite | passed | rate [95 %] | change in points | verdict | gates | errors | cost |",
    "|---|---:|---:|---:|---|---|---:|---:|",
    ...suites.map(suiteRow),
    "",
    ...suites.flatMap((suite) => regressionsOf(suite).map((score) => regressionLine(suite, score))),
    ...suites.flatMap(troubles),
    "",
    ...folded("All scores", scoreTable(suites)),
    ...folded(`Failed trials (${failed.length})`, failed.length === 0 ? [] : failureLines(report)),
    `<sub>Run ${code(run.run)}, model ${code(run.model)}, commit ${code(run.commit)}${run.dirty ? " with changes" : ""}.</sub>`,
  ];
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

function suiteRow(suite: SuiteSummary): string {
  const pass = suite.scores.find(({ name }) => name === "pass");
  const cells = [
    code(suite.suite),
    pass ? `${pass.passes ?? 0}/${pass.scored}` : "",
    pass?.rate ? `${percent(pass.rate.value)} ${interval(pass.rate)}` : "",
    pass?.change ? difference(pass.change) : "",
    regressionsOf(suite).length > 0 ? "**regression**" : (pass?.change?.verdict ?? "no baseline"),
    gatesCell(suite),
    String(suite.errors),
    money(suite.cost),
  ];
  return `| ${cells.join(" | ")} |`;
}

function gatesCell(suite: SuiteSummary): string {
  const failed = failedGates(suite).map(({ gate }) => code(gate));
  if (failed.length > 0) return `**failed:** ${failed.join(" ")}`;
  // Nothing is known of one that was skipped.
  return [...new Set(suite.gates.map(({ status }) => status))].join(", ");
}

function regressionLine({ suite }: SuiteSummary, { name, change }: ScoreSummary): string {
  if (!change) return "";
  const lost = change.lost.length > 0 ? ` Lost: ${change.lost.slice(0, 20).map(code).join(" ")}` : "";
  const { adjustedP: p } = change;
  const chance = p === undefined ? "no chance is involved" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
  return `- **Regression** in ${code(suite)}, ${code(name)}: ${difference(change)} points, ${chance}.${lost}`;
}

function troubles(suite: SuiteSummary): string[] {
  const said = [
    ...suite.problems.map(problemText),
    ...suite.scores.flatMap((score) => skippedText(score) ?? []),
    ...(suite.missing > 0 ? [`${counted(suite.missing, "trial")} did not run.`] : []),
    ...(suite.baseline?.notes ?? []),
  ];
  return said.map((text) => `- ${code(suite.suite)}: ${code(cut(text, longestReason))}`);
}

function scoreTable(suites: readonly SuiteSummary[]): string[] {
  const rows = suites.flatMap(({ suite, scores }) =>
    scores.map(({ name, passes, scored, skipped, errors, rate, mean, change }) => {
      const cells = [
        code(suite),
        code(name),
        passes === undefined ? "" : `${passes}/${scored}`,
        rate && scored > 0 ? `${percent(rate.value)} ${interval(rate)}` : "",
        mean && scored > 0 ? meanText(mean) : "",
        change ? `${difference(change)}, ${change.verdict}` : "",
        String(skipped),
        String(errors),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
  const header = "| suite | score | passed | rate [95 %] | mean [95 %] | change | skipped | errors |";
  return [header, "|---|---|---:|---:|---:|---|---:|---:|", ...rows];
}

function failureLines({ trials }: Report): string[] {
  const failed = trials.filter(isFailed);
  const lines = failed.map((trial) => {
    const which = trial.trial > 0 ? ` (trial ${trial.trial + 1})` : "";
    const reasons = reasonsOf(trial).map((reason) => code(cut(reason, longestReason)));
    return `- ${code(`${trial.suite} / ${trial.item}`)}${which}: ${reasons.join(" ") || "failed"}`;
  });
  let left = failureCharacters;
  const shown = lines.filter((line) => {
    left -= line.length;
    return left >= 0;
  });
  return shown.length < lines.length ? [...shown, `- and ${lines.length - shown.length} more`] : shown;
}

function folded(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`<details><summary>${title}</summary>`, "", ...lines, "", "</details>", ""];
}

/** Text that comes from elsewhere. As code, in HTML, it can neither format nor mention anybody, nor end a table's cell. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return `<code>${line.replace(/[&<>|\\`*_[\]~@#]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</code>`;
}
