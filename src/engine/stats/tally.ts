/** Adds up the measures of attempts into the figures of graphs, models and stretches of time. */
import type { MeasureRecord, ModelMeasure } from "../../storage/tables/measures.ts";
import { costOf, rate, spread } from "./numbers.ts";
import type { ModelFigures, RunFigures, TimeFigures, Tokens, ToolFigures } from "./report.ts";

export interface RunTally {
  add(record: MeasureRecord): void;
  /** By name. */
  readonly tools: ReadonlyMap<string, ToolFigures>;
  figures(): RunFigures;
}

/** True for an attempt that was its run's last: others only used something. */
export function isEnd({ status }: Pick<MeasureRecord, "status">): boolean {
  return status !== "retried";
}

/** The runs of a graph, of a stretch of time, or all. */
export function createRunTally(): RunTally {
  const usage = createUsage();
  const tools = new Map<string, ToolFigures>();
  const latencies: number[] = [];
  const queues: number[] = [];
  const firstTokens: number[] = [];
  const counts = { runs: 0, errors: 0, cancelled: 0, paused: 0 };
  return {
    tools,
    add(record) {
      for (const measure of Object.values(record.models)) usage.add(measure);
      for (const [tool, { calls, failures }] of Object.entries(record.tools)) {
        const sum = tools.get(tool) ?? { tool, calls: 0, failures: 0 };
        tools.set(tool, { tool, calls: sum.calls + calls, failures: sum.failures + failures });
      }
      if (!isEnd(record)) return;
      counts.runs++;
      if (record.status === "error" || record.status === "timeout") counts.errors++;
      if (record.status === "interrupted") counts.cancelled++;
      if (record.interrupts > 0) counts.paused++;
      // How long somebody waited before they cancelled says nothing of the graph, nor does a run that never began.
      if (record.status !== "interrupted") latencies.push(record.latency_ms);
      if (record.queue_ms !== null) queues.push(record.queue_ms);
      if (record.first_token_ms !== null) firstTokens.push(record.first_token_ms);
    },
    figures: () => ({
      ...counts,
      error_rate: rate(counts.errors, counts.runs),
      latency_ms: spread(latencies),
      queue_ms: spread(queues),
      first_token_ms: spread(firstTokens),
      model_calls: usage.calls().calls,
      ...usage.figures(),
      tool_calls: sumOf(tools.values(), ({ calls }) => calls),
      tool_failures: sumOf(tools.values(), ({ failures }) => failures),
    }),
  };
}

/** The calls of one model. */
export function createModelTally() {
  const usage = createUsage();
  const runs = new Set<string>();
  const latencies: number[] = [];
  const firstTokens: number[] = [];
  return {
    add(runId: string, measure: ModelMeasure): void {
      runs.add(runId);
      usage.add(measure);
      latencies.push(...measure.latency_ms);
      firstTokens.push(...measure.first_token_ms);
    },
    figures(): Omit<ModelFigures, "model"> {
      const { calls, errors } = usage.calls();
      return {
        runs: runs.size,
        calls,
        errors,
        error_rate: rate(errors, calls),
        latency_ms: spread(latencies),
        first_token_ms: spread(firstTokens),
        ...usage.figures(),
      };
    },
  };
}

/** Stretches of time of `stepMs` each, with their runs. */
export function createTimeTally(since: number, until: number, stepMs: number) {
  const stretches = Array.from({ length: Math.ceil((until - since) / stepMs) }, createRunTally);
  return {
    add(record: MeasureRecord): void {
      stretches[Math.floor((record.ended_at - since) / stepMs)]?.add(record);
    },
    figures: (): TimeFigures[] =>
      stretches.map((stretch, index) => {
        const { runs, errors, latency_ms, input_tokens, output_tokens, cost } = stretch.figures();
        const start = new Date(since + index * stepMs).toISOString();
        return { start, runs, errors, latency_ms, input_tokens, output_tokens, cost };
      }),
  };
}

/** Calls, tokens and cost. */
function createUsage() {
  const sum = { calls: 0, errors: 0, input_tokens: 0, output_tokens: 0, cost_nanodollars: 0, unpriced_calls: 0 };
  const names = Object.keys(sum) as (keyof typeof sum)[];
  return {
    add(measure: ModelMeasure): void {
      for (const name of names) sum[name] += measure[name];
    },
    calls: () => ({ calls: sum.calls, errors: sum.errors }),
    figures(): Tokens {
      const { calls, errors, input_tokens, output_tokens, cost_nanodollars, unpriced_calls } = sum;
      const cost = costOf(cost_nanodollars, calls - errors - unpriced_calls, unpriced_calls);
      return { input_tokens, output_tokens, cost };
    },
  };
}

function sumOf<Item>(items: Iterable<Item>, value: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += value(item);
  return total;
}
