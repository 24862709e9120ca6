/** What a command of `signalbox eval` gives back: the command line only prints it. */
import { join } from "node:path";
import type { Item, Report, RunRecord, Trial } from "../contract.ts";
import { loadDataset } from "../dataset/dataset.ts";
import { loadSuites } from "../load-suites.ts";
import { reportHtml } from "../reports/html.ts";
import { junitXml } from "../reports/junit.ts";
import { summaryMarkdown } from "../reports/markdown.ts";
import { terminalReport } from "../reports/terminal.ts";
import { readRecord, runNames, writeWhole } from "../run/run-folder.ts";
import type { EvalFolders } from "../run/run-suites.ts";

export interface Outcome {
  /** For a person. */
  readonly text: string;
  /** The same for a program (`--json`). */
  readonly json: unknown;
  readonly exitCode: number;
}

export interface Terminal {
  readonly color: boolean;
  readonly columns: number;
}

/** Writes junit.xml, summary.md and report.html into the run's folder, and gives what the terminal shows. */
export async function publish(report: Report, path: string, terminal: Terminal): Promise<string> {
  await Promise.all([
    writeWhole(join(path, "junit.xml"), junitXml(report)),
    writeWhole(join(path, "summary.md"), summaryMarkdown(report)),
    writeWhole(join(path, "report.html"), reportHtml(report)),
  ]);
  return terminalReport(report, terminal);
}

/** Runs that ended before this one began, oldest first. */
export async function historyOf(folders: EvalFolders, run: RunRecord): Promise<RunRecord[]> {
  const names = await runNames(folders.runs);
  const records = await Promise.all(names.map((name) => readRecord(join(folders.runs, name))));
  return records.filter((record) => record !== undefined).filter(({ started_at }) => started_at < run.started_at);
}

/** The items of the suites that a run had, as far as suites and datasets are still there. */
export async function itemsOf(folders: EvalFolders, trials: readonly Trial[]): Promise<Map<string, readonly Item[]>> {
  const names = new Set(trials.map(({ suite }) => suite));
  const { suites } = await loadSuites(folders.project, []);
  const found = suites.filter(({ name }) => names.has(name));
  const datasets = await Promise.all(found.map(({ dataset }) => loadDataset(dataset)));
  return new Map(found.map(({ name }, index) => [name, datasets[index]?.items ?? []]));
}
