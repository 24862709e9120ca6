/** Threads: created, found, copied and deleted. What their state says is in thread-states.ts. */
import { v7 as uuid } from "uuid";
import { SignalboxError } from "../errors.ts";
import { copyThread, deleteThreadCheckpoints } from "../storage/checkpointer.ts";
import { eraseFeedbackTexts } from "../storage/tables/feedback.ts";
import { deleteRunsOfThread, runsOfThread } from "../storage/tables/runs.ts";
import {
  deleteThreadRow,
  findThread,
  insertThread,
  lockThread,
  searchThreads,
  setThreadMetadata,
  type ThreadRecord,
} from "../storage/tables/threads.ts";
import type { JsonObject, Page, Runs, SearchOptions, Thread, ThreadStatus, Threads } from "./contract.ts";
import { requireThread } from "./open-thread.ts";
import type { EngineParts } from "./parts.ts";
import { activeStatuses } from "./status.ts";
import { createThreadStates } from "./thread-states.ts";
import type { Worker } from "./worker.ts";

export function createThreads(parts: EngineParts, runs: Runs, worker: Worker): Threads {
  const { database } = parts;
  const states = createThreadStates(parts, worker);

  /** The thread as clients see it, with the values of its state. */
  async function toThread(owner: string, record: ThreadRecord): Promise<Thread> {
    return {
      thread_id: record.thread_id,
      created_at: new Date(record.created_at).toISOString(),
      updated_at: new Date(record.updated_at).toISOString(),
      state_updated_at: new Date(record.updated_at).toISOString(),
      metadata: record.metadata,
      config: record.config,
      status: record.status as ThreadStatus,
      values: await states.values(owner, record),
      interrupts: record.interrupts as Thread["interrupts"],
      error: record.error as Thread["error"],
    };
  }

  async function create(owner: string, thread: Parameters<Threads["create"]>[1]): Promise<Thread> {
    const now = Date.now();
    const record: ThreadRecord = {
      thread_id: thread.thread_id ?? uuid(),
      graph_id: null,
      status: "idle",
      stateless: false,
      metadata: thread.metadata ?? {},
      config: {},
      interrupts: {},
      error: null,
      created_at: now,
      updated_at: now,
    };
    if (!(await insertThread(database, owner, record))) {
      if (thread.if_exists === "do_nothing")
        return await toThread(owner, await requireThread(parts, owner, record.thread_id));
      throw new SignalboxError("thread-exists", `Thread with ID ${record.thread_id} exists already`);
    }
    if (!thread.supersteps?.length) return await toThread(owner, record);
    try {
      await states.writeSupersteps(owner, record, {}, thread.supersteps);
    } catch (error) {
      // A thread whose first state was refused is not left behind.
      await remove(owner, record.thread_id);
      throw error;
    }
    return await toThread(owner, await requireThread(parts, owner, record.thread_id));
  }

  /** Deletes a thread that has no active run; false where one has appeared. */
  async function remove(owner: string, threadId: string): Promise<boolean> {
    return await database.transaction(async (tx) => {
      if (!(await lockThread(tx, database, owner, threadId))) return true;
      const active = await runsOfThread(tx, owner, threadId, activeStatuses);
      if (active.length > 0) return false;
      deleteThreadCheckpoints(tx, owner, threadId);
      deleteRunsOfThread(tx, owner, threadId);
      eraseFeedbackTexts(tx, owner, threadId);
      deleteThreadRow(tx, owner, threadId);
      return true;
    });
  }

  async function search(
    owner: string,
    {
      values,
      ...filter
    }: { values?: JsonObject; ids?: string[]; metadata?: JsonObject; status?: ThreadStatus } & SearchOptions,
  ): Promise<Page<Thread>> {
    if (!values || Object.keys(values).length === 0) {
      const { items, total } = await searchThreads(database, owner, filter);
      return { items: await Promise.all(items.map((record) => toThread(owner, record))), total };
    }
    // Values live in checkpoints, where no index reaches them: every thread that fits the rest is looked at.
    const found: Thread[] = [];
    for (let offset = 0, more = true; more; offset += scanned) {
      const { items } = await searchThreads(database, owner, { ...filter, limit: scanned, offset });
      const threads = await Promise.all(items.map((record) => toThread(owner, record)));
      found.push(...threads.filter((thread) => contains(thread.values, values)));
      more = items.length === scanned;
    }
    return { items: found.slice(filter.offset, filter.offset + filter.limit), total: found.length };
  }

  return {
    create,
    get: async (owner, threadId) => await toThread(owner, await requireThread(parts, owner, threadId)),
    search,
    async update(owner, threadId, { metadata }) {
      const record = await database.transaction(async (tx) => {
        const thread = await lockThread(tx, database, owner, threadId);
        if (!thread || !metadata) return thread;
        const merged = { ...thread.metadata, ...metadata };
        const now = Date.now();
        setThreadMetadata(tx, owner, threadId, merged, now);
        return { ...thread, metadata: merged, updated_at: now };
      });
      if (record) return await toThread(owner, record);
      throw new SignalboxError("thread-not-found", `Thread with ID ${threadId} not found`);
    },
    async delete(owner, threadId) {
      await requireThread(parts, owner, threadId);
      do {
        const active = await runsOfThread(database, owner, threadId, activeStatuses);
        const options = { action: "rollback", wait: true } as const;
        await Promise.all(active.map(({ run_id }) => runs.cancel(owner, threadId, run_id, options)));
      } while (!(await remove(owner, threadId)));
    },
    async copy(owner, threadId) {
      const source = await requireThread(parts, owner, threadId);
      const now = Date.now();
      const copy: ThreadRecord = { ...source, thread_id: uuid(), stateless: false, created_at: now, updated_at: now };
      await database.transaction(async (tx) => {
        await insertThread(tx, owner, copy);
        await copyThread(tx, owner, threadId, copy.thread_id);
      });
      // The source's active run is not copied: the copy is what its state says.
      if (source.status === "busy") await states.refresh(owner, copy);
      const record = await findThread(database, owner, copy.thread_id);
      return await toThread(owner, record ?? copy);
    },
    state: states.state,
    updateState: states.updateState,
    history: states.history,
  };
}

/** Threads looked at in one go by a search over values. */
const scanned = 100;

/** True if every field of `part` is in `whole`, objects compared field by field. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null) return whole === part;
  if (typeof whole !== "object" || whole === null) return false;
  return Object.entries(part).every(([key, value]) => contains((whole as JsonObject)[key], value));
}
