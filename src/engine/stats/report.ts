/** What the statistics say: the answer of GET /stats and of `signalbox stats --json`. Durations are ms, shares 0 to 1. */

/** Nearest-rank quantiles; null where nothing was measured. */
export interface Spread {
  p50: number;
  p95: number;
  count: number;
}

export interface Cost {
  /** US dollars of the calls whose price is known: at least so much. Null where no call's is. */
  dollars: number | null;
  /** Calls that succeeded at an unknown price. */
  unknown_calls: number;
}

export interface Tokens {
  input_tokens: number;
  output_tokens: number;
  cost: Cost;
}

export interface RunFigures extends Tokens {
  /** Runs that ended; attempts that went on in another one are not counted, but what they used is. */
  runs: number;
  /** Runs that ended as `error` or `timeout`. */
  errors: number;
  /** errors / runs; null without runs. */
  error_rate: number | null;
  /** Runs that were cancelled. */
  cancelled: number;
  /** Runs that wait at an interrupt. */
  paused: number;
  latency_ms: Spread | null;
  queue_ms: Spread | null;
  first_token_ms: Spread | null;
  model_calls: number;
  tool_calls: number;
  tool_failures: number;
}

export interface ToolFigures {
  tool: string;
  calls: number;
  failures: number;
}

export interface FeedbackFigures {
  key: string;
  mean: number;
  count: number;
}

export interface GraphFigures extends RunFigures {
  graph_id: string;
  tools: ToolFigures[];
  feedback: FeedbackFigures[];
  drift: GraphDrift;
}

export interface ModelFigures extends Tokens {
  model: string;
  /** Runs that called it. */
  runs: number;
  calls: number;
  errors: number;
  error_rate: number | null;
  /** Of calls that succeeded. */
  latency_ms: Spread | null;
  /** Of calls that streamed text. */
  first_token_ms: Spread | null;
}

/** One stretch of the time that is looked at. */
export interface TimeFigures extends Tokens {
  start: string;
  runs: number;
  errors: number;
  latency_ms: Spread | null;
}

export type DriftVerdict = "stable" | "moderate" | "significant" | "insufficient data";

export interface Drift {
  verdict: DriftVerdict;
  /** The population stability index; null where there are too few data. */
  psi: number | null;
  /** What chance alone gives on average where nothing has changed. */
  by_chance: number | null;
  /** What was compared: runs, or calls of tools. */
  baseline_count: number;
  current_count: number;
}

export interface GraphDrift {
  input_length: Drift;
  routes: Drift;
  tools: Drift;
}

export interface Live {
  /** Runs that wait for their turn, and runs that execute. */
  pending: number;
  running: number;
  /** Streams that are open to clients; null where no server was asked. */
  open_streams: number | null;
}

export interface StatsReport {
  since: string;
  until: string;
  /** The time before `since` that drift is measured against starts here. */
  baseline_since: string;
  /** False where there were more runs than are read: the figures are those of the newest. */
  complete: boolean;
  total: RunFigures;
  graphs: GraphFigures[];
  models: ModelFigures[];
  /** Oldest first, all of the same length, those without runs too. */
  series: { step_ms: number; points: TimeFigures[] };
  live: Live;
}
