/** What is read back from a run's files, which people may edit: only what has the shape that the engine relies on. */
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

const StoredRun = z.looseObject({
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

/** A line of results.jsonl. @returns why it is none, in words that go on from its place */
export function readTrial(line: string): Trial | string {
  return read(line, StoredTrial, z.custom<Trial>());
}

/** The text of run.json. @returns why it is none */
export function readRecordText(text: string): RunRecord | string {
  return read(text, StoredRun, z.custom<RunRecord>());
}

/** The shape is checked; what is given is the value as it was written, under the type that was written. */
function read<Value>(text: string, shape: z.ZodType, type: z.ZodType<Value>): Value | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "is not JSON";
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return type.parse(value);
  const [issue] = parsed.error.issues;
  return `is not what a run has there: ${[issue?.path.join("."), issue?.message].filter(Boolean).join(": ")}`;
}
