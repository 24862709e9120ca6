/** /threads/:thread_id/state and /history: what a thread holds now, what it held, and changing it by hand. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { CheckpointReference, Engine, ThreadState } from "../../engine/contract.ts";
import { type Route, route } from "../route.ts";
import {
  checkpointReference,
  jsonObject,
  limit,
  metadata,
  optional,
  project,
  queryFlag,
  queryList,
  queryNumber,
  threadPath,
  uuid,
} from "./schemas.ts";
import { checkpointResult, threadStateResult } from "./schemas-results.ts";
import { command } from "./schemas-runs.ts";

const values = z.union([jsonObject, z.array(z.unknown())], { error: "must be an object or a list" });

/** One node's update of a superstep. */
export const stateUpdate = z.object({
  values: values.nullish(),
  as_node: optional(z.string()),
  command: optional(command),
});

const stateWrite = z.object({
  values: values.nullish(),
  as_node: optional(z.string()),
  checkpoint: optional(checkpointReference),
  checkpoint_id: optional(uuid),
});

/** A field of a state, or `values.KEY` for one key of its values. */
const stateField = z
  .string()
  .regex(/^(values(\..+)?|next|tasks|checkpoint|metadata|created_at|parent_checkpoint|interrupts)$/, {
    error: "must be a field of a state or values.KEY",
  });
const stateQuery = z.object({ subgraphs: queryFlag, select: queryList(stateField) });
const stateRequest = z.object({
  checkpoint: checkpointReference,
  subgraphs: optional(z.boolean()),
  select: optional(z.array(stateField)),
});

/** Where history starts: a checkpoint's id, its reference, or, as the SDKs send it, a config that holds one. */
const before = z
  .union([uuid, z.object({ configurable: checkpointReference }), checkpointReference], {
    error: "must be a checkpoint's id, a checkpoint, or a config with one",
  })
  .transform((given): CheckpointReference => {
    if (typeof given === "string") return { checkpoint_id: given };
    return "configurable" in given ? given.configurable : given;
  });
const historyRequest = z.object({
  limit: limit(1),
  before: optional(before),
  metadata: optional(metadata),
  checkpoint: optional(checkpointReference),
  select: optional(z.array(stateField)),
});
const historyQuery = z.object({
  limit: queryNumber(10, 1, limitTable.searchLimit.value),
  before: uuid.optional(),
  select: queryList(stateField),
});

export function threadStateRoutes({ threads }: Engine): Route[] {
  return [
    route({
      method: "get",
      path: "/threads/:thread_id/state",
      summary: "Read a thread's latest state.",
      params: threadPath,
      query: stateQuery,
      gives: threadStateResult.partial(),
      async answer({ owner, path, query: { subgraphs, select } }) {
        return { body: selected(await threads.state(owner, path.thread_id, { subgraphs }), select) };
      },
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/state/:checkpoint_id",
      summary: "Read a thread's state at a checkpoint.",
      params: threadPath.extend({ checkpoint_id: uuid }),
      query: stateQuery,
      gives: threadStateResult.partial(),
      async answer({ owner, path: { thread_id, checkpoint_id }, query: { subgraphs, select } }) {
        const state = await threads.state(owner, thread_id, { checkpoint: { checkpoint_id }, subgraphs });
        return { body: selected(state, select) };
      },
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/state/checkpoint",
      summary: "Read a thread's state at a checkpoint, which may be a subgraph's.",
      params: threadPath,
      body: stateRequest,
      gives: threadStateResult.partial(),
      async answer({ owner, path, body: { select, ...options } }) {
        return { body: selected(await threads.state(owner, path.thread_id, options), select) };
      },
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/state",
      summary: "Write values into a thread's state, as a node would.",
      params: threadPath,
      body: stateWrite,
      gives: z.object({ checkpoint: checkpointResult }),
      async answer({ owner, path, body: { checkpoint_id, ...update } }) {
        const checkpoint = { ...(checkpoint_id && { checkpoint_id }), ...update.checkpoint };
        const fork = Object.keys(checkpoint).length > 0 ? { checkpoint } : {};
        return { body: await threads.updateState(owner, path.thread_id, { ...update, ...fork }) };
      },
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/history",
      summary: "Read a thread's past states, the newest first.",
      params: threadPath,
      body: historyRequest,
      gives: z.array(threadStateResult.partial()),
      async answer({ owner, path, body: { select, ...options } }) {
        return {
          body: (await threads.history(owner, path.thread_id, options)).map((state) => selected(state, select)),
        };
      },
    }),
    route({
      method: "get",
      path: "/threads/:thread_id/history",
      summary: "Read a thread's past states, the newest first.",
      params: threadPath,
      query: historyQuery,
      gives: z.array(threadStateResult.partial()),
      async answer({ owner, path, query: { limit: most, before: id, select } }) {
        const options = { limit: most, ...(id && { before: { checkpoint_id: id } }) };
        return {
          body: (await threads.history(owner, path.thread_id, options)).map((state) => selected(state, select)),
        };
      },
    }),
  ];
}

function selected(state: ThreadState, fields: readonly string[] | undefined): Partial<ThreadState> {
  if (fields === undefined) return state;
  const keys = fields.filter((field) => field.startsWith("values.")).map((field) => field.slice("values.".length));
  if (keys.length === 0 || fields.includes("values")) return project(state, fields);
  return { ...project(state, fields), values: project(Object(state.values), keys) };
}
