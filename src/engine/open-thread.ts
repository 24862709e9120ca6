/** A thread's state through its graph: read at any checkpoint, listed, written. */
import type { StateSnapshot } from "@langchain/langgraph";
import { SignalboxError } from "../errors.ts";
import { createCheckpointer } from "../storage/checkpointer.ts";
import { createStore } from "../storage/memory.ts";
import { findThread, type ThreadRecord } from "../storage/tables/threads.ts";
import { bindGraph } from "./bind.ts";
import type { CheckpointReference, JsonObject } from "./contract.ts";
import type { EngineParts } from "./parts.ts";

/** One superstep to write: what each of these nodes would have put into the state. */
export interface SuperstepUpdate {
  updates: { values?: Record<string, unknown> | null; asNode?: string }[];
}

export interface OpenThreadState {
  read(checkpoint: CheckpointReference, options?: { subgraphs?: boolean }): Promise<StateSnapshot>;
  /** Newest first. */
  history(
    checkpoint: CheckpointReference,
    options: { limit: number; before?: CheckpointReference; filter?: JsonObject },
  ): AsyncIterable<StateSnapshot>;
  write(checkpoint: CheckpointReference, supersteps: SuperstepUpdate[]): Promise<CheckpointReference>;
}

/** Binds the thread's graph to its checkpoints. */
export async function openThreadState(
  parts: EngineParts,
  owner: string,
  thread: { thread_id: string; graph_id: string; configurable: JsonObject },
): Promise<OpenThreadState> {
  const { thread_id, graph_id, configurable } = thread;
  const graph = await parts.graphs.get(graph_id, { configurable });
  const store = createStore(parts.database, { owner });
  const bound = bindGraph(graph, createCheckpointer(parts.database, { owner }), store);
  const at = (checkpoint: CheckpointReference) => ({ configurable: { ...checkpoint, thread_id } });
  return {
    read: (checkpoint, options) => bound.getState(at(checkpoint), options),
    history: (checkpoint, { before, ...options }) =>
      bound.getStateHistory(at(checkpoint), { ...options, ...(before && { before: at(before) }) }),
    async write(checkpoint, supersteps) {
      const config = { ...at(checkpoint), metadata: { thread_id, graph_id } };
      const written = await bound.bulkUpdateState(config, supersteps);
      return (written.configurable ?? {}) as CheckpointReference;
    },
  };
}

/** @throws SignalboxError "thread-not-found", also for a thread of somebody else */
export async function requireThread(parts: EngineParts, owner: string, threadId: string): Promise<ThreadRecord> {
  const thread = await findThread(parts.database, owner, threadId);
  if (thread) return thread;
  throw new SignalboxError("thread-not-found", `Thread with ID ${threadId} not found`);
}

/** The graph whose state the thread holds: the one that ran last, or the one its metadata names. */
export function graphOf(thread: ThreadRecord): string | undefined {
  if (thread.graph_id !== null) return thread.graph_id;
  return typeof thread.metadata.graph_id === "string" ? thread.metadata.graph_id : undefined;
}

/** The configurable settings of the thread's last run, which a graph that is made by a function may read. */
export function configurableOf(thread: ThreadRecord): JsonObject {
  return (thread.config.configurable ?? {}) as JsonObject;
}
