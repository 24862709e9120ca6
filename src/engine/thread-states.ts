/** The state of threads: read, forked, written, and their history. */
import { SignalboxError } from "../errors.ts";
import { runsOfThread } from "../storage/tables/runs.ts";
import { lockThread, type ThreadRecord } from "../storage/tables/threads.ts";
import type { CheckpointReference, StateUpdate, ThreadState, Threads } from "./contract.ts";
import { valid } from "./graph-input.ts";
import { configurableOf, graphOf, type OpenThreadState, openThreadState, requireThread } from "./open-thread.ts";
import type { EngineParts } from "./parts.ts";
import { idle, settleThread } from "./settle.ts";
import { outcomeOf, toThreadState } from "./state-snapshot.ts";
import { activeStatuses } from "./status.ts";
import { toWire } from "./wire.ts";
import { threadBusy, type Worker } from "./worker.ts";

export interface ThreadStates extends Pick<Threads, "state" | "updateState" | "history"> {
  /** The values of the latest state; null where there is none, or no graph to read them with. */
  values(owner: string, thread: ThreadRecord): Promise<unknown>;
  writeSupersteps(
    owner: string,
    thread: ThreadRecord,
    checkpoint: CheckpointReference,
    supersteps: { updates: StateUpdate[] }[],
  ): Promise<CheckpointReference>;
  /** Sets the status of a thread without active runs to what its state says. */
  refresh(owner: string, thread: ThreadRecord): Promise<void>;
}

export function createThreadStates(parts: EngineParts, worker: Worker): ThreadStates {
  async function open(owner: string, thread: ThreadRecord): Promise<OpenThreadState | undefined> {
    const graph_id = graphOf(thread);
    if (graph_id === undefined) return undefined;
    const { thread_id } = thread;
    return await openThreadState(parts, owner, { thread_id, graph_id, configurable: configurableOf(thread) });
  }

  async function refresh(owner: string, thread: ThreadRecord): Promise<void> {
    const snapshot = await (await open(owner, thread))?.read({});
    const outcome = snapshot ? outcomeOf(snapshot) : idle;
    const { thread_id } = thread;
    await parts.database.transaction(async (tx) => {
      await lockThread(tx, parts.database, owner, thread_id);
      const active = await runsOfThread(tx, owner, thread_id, activeStatuses);
      if (active.length > 0) return;
      settleThread(tx, { owner, thread_id }, outcome, undefined, Date.now());
    });
  }

  async function writeSupersteps(
    owner: string,
    thread: ThreadRecord,
    checkpoint: CheckpointReference,
    supersteps: { updates: StateUpdate[] }[],
  ): Promise<CheckpointReference> {
    const { thread_id } = thread;
    const state = await open(owner, thread);
    if (!state)
      throw new SignalboxError(
        "invalid-request",
        `Thread ${thread_id} has no graph yet: run an assistant on it, or set metadata.graph_id, then update the state.`,
      );
    const updates = supersteps.map((superstep) => ({ updates: superstep.updates.map(toGraphUpdate) }));
    return await worker.exclusively(owner, thread_id, async () => {
      const [active] = await runsOfThread(parts.database, owner, thread_id, activeStatuses);
      if (active) throw threadBusy(thread_id, `run ${active.run_id}`);
      const reference = await valid("values", () => state.write(checkpoint, updates));
      await refresh(owner, thread);
      return reference;
    });
  }

  return {
    async values(owner, thread) {
      const graph = parts.graphs.list().find((entry) => entry.graph_id === graphOf(thread));
      if (!graph || graph.error !== undefined) return null;
      try {
        const snapshot = await (await open(owner, thread))?.read({});
        return snapshot?.createdAt === undefined ? null : toWire(snapshot.values);
      } catch (error) {
        // A graph that has changed may not be able to read its old threads; the list of all threads still has to.
        parts.log.warn({ error, thread_id: thread.thread_id }, "the values of a thread could not be read");
        return null;
      }
    },
    async state(owner, threadId, options) {
      const thread = await requireThread(parts, owner, threadId);
      const checkpoint = options?.checkpoint ?? {};
      const state = await open(owner, thread);
      const snapshot = await state?.read(checkpoint, { subgraphs: options?.subgraphs ?? false });
      if (checkpoint.checkpoint_id !== undefined && snapshot?.createdAt === undefined)
        throw new SignalboxError(
          "checkpoint-not-found",
          `Thread ${threadId} has no checkpoint ${checkpoint.checkpoint_id}`,
        );
      return snapshot ? toThreadState(snapshot) : emptyState(threadId);
    },
    async updateState(owner, threadId, { checkpoint, ...update }) {
      const thread = await requireThread(parts, owner, threadId);
      const reference = await writeSupersteps(owner, thread, checkpoint ?? {}, [{ updates: [update] }]);
      const { thread_id, checkpoint_ns, checkpoint_id } = reference;
      return { checkpoint: { thread_id, checkpoint_ns: checkpoint_ns ?? "", checkpoint_id } };
    },
    async history(owner, threadId, { checkpoint, metadata, ...options }) {
      const thread = await requireThread(parts, owner, threadId);
      const state = await open(owner, thread);
      if (!state) return [];
      const states: ThreadState[] = [];
      for await (const snapshot of state.history(checkpoint ?? {}, {
        ...options,
        ...(metadata && { filter: metadata }),
      }))
        states.push(toThreadState(snapshot));
      return states;
    },
    writeSupersteps,
    refresh,
  };
}

function toGraphUpdate(update: StateUpdate): { values?: Record<string, unknown> | null; asNode?: string } {
  const values = (update.values ?? update.command?.update ?? null) as Record<string, unknown> | null;
  return { values, ...(update.as_node !== undefined && { asNode: update.as_node }) };
}

function emptyState(thread_id: string): ThreadState {
  return {
    values: {},
    next: [],
    tasks: [],
    metadata: {},
    created_at: null,
    checkpoint: { thread_id, checkpoint_ns: "" },
    parent_checkpoint: null,
    interrupts: [],
  };
}
