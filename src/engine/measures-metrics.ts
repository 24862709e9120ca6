/** The counters of /metrics: what this process has run since its start, in Prometheus' format. */
import type { Registry } from "prom-client";
import type { Database } from "../storage/database.ts";
import { feedbackMeans } from "../storage/tables/feedback.ts";
import type { MeasureRecord } from "../storage/tables/measures.ts";
import { queue } from "./stats/stats.ts";

export interface Metrics {
  count(record: MeasureRecord): void;
  /** @param openStreams how many streams this server's clients have open */
  text(openStreams: number): Promise<{ text: string; contentType: string }>;
}

/** Names that users choose (models, tools, keys of feedback) as labels: each kind gets so many, then "other". */
const mostNames = 50;
/** Runs that are counted later, since the library is loaded when somebody asks, or when there are so many. */
const mostUncounted = 1_000;
const runSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const tokenSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32];
const feedbackMs = 24 * 60 * 60 * 1000;

export function createMetrics(database: Database): Metrics {
  let uncounted: MeasureRecord[] = [];
  let loaded: Promise<Counters> | undefined;

  /** All that was heard so far is counted when it resolves. */
  async function counters(): Promise<Counters> {
    loaded ??= createCounters();
    const ready = await loaded;
    for (const record of uncounted) ready.count(record);
    uncounted = [];
    return ready;
  }

  return {
    count(record) {
      uncounted.push(record);
      if (loaded || uncounted.length >= mostUncounted) void counters();
    },
    async text(openStreams) {
      const { registry, observe } = await counters();
      const [{ pending, running }, feedback] = await Promise.all([
        queue(database),
        feedbackMeans(database, { since: Date.now() - feedbackMs }),
      ]);
      observe({ openStreams, pending, running, feedback });
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

/** What is so at this moment. */
interface Moment {
  readonly openStreams: number;
  readonly pending: number;
  readonly running: number;
  readonly feedback: Awaited<ReturnType<typeof feedbackMeans>>;
}

interface Counters {
  readonly registry: Registry;
  count(record: MeasureRecord): void;
  observe(moment: Moment): void;
}

async function createCounters(): Promise<Counters> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name: `signalbox_${name}`, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `signalbox_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `signalbox_${name}`, help, labelNames: ["graph"], buckets, registers });

  const ofModel = ["graph", "model"] as const;
  const ofTool = ["graph", "tool"] as const;
  const runs = counter("runs_total", "Runs that ended, and attempts that went on in another one.", ["graph", "status"]);
  const duration = histogram("run_duration_seconds", "From a run's beginning to its end.", runSeconds);
  const firstToken = histogram(
    "time_to_first_token_seconds",
    "From a run's beginning to its first text.",
    tokenSeconds,
  );
  const calls = counter("model_calls_total", "Calls of models that ended.", [...ofModel, "outcome"]);
  const tokens = counter("tokens_total", "Tokens that models read and wrote.", [...ofModel, "direction"]);
  const cost = counter("cost_dollars_total", "What calls cost whose price is known, in US dollars.", [...ofModel]);
  const unpriced = counter("unpriced_calls_total", "Calls whose cost is not known.", [...ofModel]);
  const toolCalls = counter("tool_calls_total", "Calls of tools that ended.", [...ofTool]);
  const toolFailures = counter("tool_failures_total", "Calls of tools that failed.", [...ofTool]);
  const openStreams = gauge("open_streams", "Streams that are open to clients.");
  const queueDepth = gauge("queue_depth", "Runs that wait for their turn.");
  const activeRuns = gauge("active_runs", "Runs that execute.");
  const feedbackMean = gauge("feedback_mean", "Mean score of the last 24 hours.", ["graph", "key"]);
  const feedbackScores = gauge("feedback_scores", "Scores of the last 24 hours.", ["graph", "key"]);
  const [modelNames, toolNames, feedbackKeys] = [createNames(), createNames(), createNames()];

  return {
    registry,
    count(record) {
      const graph = record.graph_id;
      runs.inc({ graph, status: record.status });
      if (record.status !== "retried" && record.status !== "interrupted")
        duration.observe({ graph }, record.latency_ms / 1000);
      if (record.first_token_ms !== null) firstToken.observe({ graph }, record.first_token_ms / 1000);
      for (const [name, measure] of Object.entries(record.models)) {
        const labels = { graph, model: modelNames(name) };
        calls.inc({ ...labels, outcome: "success" }, measure.calls - measure.errors);
        calls.inc({ ...labels, outcome: "error" }, measure.errors);
        tokens.inc({ ...labels, direction: "input" }, measure.input_tokens);
        tokens.inc({ ...labels, direction: "output" }, measure.output_tokens);
        // A cost of nothing would be a statement where no price is known.
        if (measure.calls - measure.errors > measure.unpriced_calls) cost.inc(labels, measure.cost_nanodollars / 1e9);
        unpriced.inc(labels, measure.unpriced_calls);
      }
      for (const [name, measure] of Object.entries(record.tools)) {
        const labels = { graph, tool: toolNames(name) };
        toolCalls.inc(labels, measure.calls);
        toolFailures.inc(labels, measure.failures);
      }
    },
    observe(moment) {
      openStreams.set(moment.openStreams);
      queueDepth.set(moment.pending);
      activeRuns.set(moment.running);
      feedbackMean.reset();
      feedbackScores.reset();
      for (const { graph_id, key, mean, count } of moment.feedback) {
        const labels = { graph: graph_id, key: feedbackKeys(key) };
        if (labels.key === "other") continue;
        feedbackMean.set(labels, mean);
        feedbackScores.set(labels, count);
      }
    },
  };
}

/** Lets the first names through, and calls all later ones "other". */
function createNames(): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.size < mostNames) known.add(name);
    return known.has(name) ? name : "other";
  };
}
