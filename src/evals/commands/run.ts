/** `signalbox eval run`: evaluates suites, or goes on with a run that was cut off. */
import { dirname, resolve } from "node:path";
import type { Environment } from "../../config.ts";
import { SignalboxError } from "../../errors.ts";
import type { RunRecord } from "../contract.ts";
import { loadSuites } from "../load-suites.ts";
import { readRun, runNames, type StoredRun } from "../run/run-folder.ts";
import { type EvalFolders, evalFolders, runSuites } from "../run/run-suites.ts";
import type { RunProgress } from "../run/try-plans.ts";
import { historyOf, type Outcome, publish, type Terminal } from "./outcome.ts";

export interface RunCommand {
  readonly suites: readonly string[];
  /** The project's langgraph.json. */
  readonly config: string;
  readonly trials?: number;
  readonly concurrency?: number;
  readonly filter?: string;
  /** Only what did not pass in the latest run that tried it. */
  readonly failed?: boolean;
  /** US dollars. */
  readonly maxCost?: number;
  /** A run to go on with; its own settings hold, but for `concurrency` and `maxCost` where they are given. */
  readonly resume?: string;
  /** Where model calls are answered from, or written to; neither and not `live`: the offline model. */
  readonly replay?: string;
  readonly record?: string;
  readonly live?: boolean;
}

const defaultConcurrency = 4;

/**
 * @param stop aborted when the run is to be stopped; what is done by then is kept
 * @throws SignalboxError "invalid-request" for a suite or run that is not there, or nothing to run
 */
export async function runCommand(
  command: RunCommand,
  around: { terminal: Terminal; stop: AbortSignal; onProgress?: (progress: RunProgress) => void },
): Promise<Outcome> {
  const configPath = resolve(command.config);
  const folders = evalFolders(dirname(configPath));
  const resumed = command.resume === undefined ? undefined : await readRun(folders.runs, command.resume);
  if (resumed) assertResumable(resumed, command);
  const settings = { ...resumed?.record.settings, ...settingsOf(command, resumed?.record.settings) };
  const { suites, problems } = await loadSuites(folders.project, settings.suites);
  if (suites.length + problems.length === 0)
    throw refused(`There are no eval suites in ${folders.project}/evals/suites (NAME.eval.ts).`);
  const failed = settings.failed ? await lastFailed(folders, resumed?.record) : undefined;
  const finished = await runSuites({
    suites,
    problems,
    folders,
    configPath,
    environment: modelSettings(command),
    choice: { trials: settings.trials, filter: settings.filter, failed },
    settings,
    stop: around.stop,
    resumed,
    ...(around.onProgress && { onProgress: around.onProgress }),
  });
  const { run } = finished.report;
  const report = { ...finished.report, history: await historyOf(folders, run) };
  const shown = await publish(report, finished.path, around.terminal);
  const next = `signalbox eval run --resume ${command.resume ?? run.run}${modelWords(command)}`;
  const text = [
    shown.trimEnd(),
    ...problems.map(({ message }) => message),
    ...(finished.cutOff ? [`Not all was tried: ${finished.cutOff}. Go on with: ${next}`] : []),
    ...(finished.published ? [finished.published.text] : []),
    `Run: ${finished.path}`,
  ].join("\n");
  return {
    text,
    json: { ...run, path: finished.path, problems, langfuse: finished.published },
    exitCode: run.exit_code ?? 0,
  };
}

function assertResumable({ record }: StoredRun, { suites }: RunCommand): void {
  if (record.rescored) throw refused(`${record.run} was only scored: resume ${record.rescored}.`);
  if (suites.length > 0)
    throw refused(`${record.run} goes on with the suites it was begun with: leave out ${suites.join(", ")}.`);
}

function refused(reason: string): SignalboxError {
  return new SignalboxError("invalid-request", reason);
}

type Settings = RunRecord["settings"];

/** @param before those of the run that goes on */
function settingsOf(command: RunCommand, before?: Settings): Settings {
  const { trials, filter, failed, maxCost } = command;
  return {
    suites: before?.suites ?? command.suites,
    ...(trials !== undefined && { trials }),
    concurrency: command.concurrency ?? before?.concurrency ?? defaultConcurrency,
    ...(filter !== undefined && { filter }),
    ...(failed && { failed }),
    ...(maxCost !== undefined && { max_cost: maxCost }),
  };
}

/** Without a word about it no model is paid for. */
function modelSettings({ replay, record, live }: RunCommand): Environment {
  if (replay !== undefined) return { MODEL: `replay:${replay}` };
  if (record !== undefined) return { MODEL: `record:${record}` };
  return live ? {} : { MODEL: "offline" };
}

/** The same as words of the command line. */
function modelWords({ replay, record, live }: RunCommand): string {
  if (replay !== undefined) return ` --replay ${replay}`;
  if (record !== undefined) return ` --record ${record}`;
  return live ? " --live" : "";
}

/**
 * suite -> the items that did not pass when they were tried last
 * @param resumed a run that goes on with what it has chosen: only earlier runs count
 */
async function lastFailed(folders: EvalFolders, resumed?: RunRecord): Promise<Map<string, Set<string>>> {
  const last = new Map<string, Map<string, boolean>>();
  for (const name of await runNames(folders.runs)) {
    // A run that cannot be read has nothing to say here.
    const run = await readRun(folders.runs, name).catch(() => undefined);
    if (!run || (resumed && run.record.started_at >= resumed.started_at)) continue;
    const results = new Map<string, Map<string, boolean>>();
    for (const { suite, item, passed } of run.trials) {
      const items = results.get(suite) ?? new Map<string, boolean>();
      results.set(suite, items.set(item, passed !== false && items.get(item) !== false));
    }
    for (const [suite, items] of results) last.set(suite, new Map([...(last.get(suite) ?? []), ...items]));
  }
  return new Map(
    [...last].map(([suite, items]) => [suite, new Set([...items].flatMap(([id, passed]) => (passed ? [] : [id])))]),
  );
}
