/** `signalbox eval report RUN`: writes the reports of a run again, and shows it. */
import { readRun } from "../run/run-folder.ts";
import type { EvalFolders } from "../run/run-suites.ts";
import { historyOf, itemsOf, type Outcome, publish, type Terminal } from "./outcome.ts";

/** @throws SignalboxError "invalid-request" for a run that is not there */
export async function reportCommand(folders: EvalFolders, name: string, terminal: Terminal): Promise<Outcome> {
  const { path, record, trials } = await readRun(folders.runs, name);
  const items = await itemsOf(folders, trials);
  const text = await publish({ run: record, trials, items, history: await historyOf(folders, record) }, path, terminal);
  return { text: `${text.trimEnd()}\nRun: ${path}`, json: { ...record, path }, exitCode: 0 };
}
