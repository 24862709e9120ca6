/** A run as a table for a terminal. */
import type { Report, ScoreSummary, SuiteSummary, Verdict } from "../contract.ts";
import {
  counted,
  difference,
  duration,
  failedTrials,
  gateText,
  headline,
  interval,
  isOffline,
  lostIn,
  meanText,
  money,
  offlineNotice,
  percent,
  problemText,
  reasonsOf,
  skippedText,
} from "./words.ts";

interface TerminalOptions {
  /** Whether ANSI colours are written: for a terminal, and unless NO_COLOR is set. */
  readonly color: boolean;
  /** How wide a line may be; 100 characters unless given. */
  readonly columns?: number;
}

type Paint = (text: string) => string;
interface Paints {
  readonly good: Paint;
  readonly bad: Paint;
  readonly odd: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
}

const mostFailures = 10;

/** The report ends with a line break. Each suite has a table of its scores; what went wrong stands under it. */
export function terminalReport(report: Report, { color, columns = 100 }: TerminalOptions): string {
  const paints = paintsOf(color);
  const { run } = report;
  const lines = run.suites.flatMap((suite) => ["", ...suiteLines(suite, report, paints, columns)]);
  const isGood = (run.exit_code ?? 0) === 0 && run.status === "complete";
  return [
    paints.faint(`Run ${run.run} · ${run.model} · commit ${run.commit}${run.dirty ? " with changes" : ""}`),
    ...(isOffline(run) ? [paints.odd(offlineNotice)] : []),
    ...lines,
    "",
    (isGood ? paints.good : paints.bad)(headline(report)),
    "",
  ].join("\n");
}

function suiteLines(suite: SuiteSummary, report: Report, paints: Paints, columns: number): string[] {
  const { dataset, trials, deterministic } = suite;
  const times = trials > 1 ? ` × ${counted(trials, "trial")}` : deterministic ? ", deterministic: one trial" : "";
  const note = (text: string, paint: Paint = paints.faint) => paint(`  ${fitted(text, Math.max(20, columns - 2))}`);
  const cost = suite.cost === undefined ? "cost unknown" : money(suite.cost);
  const tokens = suite.usage.input_tokens + suite.usage.output_tokens;
  return [
    `${paints.strong(suite.suite)}  ${counted(dataset.items, "item")}${times}  ${paints.faint(`${cost}, ${tokens} tokens${latencyOf(suite, report)}`)}`,
    ...scoreTable(suite.scores, paints),
    ...passAtLine(suite).map((line) => note(line)),
    ...suite.gates.map((gate) => {
      const paint = { held: paints.good, failed: paints.bad, skipped: paints.odd }[gate.status];
      return note(`gate ${gateText(gate)}`, paint);
    }),
    ...suite.scores.flatMap((score) => skippedText(score) ?? []).map((text) => note(text, paints.odd)),
    ...(suite.errors > 0 ? [note(`${counted(suite.errors, "run")} failed, counted as not passed`, paints.bad)] : []),
    ...(suite.missing > 0 ? [note(`${counted(suite.missing, "trial")} did not run`, paints.odd)] : []),
    ...suite.problems.map((problem) => note(problemText(problem), paints.bad)),
    ...(suite.baseline ? [note(`compared with ${suite.baseline.run}`)] : []),
    ...(suite.baseline?.notes ?? []).map((text) => note(text, paints.odd)),
    ...failureLines(suite, report, note, paints),
  ];
}

function scoreTable(scores: readonly ScoreSummary[], paints: Paints): string[] {
  const header = ["score", "passed", "rate [95 %]", "mean [95 %]", "change in points", ""];
  const rows = scores.map(({ name, scored, passes, rate, mean, change, errors }) => [
    name,
    scored === 0 ? "skipped" : passes === undefined ? "" : `${passes}/${scored}`,
    rate && scored > 0 ? `${percent(rate.value)} ${interval(rate).padStart(9)}` : "",
    mean && scored > 0 ? meanText(mean) : "",
    change ? difference(change) : "",
    [change?.verdict, errors > 0 ? counted(errors, "error") : undefined].filter(Boolean).join(", "),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => {
    // Words to the left, figures to the right.
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${cells.join("  ")}`.trimEnd();
  };
  return [
    paints.faint(line(header)),
    ...rows.map((row, index) => paintOf(scores[index]?.change?.verdict, paints)(line(row))),
  ];
}

function paintOf(verdict: Verdict | undefined, paints: Paints): Paint {
  if (verdict === "regression") return paints.bad;
  if (verdict === "improved") return paints.good;
  return verdict === "flaky" ? paints.odd : (text) => text;
}

function passAtLine({ passAt, trials }: SuiteSummary): string[] {
  if (trials < 2) return [];
  const parts = passAt.map(({ k, some, every }) => `k=${k} ${percent(some)} / ${percent(every)}`);
  return [`pass@k / pass^k: ${parts.join(", ")}`];
}

function failureLines(
  summary: SuiteSummary,
  { trials }: Report,
  note: (text: string, paint?: Paint) => string,
  paints: Paints,
): string[] {
  const lost = lostIn(summary);
  const own = trials.filter(({ suite }) => suite === summary.suite);
  const failed = failedTrials(own, lost);
  const lines = failed.slice(0, mostFailures).map((trial) => {
    const [reason = "failed"] = reasonsOf(trial);
    const which = `${trial.trial > 0 ? ` (trial ${trial.trial + 1})` : ""}${lost.has(trial.item) ? " (lost)" : ""}`;
    return note(`✗ ${trial.item}${which} ${reason}`, paints.bad);
  });
  const more = failed.length > mostFailures ? [note(`and ${failed.length - mostFailures} more, see report.html`)] : [];
  return [...lines, ...more];
}

function latencyOf({ suite }: SuiteSummary, { trials }: Report): string {
  const times = trials.filter((trial) => trial.suite === suite).map(({ result }) => result.latencyMs);
  if (times.length === 0) return "";
  const sorted = times.toSorted((one, other) => one - other);
  return `, p50 ${duration(sorted[Math.ceil(sorted.length / 2) - 1] ?? 0)}`;
}

/** One line, and nothing in it that a terminal would obey. */
function fitted(text: string, most: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ");
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

function paintsOf(color: boolean): Paints {
  const paint = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { good: paint(32), bad: paint(31), odd: paint(33), faint: paint(2), strong: paint(1) };
}
