/** Reads a run's files back: people may edit them, so that what the reports rely on is checked. */
import { z } from "zod";
import type { RunRecord, Trial } from "../contract.ts";

const count = z.number().min(0);
const usage = z.looseObject({ input_tokens: count, output_tokens: count });
const estimate = z.looseObject({ value: z.number(), low: z.number(), high: z.number() });

const Score = z.looseObject({ name: z.string(), value: z.number(), passed: z.boolean().optional() });

const StoredTrial = z.looseObject({
  suite: z.string(),
  item: z.string(),
  item_hash: z.string(),
  group: z.string().optional(),
  trial: z.int().min(0),
  result: z.looseObject({
    output: z.string(),
    messages: z.array(z.looseObject({ type: z.string() })),
    values: z.looseObject({}),
    nodes: z.array(z.string()),
    toolCalls: z.array(z.looseObject({ name: z.string(), args: z.looseObject({}) })),
    interrupts: z.array(z.unknown()),
    usage,
    latencyMs: z.number(),
    error: z.looseObject({ error: z.string(), message: z.string() }).optional(),
  }),
  scores: z.array(Score),
  passed: z.boolean().optional(),
});

const Suite = z.looseObject({
  suite: z.string(),
  dataset: z.looseObject({ name: z.string(), hash: z.string(), items: count }),
  trials: count,
  deterministic: z.boolean(),
  scores: z.array(z.looseObject({ name: z.string(), scored: count, rate: estimate.optional() })),
  passAt: z.array(z.looseObject({})),
  gates: z.array(z.looseObject({ gate: z.string(), status: z.enum(["held", "failed", "skipped"]) })),
  errors: count,
  missing: z.number(),
  cost: z.number().optional(),
  usage,
  problems: z.array(z.looseObject({ message: z.string() })),
});

const StoredRecord = z.looseObject({
  run: z.string(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().optional(),
  status: z.enum(["complete", "partial"]),
  model: z.string(),
  commit: z.string(),
  settings: z.looseObject({ suites: z.array(z.string()), concurrency: z.int().min(1) }),
  seed: z.number(),
  suites: z.array(Suite),
});

/**
 * Reads a line of results.jsonl.
 * @returns the trial; else what is wrong with the line, as "is not JSON", to be written behind its place
 */
export function readTrial(line: string): Trial | string {
  return read<Trial>(line, StoredTrial);
}

/**
 * Reads the text of run.json.
 * @returns the record; else what is wrong with the text, as `readTrial` says it
 */
export function readRecordText(text: string): RunRecord | string {
  return read<RunRecord>(text, StoredRecord);
}

/** The value as it was written, if it has the shape. */
function read<Value>(text: string, shape: z.ZodType): Value | string {
  let value: Value;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  const { error } = shape.safeParse(value);
  if (!error) return value;
  const [issue] = error.issues;
  return `is not what a run has there: ${[issue?.path.join("."), issue?.message].filter(Boolean).join(": ")}`;
}
