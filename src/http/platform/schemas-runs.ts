/** RunCreate: how a client asks for a run, and what the engine is asked for it. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { RunOptions, RunRequest } from "../../engine/contract.ts";
import { check } from "../validation.ts";
import {
  assistantId,
  checkpointReference,
  config,
  jsonObject,
  metadata,
  optional,
  storableText,
  unsupported,
  uuid,
} from "./schemas.ts";

const streamModes = [
  "values",
  "updates",
  "messages",
  "messages-tuple",
  "custom",
  "debug",
  "tasks",
  "checkpoints",
  "tools",
  "events",
] as const;
const streamModeError = { error: `must be one of ${streamModes.join(", ")}` };
/** All that the engine streams. */
export const streamMode = z.enum(streamModes, streamModeError);

const send = z.object({ node: z.string(), input: z.unknown() });
const goto = z.union([z.string(), send, z.array(z.union([z.string(), send]))], {
  error: "must be a node's name, {node, input}, or a list of these",
});
/** What a run does instead of taking input: answer interrupts, update the state, go to nodes. */
export const command = z.object({
  resume: z.unknown().optional(),
  update: optional(z.union([jsonObject, z.array(z.unknown())], { error: "must be an object or a list" })),
  goto: optional(goto),
});
const nodes = z.union([z.literal("*"), z.array(z.string())], { error: 'must be "*" or a list of node names' });

/** What feedback is given under. */
export const feedbackKey = storableText.min(1).max(limitTable.idChars.value);
const mostFeedbackKeys = 20;

export const runCreate = z.object({
  assistant_id: assistantId,
  input: z.unknown().optional(),
  command: optional(command),
  checkpoint: optional(checkpointReference),
  checkpoint_id: optional(uuid),
  config: optional(config),
  context: optional(jsonObject),
  metadata: optional(metadata),
  interrupt_before: optional(nodes),
  interrupt_after: optional(nodes),
  stream_mode: optional(
    z.union([streamMode.transform((mode) => [mode]), z.array(streamMode)], {
      error: `${streamModeError.error}, or a list of these`,
    }),
  ),
  stream_subgraphs: optional(z.boolean()),
  stream_resumable: optional(z.boolean()),
  on_disconnect: optional(z.enum(["cancel", "continue"])),
  on_completion: optional(z.enum(["delete", "keep"])),
  multitask_strategy: optional(z.enum(["reject", "rollback", "interrupt", "enqueue"])),
  if_not_exists: optional(z.enum(["create", "reject"])),
  durability: optional(z.enum(["sync", "async", "exit"])),
  checkpoint_during: optional(z.boolean()).meta({ deprecated: true }),
  webhook: unsupported(() => false),
  after_seconds: unsupported((seconds) => seconds === 0),
  feedback_keys: optional(z.array(feedbackKey).max(mostFeedbackKeys)),
});

/** The SDKs' createBatch sends the names of their own options, in camel case. */
export const runBatch = z.array(z.preprocess(withSnakeCaseNames, runCreate)).min(1).max(limitTable.searchLimit.value);

export type RunCreate = z.output<typeof runCreate>;

const headersNotPassedOn: ReadonlySet<string> = new Set(["x-api-key", "x-tenant-id", "x-service-key"]);

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, { error: "must be 1 to 255 printable ASCII characters" })
  .optional();

/** Where the request's headers are read from. */
interface HeaderSource {
  headers: Record<string, string | string[] | undefined>;
}

/** What the engine is asked for. */
export function runRequest(body: RunCreate): RunRequest {
  const { on_disconnect: _, checkpoint_during, durability, ...rest } = body;
  const chosen = durability ?? durabilityOf(checkpoint_during);
  return chosen === undefined ? rest : { ...rest, durability: chosen };
}

/** The request's Idempotency-Key, if it has one. */
export function idempotencyKeyOf({ headers }: HeaderSource): string | undefined {
  return check(idempotencyKey, headers["idempotency-key"], "Idempotency-Key");
}

/** What the request's headers say to the engine: the client's own (x-*), the Idempotency-Key, and the server's name. */
export function runOptions(request: HeaderSource): RunOptions {
  const { headers } = request;
  const key = idempotencyKeyOf(request);
  const passed = Object.entries(headers).filter(
    ([name]) => name === "user-agent" || (name.startsWith("x-") && !headersNotPassedOn.has(name)),
  );
  const { host } = headers;
  return {
    headers: Object.fromEntries(passed),
    ...(typeof host === "string" && { baseUrl: `http://${host}` }),
    ...(key !== undefined && { idempotencyKey: key }),
  };
}

function durabilityOf(checkpointDuring: boolean | undefined): RunRequest["durability"] {
  if (checkpointDuring === undefined) return undefined;
  return checkpointDuring ? "async" : "exit";
}

function withSnakeCaseNames(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}
