/** The shape of GET /stats, for /openapi.json. */
import { z } from "zod";
import type { StatsReport } from "../../engine/stats/report.ts";

const count = z.int();
const share = z.number().nullable();
const spread = z.object({ p50: z.number(), p95: z.number(), count }).nullable();
const tokens = {
  input_tokens: count,
  output_tokens: count,
  cost: z.object({
    dollars: z.number().nullable().meta({ description: "Of the calls whose price is known; null where none is." }),
    unknown_calls: count,
  }),
};
const runFigures = {
  ...tokens,
  runs: count,
  errors: count,
  error_rate: share,
  cancelled: count,
  paused: count,
  latency_ms: spread,
  queue_ms: spread,
  first_token_ms: spread,
  model_calls: count,
  tool_calls: count,
  tool_failures: count,
};
const drift = z.object({
  verdict: z.enum(["stable", "moderate", "significant", "insufficient data"]),
  psi: z.number().nullable(),
  by_chance: z.number().nullable(),
  baseline_count: count,
  current_count: count,
});

export const statsResult = z.object({
  since: z.string(),
  until: z.string(),
  baseline_since: z.string(),
  complete: z.boolean(),
  total: z.object(runFigures),
  graphs: z.array(
    z.object({
      graph_id: z.string(),
      ...runFigures,
      tools: z.array(z.object({ tool: z.string(), calls: count, failures: count })),
      feedback: z.array(z.object({ key: z.string(), mean: z.number(), count })),
      drift: z.object({ input_length: drift, routes: drift, tools: drift }),
    }),
  ),
  models: z.array(
    z.object({
      model: z.string(),
      runs: count,
      calls: count,
      errors: count,
      error_rate: share,
      latency_ms: spread,
      first_token_ms: spread,
      ...tokens,
    }),
  ),
  series: z.object({
    step_ms: count,
    points: z.array(z.object({ start: z.string(), runs: count, errors: count, latency_ms: spread, ...tokens })),
  }),
  live: z.object({ pending: count, running: count, open_streams: count.nullable() }),
}) satisfies z.ZodType<StatsReport>;
