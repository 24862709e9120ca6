/**
 * A run from its suites to its figures: plan, try what is missing, summarise, compare, write it all down.
 *
 *   suites ─▶ plan ─▶ try ─▶ results.jsonl ─▶ summaries ─▶ run.json, exit code
 */
import { join } from "node:path";
import type { Environment } from "../../config.ts";
import { SignalboxError } from "../../errors.ts";
import { serverModel } from "../../llm/chat-model.ts";
import type { Problem, Report, RunRecord, SuiteSummary, Trial } from "../contract.ts";
import { createPublication, type Published } from "../langfuse.ts";
import type { Suite } from "../suite.ts";
import { type Baseline, readBaseline } from "../summary/baseline.ts";
import { settleTogether, summarise } from "../summary/summarise.ts";
import { codeState } from "./code-state.ts";
import { exitCodeOf } from "./exit-code.ts";
import { type Choice, type Planned, planSuites } from "./plan.ts";
import { makeRunFolder, openRunFolder, type StoredRun } from "./run-folder.ts";
import { openTargets } from "./targets.ts";
import { type RunProgress, tryPlans } from "./try-plans.ts";

/** Of the bootstrap and the randomisation test: one for all runs, so that the same results give the same figures. */
export const seed = 20_260;

export interface EvalFolders {
  /** The folder with langgraph.json and `evals/`. */
  readonly project: string;
  readonly runs: string;
  readonly baselines: string;
}

export function evalFolders(project: string): EvalFolders {
  return { project, runs: join(project, "evals", "runs"), baselines: join(project, "evals", "baselines") };
}

export interface RunOptions {
  readonly suites: readonly Suite[];
  /** What was wrong before the run began. */
  readonly problems: readonly Problem[];
  readonly folders: EvalFolders;
  readonly configPath: string;
  /** Over the process's own: the model. */
  readonly environment: Environment;
  readonly choice: Choice;
  readonly settings: RunRecord["settings"];
  readonly stop: AbortSignal;
  /** A run that was cut off, and goes on. */
  readonly resumed?: StoredRun | undefined;
  onProgress?(progress: RunProgress): void;
}

export interface FinishedRun {
  readonly report: Omit<Report, "history">;
  readonly path: string;
  /** Why not all was tried, in words. */
  readonly cutOff?: string;
  /** Undefined without Langfuse's keys. */
  readonly published: Published | undefined;
}

/**
 * Runs the suites and writes the run's folder; what is done when it is stopped, or fails, is kept.
 * @throws SignalboxError "invalid-request" where a run would go on with another model, or no item is chosen
 */
export async function runSuites(options: RunOptions): Promise<FinishedRun> {
  const { suites, folders, resumed, settings, stop } = options;
  const publication = createPublication();
  const targets = await openTargets(suites, { ...options, experimentOf: publication.experimentOf });
  try {
    if (resumed) assertSameModel(resumed.record);
    const plans = await planSuites(suites, options.choice);
    const begun = resumed ? { ...resumed.record, settings } : await beginRecord(options);
    const folder = await openRunFolder(resumed?.path ?? join(folders.runs, begun.run));
    try {
      await folder.writeRecord(begun);
      await publication.begin(begun, plans);
      const { trials, budget } = await tryPlans(plans, targets, {
        concurrency: settings.concurrency,
        maxCost: settings.max_cost,
        stop,
        done: resumed?.trials,
        store: folder.append,
        publish: publication.publish,
        ...(options.onProgress && { onProgress: options.onProgress }),
      });
      const finished = await finish(options, begun, plans, trials, budget);
      await folder.writeRecord(finished.report.run);
      return { ...finished, path: folder.path, published: await publication.end() };
    } finally {
      await folder.close();
    }
  } finally {
    await targets.close();
  }
}

function assertSameModel({ run, model }: RunRecord): void {
  if (model === serverModel()) return;
  const mistake = `Run ${run} is of the model ${model}, and this would be ${serverModel()}`;
  const remedy = "resume it with the same model (--live, --record or --replay, as it was)";
  throw new SignalboxError("invalid-request", `${mistake}: ${remedy}.`);
}

async function beginRecord({ folders, settings }: RunOptions): Promise<RunRecord> {
  const now = Date.now();
  const { commit, dirty } = await codeState(folders.project);
  const run = await makeRunFolder(folders.runs, now, commit);
  const started_at = new Date(now).toISOString();
  return { run, started_at, status: "partial", model: serverModel(), commit, dirty, settings, seed, suites: [] };
}

async function finish(
  { choice, folders, problems, stop }: RunOptions,
  begun: RunRecord,
  plans: readonly Planned[],
  trials: readonly Trial[],
  budget: string | undefined,
): Promise<Omit<FinishedRun, "path" | "published">> {
  const suites = await compareWithBaselines(plans, trials, begun, folders);
  const wasCut = suites.some(({ missing }) => missing > 0);
  const overBudget = wasCut && budget !== undefined;
  // What was not tried is not known to be right.
  const broken = problems.length > 0 || (wasCut && !overBudget);
  const isPart = wasCut || choice.filter !== undefined || choice.failed !== undefined;
  const run: RunRecord = {
    ...begun,
    ended_at: new Date().toISOString(),
    status: isPart ? "partial" : "complete",
    exit_code: exitCodeOf(suites, { broken, overBudget }),
    suites,
  };
  const items = new Map(plans.map(({ suite, dataset }) => [suite.name, dataset.items]));
  const cutOff = budget ?? (stop.aborted ? "it was stopped" : undefined);
  return { report: { run, trials, items }, ...(wasCut && cutOff !== undefined && { cutOff }) };
}

type Measured = Pick<RunRecord, "model" | "seed">;

/** The suites' figures, and what has changed since their baselines, with regard to how much is compared. */
export async function compareWithBaselines(
  plans: readonly Planned[],
  trials: readonly Trial[],
  record: Measured,
  folders: EvalFolders,
): Promise<SuiteSummary[]> {
  const alone = await Promise.all(plans.map((plan) => compareWithBaseline(plan, trials, record, folders)));
  return settleTogether(alone);
}

/** A baseline that cannot be used is a problem of its suite. */
async function compareWithBaseline(
  plan: Planned,
  trials: readonly Trial[],
  record: Measured,
  { baselines }: EvalFolders,
): Promise<SuiteSummary> {
  try {
    return summarisePlan(plan, trials, record, await readBaseline(baselines, plan.suite.name));
  } catch (error) {
    const file = join(baselines, `${plan.suite.name}.json`);
    const problem: Problem = { kind: "baseline", file, message: `cannot be used: ${(error as Error).message}` };
    return summarisePlan({ ...plan, problems: [...plan.problems, problem] }, trials, record, undefined);
  }
}

export function summarisePlan(
  { suite, dataset, items, problems, ...plan }: Planned,
  trials: readonly Trial[],
  { model, seed }: Measured,
  baseline: Baseline | undefined,
): SuiteSummary {
  const about = {
    ...plan,
    suite: suite.name,
    isFunction: typeof suite.target === "function",
    dataset: { name: dataset.name, hash: dataset.hash, items: dataset.items.length },
    gates: suite.gates ?? [],
    planned: items.length * plan.trials,
    problems,
    baseline,
    model,
    seed,
  };
  const own = trials.filter((trial) => trial.suite === suite.name);
  return summarise(about, own);
}
