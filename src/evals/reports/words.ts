/** How reports write figures, and what they say about a run in words. */
import type {
  Change,
  Estimate,
  GateResult,
  Report,
  RunRecord,
  ScoreSummary,
  SuiteSummary,
  Trial,
} from "../contract.ts";

/** Said wherever figures of the offline model are shown. */
export const offlineNotice = "Measured with the offline model: this measures the graph, not a model's quality.";

export function isOffline({ model, suites }: Pick<RunRecord, "model" | "suites">): boolean {
  const usesModel = suites.length === 0 || suites.some(({ isFunction }) => !isFunction);
  return usesModel && (model === "offline" || model.startsWith("offline "));
}

/** A share as `83 %`; only all is 100 % and only none is 0 %. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return "> 99 %";
  if (rounded === 0 && share > 0) return "< 1 %";
  return `${rounded} %`;
}

/** The interval of a share as `[61, 94]`, in percent. */
export function interval({ low, high }: Estimate): string {
  return `[${Math.round(low * 100)}, ${Math.round(high * 100)}]`;
}

/** A mean with its interval as `0.85 [0.78, 0.91]`. */
export function meanText({ value, low, high }: Estimate): string {
  const [mean, from, to] = [value, low, high].map((number) => number.toFixed(2));
  return `${mean} [${from}, ${to}]`;
}

/** A difference of shares as `+5 [-1, 11]`, in points (hundredths). */
export function difference({ difference: { value, low, high } }: Change): string {
  const [points, from, to] = [value, low, high].map((share) => Math.round(share * 100));
  return `${signed(points ?? 0)} [${signed(from ?? 0)}, ${signed(to ?? 0)}]`;
}

function signed(points: number): string {
  // Rounding may give -0.
  return points > 0 ? `+${points}` : `${points + 0}`;
}

export function money(dollars: number | undefined): string {
  if (dollars === undefined) return "unknown";
  if (dollars === 0) return "$0";
  return dollars < 0.01 ? `$${Number(dollars.toPrecision(2))}` : `$${dollars.toFixed(2)}`;
}

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${(milliseconds / 60_000).toFixed(1)} min`;
}

/** `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Cut after so many characters, with what is missing said. */
export function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length - most} more characters)` : text;
}

/** Text, or JSON of what is none. */
export function textOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** The line that says whether the run is well, and what is wrong with it. */
export function headline({ run, trials }: Pick<Report, "run" | "trials">): string {
  const said = wrongIn(run.suites);
  const missing = sumOf(run.suites, (suite) => suite.missing);
  if (missing > 0) said.push(counted(missing, "missing trial"));
  const passed = trials.filter((trial) => trial.passed).length;
  const decided = trials.filter((trial) => trial.passed !== undefined).length;
  if (decided < trials.length) said.push(counted(trials.length - decided, "undecided trial"));
  const state = run.status === "partial" ? "partial run, " : "";
  return `${state}${passed} of ${counted(decided, "trial")} passed${said.length > 0 ? `; ${said.join(", ")}` : ""}`;
}

/** All that makes a run fail, as `2 failed gates`, `1 run error`; empty where nothing does. */
export function wrongIn(suites: readonly SuiteSummary[]): string[] {
  const wrong: [count: number, noun: string][] = [
    [sumOf(suites, (suite) => failedGates(suite).length), "failed gate"],
    [sumOf(suites, (suite) => regressionsOf(suite).length), "regression"],
    [sumOf(suites, (suite) => suite.errors), "run error"],
    [sumOf(suites, evaluatorErrors), "evaluator error"],
    [sumOf(suites, (suite) => suite.problems.length), "problem"],
  ];
  return wrong.filter(([count]) => count > 0).map(([count, noun]) => counted(count, noun));
}

function sumOf(suites: readonly SuiteSummary[], of: (suite: SuiteSummary) => number): number {
  return suites.reduce((total, suite) => total + of(suite), 0);
}

function evaluatorErrors({ scores }: SuiteSummary): number {
  return scores.reduce((total, { errors }) => total + errors, 0);
}

export function regressionsOf({ scores }: SuiteSummary): ScoreSummary[] {
  return scores.filter(({ change }) => change?.verdict === "regression");
}

export function failedGates({ gates }: SuiteSummary): GateResult[] {
  return gates.filter(({ status }) => status === "failed");
}

/** A suite's place among the others: regressions first, then failed gates, then errors; of equals the order stays. */
export function rank(suite: SuiteSummary): number {
  if (regressionsOf(suite).length > 0) return 0;
  if (failedGates(suite).length > 0) return 1;
  return suite.errors + evaluatorErrors(suite) + suite.problems.length > 0 ? 2 : 3;
}

/** `exact >= 0.9 failed (83 %)`, or why it has no value. */
export function gateText({ gate, status, value, reason }: GateResult): string {
  const known = value === undefined ? reason : percent(value);
  return `${gate} ${status}${known === undefined || known === status ? "" : ` (${known})`}`;
}

/** The items that passed in the baseline, as a whole or by a score that got worse, and do not now. */
export function lostIn({ scores }: SuiteSummary): ReadonlySet<string> {
  const worse = scores.filter(({ name, change }) => name === "pass" || change?.verdict === "regression");
  return new Set(worse.flatMap(({ change }) => change?.lost ?? []));
}

/** True for a trial that did not pass; one of which nothing was decided (all its scores skipped) is not among them. */
export function isFailed({ passed }: Trial): boolean {
  return passed === false;
}

/** Those that did not pass. Of items that were lost they come first, since those are what has changed. */
export function failedTrials(trials: readonly Trial[], lost: ReadonlySet<string>): Trial[] {
  return trials.filter(isFailed).toSorted((one, other) => Number(lost.has(other.item)) - Number(lost.has(one.item)));
}

/** Why a trial did not pass: its run's error, or what its failed scores say. */
export function reasonsOf({ result, scores }: Trial): string[] {
  if (result.error) return [`${result.error.error}: ${result.error.message}`];
  const failed = scores.filter((score) => score.passed === false || score.error !== undefined);
  return failed.map(({ name, error, comment }) => `${name}: ${error ?? comment ?? "failed"}`);
}

/** `judge: 3 trials skipped. No model …`, or undefined if none is skipped. */
export function skippedText({ name, skipped, skippedBecause }: ScoreSummary): string | undefined {
  return skipped === 0 ? undefined : `${name}: ${counted(skipped, "trial")} skipped. ${skippedBecause ?? ""}`.trim();
}

/** A problem with its place, as `file:line message`. */
export function problemText({ message, file, line, item }: SuiteSummary["problems"][number]): string {
  const place = file === undefined ? undefined : line === undefined ? file : `${file}:${line}`;
  return [place, item && !message.includes(item) ? `item "${item}"` : undefined, message].filter(Boolean).join(" ");
}
