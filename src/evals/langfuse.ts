/** An eval run in Langfuse: a suite's dataset is a dataset there, and each trial over it an experiment. */
import { basename, extname } from "node:path";
import { currentConfig } from "../config.ts";
import type { ExperimentPlan, Experiments } from "../langfuse/experiments.ts";
import type { ExperimentOf } from "../langfuse/tracing.ts";
import type { Item, RunRecord, Trial } from "./contract.ts";
import { idInFile, toLangfuse } from "./langfuse-items.ts";
import type { Planned } from "./run/plan.ts";

export interface Published {
  /** For a person. */
  readonly text: string;
  readonly url?: string;
  /** Why not all is there. */
  readonly problem?: string;
}

export interface Publication {
  /** For the engine, which may be opened before anything is planned. */
  readonly experimentOf: ExperimentOf;
  /** Makes what the run needs in Langfuse, where there are keys; a Langfuse that does not answer is left alone. */
  begin(run: RunRecord, plans: readonly Planned[]): Promise<void>;
  /** Has a trial sent, behind the run. @returns the trial with the address of its trace */
  publish(plan: Planned, item: Item, trial: Trial): Trial;
  /** Sends what waits. Never throws. @returns undefined without keys */
  end(): Promise<Published | undefined>;
}

export function createPublication(): Publication {
  let experiments: Experiments | undefined;
  let problem: string | undefined;
  let names: (suite: string, trial: number) => string = () => "";

  return {
    experimentOf({ metadata, trace_id }) {
      const { eval_suite: suite, eval_item: item, eval_trial: trial } = metadata;
      if (typeof item !== "string") return undefined;
      return experiments?.spansOf(names(String(suite), Number(trial)), item, trace_id);
    },
    async begin(run, plans) {
      const config = currentConfig();
      const { langfuse } = config;
      if (!langfuse) return;
      const trials = new Map(plans.map(({ suite, trials: count }) => [suite.name, count]));
      names = (suite, trial) => `${suite} ${run.run}${(trials.get(suite) ?? 1) > 1 ? ` trial ${trial + 1}` : ""}`;
      const planned = plans.flatMap((plan) => experimentsOf(plan, run, names));
      const { openExperiments } = await import("../langfuse/experiments.ts");
      try {
        experiments = await openExperiments({ ...config, langfuse }, planned, idInFile);
      } catch (error) {
        problem = (error as Error).message;
      }
    },
    publish({ suite }, item, trial) {
      if (!experiments) return trial;
      const { result } = trial;
      const { traceId, traceUrl } = experiments.add(names(suite.name, trial.trial), {
        item: item.id,
        traceId: result.trace_id,
        output: result.output,
        error: result.error && `${result.error.error}: ${result.error.message}`,
        latencyMs: result.latencyMs,
        scores: scoresOf(trial),
      });
      return { ...trial, result: { ...result, trace_id: result.trace_id || traceId, trace_url: traceUrl } };
    },
    async end() {
      problem ??= await experiments?.close();
      if (!experiments && problem === undefined) return undefined;
      const url = experiments?.url;
      const where = url === undefined ? "" : ` at ${url}`;
      if (problem === undefined) return { text: `Langfuse: the experiments are${where}`, ...(url && { url }) };
      const what = url === undefined ? "nothing was sent" : "not all was sent";
      return { text: `Langfuse: ${what}${where}. ${problem}`, ...(url && { url }), problem };
    },
  };
}

/** What a dataset is called in Langfuse: its file's name without the ending. */
export function datasetName(file: string): string {
  return basename(file, extname(file));
}

/** One for each trial: of an item, Langfuse reads one result in an experiment. */
function experimentsOf(
  { suite, dataset, items, trials }: Planned,
  { run, model, commit, dirty }: RunRecord,
  nameOf: (suite: string, trial: number) => string,
): ExperimentPlan[] {
  return Array.from({ length: trials }, (_, trial) => ({
    name: nameOf(suite.name, trial),
    dataset: dataset.file === undefined ? suite.name : datasetName(dataset.file),
    metadata: { run, suite: suite.name, trial: trial + 1, model, commit, dirty, dataset_hash: dataset.hash },
    items: items.map(toLangfuse),
  }));
}

/** What was skipped is not scored; what could not be scored, and all of a run that failed, is 0. */
function scoresOf({ scores, passed }: Trial) {
  const given = scores.filter(({ skipped }) => skipped === undefined);
  const own = given.map(({ name, value, comment, error }) => {
    const said = error ?? comment;
    return { name, value, ...(said !== undefined && { comment: said }) };
  });
  return passed === undefined ? own : [{ name: "pass", value: passed }, ...own];
}
