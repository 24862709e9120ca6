/** Records of runs for tests of what is made of them. */
import type { MeasureRecord, ModelMeasure } from "../../src/storage/tables/measures.ts";

let records = 0;

/** A run of ada's that ended well a minute ago, except for what is given. */
export function measure(fields: Partial<MeasureRecord> = {}): MeasureRecord {
  return {
    owner: "ada",
    run_id: `run-${String(++records).padStart(8, "0")}`,
    attempt: 1,
    thread_id: "thread",
    assistant_id: "assistant",
    graph_id: "react",
    status: "success",
    error: null,
    ended_at: Date.now() - 60_000,
    latency_ms: 100,
    queue_ms: 5,
    first_token_ms: null,
    input_chars: 10,
    route: null,
    interrupts: 0,
    models: {},
    tools: {},
    ...fields,
  };
}

/** One call of a model that ended well and cost nothing, except for what is given. */
export function modelCalls(fields: Partial<ModelMeasure> = {}): ModelMeasure {
  return {
    calls: 1,
    errors: 0,
    input_tokens: 0,
    output_tokens: 0,
    cost_nanodollars: 0,
    unpriced_calls: 0,
    latency_ms: [],
    first_token_ms: [],
    ...fields,
  };
}
