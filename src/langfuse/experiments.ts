/**
 * Eval runs as experiments in Langfuse, over its REST API and its spans.
 *
 *   dataset, items ─▶ spans of each item's run name experiment and item (what Langfuse 4 goes by)
 *                 ─▶ each trace is linked to its item as a dataset run (what Langfuse 3 goes by) ─▶ scores of the trace
 *
 * Not by the client's `experiment.run`: it leaves out items whose task throws, and wants to make the traces itself.
 * What is sent waits behind the eval run, which it neither stops nor fails: the first call that Langfuse does not
 * answer is the last.
 */
import { LangfuseOtelSpanAttributes as names } from "@langfuse/tracing";
import { pino } from "pino";
import { z } from "zod";
import { type Config, currentConfig } from "../config.ts";
import { langfuseApi } from "./api.ts";
import { contentOf } from "./content.ts";
import {
  accepted,
  type LangfuseItem,
  langfuseIds,
  openDataset,
  refusal,
  type StoredDataset,
  type StoredItem,
  writeItems,
} from "./datasets.ts";
import { createProvider } from "./provider.ts";
import { createScoreReceiver, type Scored } from "./scores.ts";
import { spanIdOf } from "./spans.ts";
import type { ExperimentSpans } from "./tracing.ts";
import { writeRoot } from "./written-trace.ts";

/** One trial of each item of a dataset: Langfuse reads one result for an item of an experiment. */
export interface ExperimentPlan {
  /** Unique in the project. */
  readonly name: string;
  readonly dataset: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly items: readonly LangfuseItem[];
}

/** What an item came to. */
export interface ExperimentResult {
  readonly item: string;
  /** "" where no run was traced. */
  readonly traceId: string;
  readonly output: string;
  readonly error?: string | undefined;
  readonly latencyMs: number;
  readonly scores: readonly { readonly name: string; readonly value: number | boolean; readonly comment?: string }[];
}

export interface Experiments {
  /** Where a person finds them. */
  readonly url: string;
  /** What the spans of an item's run say; undefined for an experiment or item that was not planned. */
  spansOf(experiment: string, item: string, traceId: string): ExperimentSpans | undefined;
  /** Takes a result in to be sent, and says where its trace can be read. */
  add(experiment: string, result: ExperimentResult): { readonly traceId: string; readonly traceUrl: string };
  /** Sends what waits, within its limit of time. @returns why not all has been sent, in words */
  close(): Promise<string | undefined>;
}

const batchResults = 8;
const attempts = 2;
/** For all that waits when the eval run is over. */
const closeMs = 20_000;
/** Of a score's comment. */
const commentChars = 2_000;

/**
 * Makes the datasets and begins to write their items.
 * @param idOf the id that a stored item has in its file
 * @throws SignalboxError "outgoing-failed" or "outgoing-timeout" where Langfuse does not answer: nothing is sent then
 */
export async function openExperiments(
  config: Config & { readonly langfuse: NonNullable<Config["langfuse"]> },
  plans: readonly ExperimentPlan[],
  idOf: (stored: StoredItem) => string,
): Promise<Experiments> {
  const api = langfuseApi(config.langfuse);
  const receiver = createScoreReceiver(config.langfuse);
  const stop = new AbortController();
  const calls = { signal: stop.signal, attempts };
  const once = { attempts: 1 };
  const [project, ...datasets] = await Promise.all([
    api.get("/api/public/projects", once).then((answer) => accepted(Projects, answer, "the project")),
    ...[...new Set(plans.map(({ dataset }) => dataset))].map((name) => openDataset(api, name, once)),
  ]);
  const projectUrl = `${config.langfuse.baseUrl}/project/${project.data[0].id}`;
  const targets = new Map(plans.map((plan) => [plan.name, targetOf(plan, datasets, idOf)]));
  const traced = new Set<string>();
  const waiting: { readonly target: Target; readonly result: ExperimentResult }[] = [];
  const links = { taken: 0, refused: [] as string[] };
  const refused: string[] = [];
  let problem: string | undefined;
  let provider: ReturnType<typeof createProvider> | undefined;
  let sending: Promise<void> | undefined;
  const fail = (error: unknown) => {
    problem ??= error instanceof Error ? error.message : String(error);
  };
  const written = Promise.all(datasets.map((dataset) => writeDataset(dataset)));
  written.catch(fail);

  async function writeDataset(dataset: StoredDataset): Promise<void> {
    const own = [...targets.values()].filter((target) => target.dataset === dataset);
    const items = new Map(own.flatMap(({ plan }) => plan.items.map((item) => [item.id, item])));
    const options = { ...calls, idOf: langfuseIds(dataset, idOf) };
    refused.push(...(await writeItems(api, dataset, [...items.values()], options)).refused);
  }

  function spansOf(name: string, item: string, traceId: string): ExperimentSpans | undefined {
    const target = targets.get(name);
    if (!target?.items.has(item)) return undefined;
    traced.add(traceId);
    return spansOfItem(target, item, traceId);
  }

  async function sendWaiting(): Promise<void> {
    await written;
    while (waiting.length > 0 && problem === undefined) {
      const batch = waiting.splice(0, batchResults);
      await Promise.all(batch.map(link));
      const scores = batch.flatMap(({ result }) => scoresOf(result));
      const deliveries = await receiver.send(scores, stop.signal);
      refused.push(...deliveries.flatMap((delivery) => (delivery === "taken" ? [] : refusalOf(delivery))));
    }
  }

  /** Langfuse 4 has no dataset runs: it goes by what the spans say. */
  async function link({ target, result: { item, traceId } }: (typeof waiting)[number]): Promise<void> {
    const { plan, idOf: storedId } = target;
    const body = {
      runName: plan.name,
      metadata: plan.metadata,
      datasetItemId: storedId(item),
      traceId,
      observationId: spanIdOf(traceId),
    };
    const answer = await api.post("/api/public/dataset-run-items", body, calls);
    if (answer.status < 400) links.taken++;
    else links.refused.push(refusal(`the result of the item ${item}`, answer));
  }

  function wake(): void {
    sending ??= sendWaiting()
      .catch(fail)
      .finally(() => {
        sending = undefined;
        if (waiting.length > 0 && problem === undefined) wake();
      });
  }

  return {
    url: `${projectUrl}/datasets`,
    spansOf,
    add(name, given) {
      const target = targets.get(name);
      if (!target) throw new Error(`the experiment ${name} was not planned`);
      let result = given;
      if (!traced.has(given.traceId)) {
        // A function, or a run that never began: the experiment shows it all the same.
        provider ??= createProvider(config, pino({ level: "silent" }));
        const traceId = traceIdOf(name, given.item);
        const item = target.items.get(given.item);
        writeRoot(provider, {
          ...given,
          name: target.plan.dataset,
          traceId,
          input: item?.input,
          spans: spansOfItem(target, given.item, traceId),
        });
        result = { ...given, traceId };
      }
      if (problem === undefined) waiting.push({ target, result });
      wake();
      return { traceId: result.traceId, traceUrl: `${projectUrl}/traces/${result.traceId}` };
    },
    async close() {
      const limit = setTimeout(() => stop.abort(new Error(`not all was taken in ${closeMs / 1000} s`)), closeMs);
      await Promise.allSettled([written]);
      // What comes in while a round ends begins another.
      while (sending !== undefined) await sending;
      clearTimeout(limit);
      await provider?.drain();
      // Where no link is taken, this Langfuse has no dataset runs.
      return problem ?? [...refused, ...(links.taken > 0 ? links.refused : [])][0];
    },
  };
}

const Projects = z.object({ data: z.tuple([z.object({ id: z.string() })], z.unknown()) });

interface Target {
  readonly plan: ExperimentPlan;
  readonly dataset: StoredDataset;
  readonly items: ReadonlyMap<string, LangfuseItem>;
  /** Langfuse's id of an item. */
  idOf(item: string): string;
}

function targetOf(
  plan: ExperimentPlan,
  datasets: readonly StoredDataset[],
  idOf: (stored: StoredItem) => string,
): Target {
  const dataset = datasets.find(({ name }) => name === plan.dataset);
  if (!dataset) throw new Error(`the dataset ${plan.dataset} was not opened`);
  const items = new Map(plan.items.map((item) => [item.id, item]));
  return { plan, dataset, items, idOf: langfuseIds(dataset, idOf) };
}

/** @see https://langfuse.com/integrations/native/opentelemetry/experiments */
function spansOfItem({ plan, dataset, items, idOf }: Target, item: string, traceId: string): ExperimentSpans {
  const { traceValueChars } = currentConfig().limits;
  const expected = contentOf(items.get(item)?.expectedOutput, traceValueChars);
  return {
    all: {
      [names.EXPERIMENT_ID]: spanIdOf("experiment", plan.dataset, plan.name),
      [names.EXPERIMENT_NAME]: plan.name,
      [names.EXPERIMENT_METADATA]: JSON.stringify(plan.metadata),
      [names.EXPERIMENT_DATASET_ID]: dataset.id,
      [names.EXPERIMENT_ITEM_ID]: idOf(item),
      [names.EXPERIMENT_ITEM_ROOT_OBSERVATION_ID]: spanIdOf(traceId),
    },
    root: expected === undefined ? {} : { [names.EXPERIMENT_ITEM_EXPECTED_OUTPUT]: expected },
  };
}

function traceIdOf(experiment: string, item: string): string {
  return spanIdOf(experiment, item, "left") + spanIdOf(experiment, item, "right");
}

function scoresOf({ traceId, scores }: ExperimentResult): Scored[] {
  return scores.map(({ name, value, comment }) => ({
    owner: "eval",
    feedback_id: `${traceId}/${name}`,
    revision: 1,
    run_id: "",
    thread_id: "",
    trace_id: traceId,
    key: name,
    source: "eval",
    score: value,
    comment: comment === undefined ? null : comment.slice(0, commentChars),
    correction: null,
    updated_at: Date.now(),
  }));
}

function refusalOf(delivery: "again" | { readonly refused: string }): string {
  return delivery === "again" ? "Langfuse has not taken all scores" : `Langfuse refused a score: ${delivery.refused}`;
}
