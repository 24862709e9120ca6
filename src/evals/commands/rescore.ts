/** `signalbox eval rescore RUN`: today's evaluators over the results of an earlier run; no target and no model is called. */
import { join } from "node:path";
import { configure } from "../../config.ts";
import type { RunRecord, Score, Trial } from "../contract.ts";
import { loadSuites } from "../load-suites.ts";
import { scoreResult, verdictOf } from "../run/evaluate.ts";
import { exitCodeOf } from "../run/exit-code.ts";
import { type Planned, planSuite } from "../run/plan.ts";
import { makeRunFolder, openRunFolder, readRun } from "../run/run-folder.ts";
import { compareWithBaselines, type EvalFolders } from "../run/run-suites.ts";
import type { Suite } from "../suite.ts";
import { historyOf, type Outcome, publish, type Terminal } from "./outcome.ts";

/**
 * Writes a run of its own, so that nothing of the earlier one is lost. A judge is not asked again: its stored score stays.
 * @throws SignalboxError "invalid-request" for a run or suite that is not there
 */
export async function rescoreCommand(folders: EvalFolders, name: string, terminal: Terminal): Promise<Outcome> {
  const { record, trials } = await readRun(folders.runs, name);
  configure({ MODEL: "offline" });
  const { suites, problems } = await loadSuites(folders.project, record.settings.suites);
  // A suite that has come since has nothing in this run that could be scored. The record of a run that died has none.
  const tried = new Set(trials.map(({ suite }) => suite));
  const plans = await Promise.all(
    suites.filter((suite) => tried.has(suite.name)).map((suite) => planned(suite, record, trials)),
  );
  const rescored = (await Promise.all(plans.map((plan) => rescoreSuite(plan, trials)))).flat();
  const summaries = await compareWithBaselines(plans, rescored, record, folders);
  const exitCode = exitCodeOf(summaries, { broken: problems.length > 0, overBudget: false });
  const now = Date.now();
  const run: RunRecord = {
    ...record,
    run: await makeRunFolder(folders.runs, now, record.commit),
    started_at: new Date(now).toISOString(),
    ended_at: new Date().toISOString(),
    rescored: record.run,
    exit_code: exitCode,
    suites: summaries,
  };
  const folder = await openRunFolder(join(folders.runs, run.run));
  try {
    for (const trial of rescored) await folder.append(trial);
    await folder.writeRecord(run);
  } finally {
    await folder.close();
  }
  const items = new Map(plans.map(({ suite, dataset }) => [suite.name, dataset.items]));
  const report = { run, trials: rescored, items, history: await historyOf(folders, run) };
  const text = [
    (await publish(report, folder.path, terminal)).trimEnd(),
    ...problems.map(({ message }) => message),
    `Run: ${folder.path}`,
  ].join("\n");
  return { text, json: { ...run, path: folder.path, problems }, exitCode };
}

/** As the run was, with what there is of it. */
async function planned(suite: Suite, record: RunRecord, trials: readonly Trial[]): Promise<Planned> {
  const plan = await planSuite(suite, { filter: record.settings.filter });
  const before = record.suites.find((each) => each.suite === suite.name);
  const tried = new Set(trials.flatMap((trial) => (trial.suite === suite.name ? [trial.item] : [])));
  return {
    ...plan,
    items: plan.items.filter(({ id }) => tried.has(id)),
    trials: before?.trials ?? plan.trials,
    deterministic: before?.deterministic ?? plan.deterministic,
  };
}

async function rescoreSuite({ suite, items }: Planned, trials: readonly Trial[]): Promise<Trial[]> {
  const byId = new Map(items.map((item) => [item.id, item]));
  const stored = trials.flatMap((trial) => {
    const item = trial.suite === suite.name ? byId.get(trial.item) : undefined;
    return item ? [{ trial, item }] : [];
  });
  return await Promise.all(
    stored.map(async ({ trial, item }) => {
      const stop = new AbortController().signal;
      const { passed: _, ...scored } = await scoreResult(suite, item, trial.trial, trial.result, stop, "ask nobody");
      const scores = scored.scores.flatMap((score) => keepAsked(score, trial.scores));
      const passed = verdictOf(trial.result, scores);
      return { ...scored, scores, ...(passed !== undefined && { passed }) };
    }),
  );
}

/** Of a score that nobody was asked for, what was said before, with what belongs to it (`name:consistent`). */
function keepAsked(score: Score, stored: readonly Score[]): readonly Score[] {
  if (score.skipped === undefined) return [score];
  const before = stored.filter(({ name }) => name === score.name || name.startsWith(`${score.name}:`));
  return before.length > 0 ? before : [score];
}
