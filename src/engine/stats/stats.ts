/** Reads the measures of a time, and of the time before it, and says what they come to. */
import { setImmediate } from "node:timers/promises";
import type { Limits } from "../../config.ts";
import type { Database } from "../../storage/database.ts";
import { feedbackMeans } from "../../storage/tables/feedback.ts";
import { countRuns, type MeasureFilter, type MeasureRecord, readMeasures } from "../../storage/tables/measures.ts";
import { activeStatuses } from "../status.ts";
import type { GraphFigures, Live, StatsReport } from "./report.ts";
import { addSample, createSamples, driftOf, type Samples } from "./samples.ts";
import { createModelTally, createRunTally, createTimeTally } from "./tally.ts";
import { baselineMs, stepOf } from "./window.ts";

export interface StatsOptions {
  /** Whose runs; left out: everybody's. */
  readonly owner?: string | undefined;
  readonly graph?: string | undefined;
  /** How far back, in ms. */
  readonly sinceMs: number;
}

const pageRows = 500;

/** @param limits.statsRuns how many runs are read: of the time, and again of the baseline */
export async function readStats(
  database: Database,
  { owner, graph, sinceMs }: StatsOptions,
  limits: Pick<Limits, "statsRuns">,
): Promise<StatsReport> {
  const until = Date.now() + 1;
  const since = until - sinceMs;
  const filter = { owner, graph_id: graph };
  const stepMs = stepOf(since, until);
  const total = createRunTally();
  const graphs = new Map<string, ReturnType<typeof createRunTally>>();
  const models = new Map<string, ReturnType<typeof createModelTally>>();
  const time = createTimeTally(since, until, stepMs);
  const current = new Map<string, Samples>();
  const baseline = new Map<string, Samples>();

  const complete = await eachMeasure(database, { ...filter, since, until }, limits.statsRuns, (record) => {
    total.add(record);
    entry(graphs, record.graph_id, createRunTally).add(record);
    for (const [model, measure] of Object.entries(record.models))
      entry(models, model, createModelTally).add(record.run_id, measure);
    time.add(record);
    addSample(entry(current, record.graph_id, createSamples), record);
  });
  const before = { ...filter, since: since - baselineMs, until: since };
  await eachMeasure(database, before, limits.statsRuns, (record) => {
    addSample(entry(baseline, record.graph_id, createSamples), record);
  });
  const feedback = (await feedbackMeans(database, { since, ...(owner !== undefined && { owner }) })).filter(
    ({ graph_id }) => graph === undefined || graph_id === graph,
  );
  const graphIds = [...new Set([...graphs.keys(), ...feedback.map(({ graph_id }) => graph_id)])].toSorted();

  return {
    since: new Date(since).toISOString(),
    until: new Date(until).toISOString(),
    baseline_since: new Date(since - baselineMs).toISOString(),
    complete,
    total: total.figures(),
    graphs: graphIds.map((graph_id): GraphFigures => {
      const tally = entry(graphs, graph_id, createRunTally);
      return {
        graph_id,
        ...tally.figures(),
        tools: [...tally.tools.values()].toSorted((one, other) => other.calls - one.calls),
        feedback: feedback
          .filter((mean) => mean.graph_id === graph_id)
          .map(({ key, mean, count }) => ({ key, mean, count })),
        drift: driftOf(entry(baseline, graph_id, createSamples), entry(current, graph_id, createSamples)),
      };
    }),
    models: [...models]
      .map(([model, tally]) => ({ model, ...tally.figures() }))
      .toSorted((one, other) => other.calls - one.calls),
    series: { step_ms: stepMs, points: time.figures() },
    live: { ...(await queue(database, owner)), open_streams: null },
  };
}

/** How many runs wait, and how many execute. */
export async function queue(database: Database, owner?: string): Promise<Pick<Live, "pending" | "running">> {
  const counts = await countRuns(database, activeStatuses, owner);
  const inStatus = (status: string) => counts.find((count) => count.status === status)?.runs ?? 0;
  return { pending: inStatus("pending"), running: inStatus("running") };
}

/** Hands over each record, newest first, until there are no more or `most` have been read. @returns whether all were */
async function eachMeasure(
  database: Database,
  filter: MeasureFilter,
  most: number,
  take: (record: MeasureRecord) => void,
): Promise<boolean> {
  let before: MeasureRecord | undefined;
  for (let left = most; ; left -= pageRows) {
    if (left <= 0) return false;
    const page = await readMeasures(database, filter, { before, limit: Math.min(pageRows, left) });
    for (const record of page) take(record);
    if (page.length < Math.min(pageRows, left)) return true;
    before = page.at(-1);
    // SQLite answers without a pause: whoever else wants the event loop gets it between two pages.
    await setImmediate();
  }
}

function entry<Value>(entries: Map<string, Value>, name: string, create: () => Value): Value {
  const value = entries.get(name) ?? create();
  entries.set(name, value);
  return value;
}
