/** The rules by which a run is let onto its thread, in the one transaction that makes it a row. */
import { randomBytes } from "node:crypto";
import { v7 as uuid } from "uuid";
import { SignalboxError } from "../errors.ts";
import { deleteRunCheckpoints } from "../storage/checkpointer.ts";
import type { Queryable, Transaction } from "../storage/database.ts";
import { findIdempotencyKey, insertIdempotencyKey } from "../storage/tables/idempotency.ts";
import {
  deleteRun,
  findRun,
  insertRun,
  listRuns,
  moveRun,
  type RunRecord,
  runsOfThread,
  setCancelAction,
} from "../storage/tables/runs.ts";
import { insertThread, lockThread, setThreadBusy, type ThreadRecord } from "../storage/tables/threads.ts";
import type { CancelAction, JsonObject, MultitaskStrategy } from "./contract.ts";
import type { EngineParts } from "./parts.ts";
import type { StoredRequest } from "./run-request.ts";
import { activeStatuses } from "./status.ts";

export interface NewRun {
  owner: string;
  /** null: a thread is made for this run. */
  threadId: string | null;
  assistantId: string;
  request: StoredRequest;
  metadata: JsonObject;
  strategy: MultitaskStrategy;
  createThread: boolean;
  idempotency: { key: string; fingerprint: string } | undefined;
}

export interface Acceptance {
  run: RunRecord;
  /** False where an Idempotency-Key led to a run that was there already. */
  created: boolean;
  /** Pending runs that ended because of this one, and the running one that is to be stopped. */
  ended: RunRecord[];
  cancelled: { run_id: string; action: CancelAction } | undefined;
}

/**
 * Makes each run a row; refuses all and changes nothing where one cannot be accepted.
 * @throws SignalboxError thread-not-found, thread-busy (strategy reject), no-interrupt, interrupt-not-found, several-interrupts,
 *   idempotency-mismatch, run-gone
 */
export async function acceptRuns(parts: EngineParts, newRuns: readonly NewRun[]): Promise<Acceptance[]> {
  return await parts.database.transaction(async (tx) => {
    const acceptances: Acceptance[] = [];
    for (const newRun of newRuns) acceptances.push(await acceptInto(tx, parts, newRun));
    return acceptances;
  });
}

async function acceptInto(tx: Transaction, parts: EngineParts, newRun: NewRun): Promise<Acceptance> {
  const now = Date.now();
  const ids = { run_id: uuid(), thread_id: newRun.threadId ?? uuid() };
  const repeated = await findRepeated(tx, newRun, ids, now);
  if (repeated) return { run: repeated, created: false, ended: [], cancelled: undefined };
  const thread = await openThread(parts, tx, newRun, ids.thread_id, now);
  const resumes = newRun.request.command?.resume !== undefined;
  if (resumes) checkResume(thread, newRun.request.command?.resume);
  const way = await makeWay(tx, newRun, thread.thread_id, now);
  const run: RunRecord = {
    ...ids,
    owner: newRun.owner,
    assistant_id: newRun.assistantId,
    status: "pending",
    request: newRun.request,
    metadata: newRun.metadata,
    multitask_strategy: newRun.strategy,
    trace_id: (resumes && (await lastTrace(tx, newRun.owner, thread.thread_id))) || randomBytes(16).toString("hex"),
    attempt: 0,
    failures: 0,
    worker: null,
    lease_until: null,
    cancel_action: null,
    error: null,
    created_at: now,
    updated_at: now,
  };
  insertRun(tx, run);
  const { graph_id, configurable } = newRun.request;
  const metadata = { ...thread.metadata, graph_id, assistant_id: newRun.assistantId };
  setThreadBusy(
    tx,
    newRun.owner,
    thread.thread_id,
    { status: "busy", graph_id, metadata, config: { configurable } },
    now,
  );
  return { run, created: true, ...way };
}

/**
 * The run that this Idempotency-Key started, if any; else the key is this run's. The same request at the same time
 * waits here for the other one.
 */
async function findRepeated(
  tx: Queryable,
  { owner, idempotency }: NewRun,
  ids: { run_id: string; thread_id: string },
  now: number,
): Promise<RunRecord | undefined> {
  if (!idempotency) return undefined;
  if (await insertIdempotencyKey(tx, owner, { ...idempotency, ...ids, created_at: now })) return undefined;
  const known = await findIdempotencyKey(tx, owner, idempotency.key);
  if (known?.fingerprint !== idempotency.fingerprint)
    throw new SignalboxError(
      "idempotency-mismatch",
      `The Idempotency-Key "${idempotency.key}" was used for another request; use a new key for a new run.`,
    );
  const run = await findRun(tx, owner, known.run_id);
  if (run) return run;
  throw new SignalboxError(
    "run-gone",
    `The run ${known.run_id} that this Idempotency-Key started has ended, and it is deleted.`,
  );
}

async function openThread(
  parts: EngineParts,
  tx: Queryable,
  newRun: NewRun,
  thread_id: string,
  now: number,
): Promise<ThreadRecord> {
  const { owner, threadId } = newRun;
  if (threadId !== null) {
    const thread = await lockThread(tx, parts.database, owner, threadId);
    if (thread) return thread;
    if (!newRun.createThread) throw new SignalboxError("thread-not-found", `Thread with ID ${threadId} not found`);
  }
  const thread: ThreadRecord = {
    thread_id,
    graph_id: newRun.request.graph_id,
    status: "idle",
    stateless: threadId === null && newRun.request.on_completion === "delete",
    metadata: newRun.metadata,
    config: {},
    interrupts: {},
    error: null,
    created_at: now,
    updated_at: now,
  };
  if (await insertThread(tx, owner, thread)) return thread;
  // Somebody made it since the look above.
  const existing = await lockThread(tx, parts.database, owner, thread_id);
  if (existing) return existing;
  throw new SignalboxError("thread-not-found", `Thread with ID ${thread_id} not found`);
}

/** Of two resumes the first makes the thread busy; the second finds nothing to resume. */
function checkResume(thread: ThreadRecord, resume: unknown): void {
  if (thread.status !== "interrupted")
    throw new SignalboxError(
      "no-interrupt",
      `Thread ${thread.thread_id} is ${thread.status}: no interrupt is waiting for an answer. Read its state, and send input instead.`,
    );
  const pending = new Set(
    Object.values(thread.interrupts as Record<string, { id?: string }[]>).flatMap((list) => list.map(({ id }) => id)),
  );
  const named = typeof resume === "object" && resume !== null ? Object.keys(resume) : [];
  if (named.length === 0 || !named.every((key) => /^[0-9a-f]{32}$/.test(key))) {
    if (pending.size <= 1) return;
    // LangGraph would give it to all of them: a yes to the call that somebody was shown, and to those beside it.
    throw new SignalboxError(
      "several-interrupts",
      `Thread ${thread.thread_id} waits at ${pending.size} interrupts, and command.resume does not say which it answers. Name them: {"<interrupt id>": answer, …}; they are ${[...pending].join(", ")}.`,
    );
  }
  const unknown = named.find((id) => !pending.has(id));
  if (unknown !== undefined)
    throw new SignalboxError(
      "interrupt-not-found",
      `command.resume names the interrupt ${unknown}, but thread ${thread.thread_id} waits at ${[...pending].join(", ") || "none"}.`,
    );
}

/** Applies the multitask strategy to the thread's active runs. */
async function makeWay(
  tx: Transaction,
  newRun: NewRun,
  threadId: string,
  now: number,
): Promise<Pick<Acceptance, "ended" | "cancelled">> {
  const { owner, strategy } = newRun;
  const way: Pick<Acceptance, "ended" | "cancelled"> = { ended: [], cancelled: undefined };
  if (strategy === "enqueue") return way;
  const active = await runsOfThread(tx, owner, threadId, activeStatuses);
  if (strategy === "reject") {
    if (active.length === 0) return way;
    throw new SignalboxError(
      "thread-busy",
      `Thread ${threadId} is busy with run ${active[0]?.run_id}. Wait for it, or choose another multitask_strategy.`,
    );
  }
  for (const { run_id, status } of active) {
    if (status === "running") {
      await setCancelAction(tx, owner, run_id, status, strategy);
      way.cancelled = { run_id, action: strategy };
    } else {
      const ended = await endPendingRun(tx, owner, run_id, strategy, now);
      if (ended) way.ended.push(ended);
    }
  }
  return way;
}

/** Ends a run that is pending, and only such a one. One that waits to be tried again may have left checkpoints. */
export async function endPendingRun(
  tx: Transaction,
  owner: string,
  runId: string,
  action: CancelAction,
  now: number,
): Promise<RunRecord | undefined> {
  const run = await findRun(tx, owner, runId);
  if (!run || !(await moveRun(tx, run, { from: "pending", to: "interrupted", now }))) return undefined;
  if (action === "rollback") {
    deleteRunCheckpoints(tx, owner, run.thread_id, runId);
    deleteRun(tx, owner, runId);
  }
  return run;
}

/** The trace of the thread's latest run, which a resume goes on with. */
async function lastTrace(tx: Queryable, owner: string, threadId: string): Promise<string | undefined> {
  const [latest] = await listRuns(tx, owner, threadId, { limit: 1, offset: 0 });
  return latest?.trace_id;
}
