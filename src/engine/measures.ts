/**
 * Measures each attempt at a run, and writes the figures behind it:
 *
 *   observe ─▶ callbacks of models and tools ─▶ end ─▶ record ─┬─▶ buffer ─▶ run_measures, twice a second
 *                                                              └─▶ heard (the counters of /metrics)
 */
import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import type { Limits } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { deleteMeasures, insertMeasures, type MeasureRecord } from "../storage/tables/measures.ts";
import { createWriteBehind } from "./measures-buffer.ts";
import { MeasuringHandler } from "./measures-handler.ts";
import { type CostOf, cleanName, messagesSinceTask, routeOf, taskLength } from "./measures-values.ts";
import type { ObservedEnd, ObservedRun, RunObserver } from "./observer.ts";

export interface Measures extends RunObserver {
  /** Resolves when the figures of what has ended are in the database, or could not be written. */
  flush(): Promise<void>;
}

export interface MeasuresOptions {
  readonly database: Database;
  readonly limits: Pick<Limits, "measuresMs" | "measuresHeld">;
  readonly log: Logger;
  readonly costOf: CostOf;
  /** Told of each attempt as it ends. */
  readonly heard?: (record: MeasureRecord) => void;
}

/** What the last figures have to be written before the server stops, in ms. */
const drainMs = 2_000;
/** Between two deletions of what is too old. */
const cleaningMs = 60 * 60 * 1000;

export function createMeasures({ database, limits, log, costOf, heard }: MeasuresOptions): Measures {
  let cleaned = 0;
  const buffer = createWriteBehind<MeasureRecord>({ name: "measures of runs", write, most: limits.measuresHeld, log });

  async function write(records: readonly MeasureRecord[]): Promise<void> {
    await insertMeasures(database, records);
    const now = Date.now();
    if (now - cleaned < cleaningMs) return;
    cleaned = now;
    await deleteMeasures(database, now - limits.measuresMs);
  }

  return {
    observe(run) {
      const began = performance.now();
      const queueMs = run.attempt === 1 ? Math.max(0, run.began_at - run.created_at) : null;
      const handler = new MeasuringHandler(costOf);
      return {
        callbacks: [handler],
        within: (work) => work(),
        end(end) {
          const record = { ...measured(run, end, handler, began), queue_ms: queueMs };
          buffer.add(record);
          heard?.(record);
        },
      };
    },
    flush: buffer.flush,
    async drain() {
      await Promise.race([buffer.flush(), setTimeout(drainMs, undefined, { ref: false })]);
    },
  };
}

function measured(
  run: ObservedRun,
  { status, values, interrupts, error, ended_at }: ObservedEnd,
  handler: MeasuringHandler,
  began: number,
): Omit<MeasureRecord, "queue_ms"> {
  const inputChars = taskLength(run.input);
  // A run that goes on with a task would count again what the one before it has counted.
  if (inputChars !== undefined) handler.countRefusals(messagesSinceTask(values));
  const { models, tools, firstToken } = handler;
  return {
    owner: run.owner,
    run_id: run.run_id,
    attempt: run.attempt,
    thread_id: run.thread_id,
    assistant_id: run.assistant_id,
    graph_id: cleanName(run.graph_id),
    status,
    error: error ? cleanName(error.error) : null,
    ended_at: Date.now(),
    latency_ms: Math.round(ended_at === undefined ? performance.now() - began : ended_at - run.began_at),
    first_token_ms: firstToken === undefined ? null : Math.round(firstToken - began),
    input_chars: inputChars ?? null,
    route: routeOf(values) ?? null,
    interrupts: interrupts?.length ?? 0,
    models: Object.fromEntries(models),
    tools: Object.fromEntries(tools),
  };
}
