/** The resources as clients read them: what /openapi.json says of answers, and what the tests hold answers against. */
import { z } from "zod";

const time = z.iso.datetime();
const object = z.record(z.string(), z.unknown());
const runError = z.object({ error: z.string(), message: z.string() }).nullable();

export const assistantResult = z.object({
  assistant_id: z.guid(),
  graph_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  config: object,
  context: object,
  metadata: object,
  version: z.int(),
  created_at: time,
  updated_at: time,
});

const interruptResult = z.looseObject({ id: z.string().optional(), value: z.unknown() });

export const threadResult = z.object({
  thread_id: z.guid(),
  created_at: time,
  updated_at: time,
  state_updated_at: time,
  metadata: object,
  config: object,
  status: z.enum(["idle", "busy", "interrupted", "error"]),
  values: z.unknown(),
  interrupts: z.record(z.string(), z.array(interruptResult)),
  error: runError,
});

export const runStatus = z.enum(["pending", "running", "error", "success", "timeout", "interrupted"]);

export const runResult = z.object({
  run_id: z.guid(),
  thread_id: z.guid(),
  assistant_id: z.guid(),
  status: runStatus,
  metadata: object,
  kwargs: object,
  multitask_strategy: z.enum(["reject", "rollback", "interrupt", "enqueue"]),
  trace_id: z.string().regex(/^[0-9a-f]{32}$/),
  attempt: z.int(),
  error: runError,
  created_at: time,
  updated_at: time,
});

export const feedbackResult = z.object({
  feedback_id: z.guid(),
  run_id: z.guid(),
  thread_id: z.guid(),
  graph_id: z.string(),
  trace_id: z.string(),
  key: z.string(),
  source: z.string(),
  score: z.union([z.number(), z.boolean(), z.string()]).nullable(),
  comment: z.string().nullable(),
  correction: z.unknown(),
  sent_at: time.nullable(),
  refusal: z.string().nullable(),
  created_at: time,
  updated_at: time,
});

export const checkpointResult = z.object({
  thread_id: z.guid().optional(),
  checkpoint_ns: z.string().optional(),
  checkpoint_id: z.string().optional(),
  checkpoint_map: object.nullish(),
});

const taskResult = z.object({
  id: z.string(),
  name: z.string(),
  path: z.unknown(),
  error: z.string().nullable(),
  interrupts: z.array(interruptResult),
  checkpoint: checkpointResult.nullable(),
  state: z.unknown(),
  result: z.unknown(),
});

export const threadStateResult = z.object({
  values: z.unknown(),
  next: z.array(z.string()),
  tasks: z.array(taskResult),
  metadata: object,
  created_at: time.nullable(),
  checkpoint: checkpointResult,
  parent_checkpoint: checkpointResult.nullable(),
  interrupts: z.array(interruptResult),
});

export const graphResult = z.object({ nodes: z.array(object), edges: z.array(object) });

export const graphSchemasResult = z.object({
  graph_id: z.string(),
  input_schema: object.nullable(),
  output_schema: object.nullable(),
  state_schema: object.nullable(),
  config_schema: object.nullable(),
  context_schema: object.nullable(),
});

export const itemResult = z.object({
  namespace: z.array(z.string()),
  key: z.string(),
  value: object,
  created_at: time,
  updated_at: time,
});

/** The final values, or what went wrong. */
export const valuesResult = z.unknown().meta({ description: "The final values; `{__error__}` where the run failed." });
