/** The end of a run: one transaction that gives it its only terminal status and its thread what follows from that. */
import { deleteRunCheckpoints, deleteRunWrites, deleteThreadCheckpoints } from "../storage/checkpointer.ts";
import type { Transaction } from "../storage/database.ts";
import { insertFeedbackTarget, type NewFeedbackRecord, putFeedback } from "../storage/tables/feedback.ts";
import { deleteRun, endLease, moveRun, type RunRecord } from "../storage/tables/runs.ts";
import { deleteThreadRow, holdThread, setThreadOutcome } from "../storage/tables/threads.ts";
import type { RunOutcome } from "./events.ts";
import { openThreadState } from "./open-thread.ts";
import type { EngineParts } from "./parts.ts";
import { requestOf } from "./run-request.ts";
import { outcomeOf, type ThreadOutcome } from "./state-snapshot.ts";
import { activeStatuses } from "./status.ts";

export const idle: ThreadOutcome = { status: "idle", interrupts: {} };

/**
 * Ends a running run. `paused`: the graph stopped before its end, so that the thread's state has to be looked at.
 * `failed`: the attempt died with its process and is counted. `judgements`: what the graph says of its own answer.
 * @returns false, with nothing changed, where the attempt is not the run's own any more
 */
export async function settleRun(
  parts: EngineParts,
  run: RunRecord,
  outcome: RunOutcome,
  options: { paused: boolean; failed?: boolean; judgements?: readonly NewFeedbackRecord[] },
): Promise<boolean> {
  const thread = options.paused ? await readThreadOutcome(parts, run) : idle;
  const stateless = requestOf(run).on_completion === "delete";
  return await parts.database.transaction(async (tx) => {
    const now = Date.now();
    // The thread first, as in accept.ts: two transactions that take the same rows in turn cannot wait for each other.
    holdThread(tx, parts.database, run.owner, run.thread_id);
    const moved = await moveRun(tx, run, {
      from: "running",
      to: outcome.status,
      error: outcome.error,
      failures: options.failed ? 1 : undefined,
      now,
    });
    if (!moved) return false;
    await Promise.all((options.judgements ?? []).map((judgement) => putFeedback(tx, judgement, now)));
    if (stateless) {
      const { graph_id } = requestOf(run);
      insertFeedbackTarget(tx, { ...run, graph_id }, now);
      deleteThreadRows(tx, run.owner, run.thread_id, run.run_id);
    } else settleThread(tx, run, thread, outcome.error, now);
    return true;
  });
}

/** Ends a running run as if it had never been: its checkpoints and its row go. */
export async function rollBackRun(parts: EngineParts, run: RunRecord): Promise<boolean> {
  // Two transactions: what the thread is without the run's checkpoints can be read only when they are gone. Between
  // them the run still holds its thread, and a crash finds the wish to cancel in its row.
  await parts.database.transaction((tx) => {
    endLease(tx, run);
    deleteRunCheckpoints(tx, run.owner, run.thread_id, run.run_id);
  });
  const thread = await readThreadOutcome(parts, run);
  const stateless = requestOf(run).on_completion === "delete";
  return await parts.database.transaction(async (tx) => {
    const now = Date.now();
    holdThread(tx, parts.database, run.owner, run.thread_id);
    if (!(await moveRun(tx, run, { from: "running", to: "interrupted", now }))) return false;
    deleteRun(tx, run.owner, run.run_id);
    if (stateless) deleteThreadRows(tx, run.owner, run.thread_id, run.run_id);
    else settleThread(tx, run, thread, undefined, now);
    return true;
  });
}

/** Sets a thread's status from its state and its other runs. */
export function settleThread(
  tx: Transaction,
  run: { owner: string; thread_id: string },
  thread: ThreadOutcome,
  error: RunOutcome["error"],
  now: number,
): void {
  const status = error ? "error" : thread.status;
  const active = { status: "busy", runs: activeStatuses };
  setThreadOutcome(tx, run.owner, run.thread_id, { status, active, interrupts: thread.interrupts, error }, now);
}

/** Deletes a stateless run with its thread. */
export function deleteThreadRows(tx: Transaction, owner: string, threadId: string, runId: string): void {
  deleteThreadCheckpoints(tx, owner, threadId);
  deleteRun(tx, owner, runId);
  deleteThreadRow(tx, owner, threadId);
}

/** What the thread's latest checkpoint says; idle where its graph cannot be loaded any more. */
async function readThreadOutcome(parts: EngineParts, run: RunRecord): Promise<ThreadOutcome> {
  const { owner, thread_id, run_id } = run;
  try {
    const { graph_id, configurable } = requestOf(run);
    const state = await openThreadState(parts, owner, { thread_id, graph_id, configurable });
    const read = async () => outcomeOf(await state.read({}));
    return await read().catch(async () => {
      // What a task wrote last was refused by the state's reducers. It would be, at every look at the thread.
      await deleteRunWrites(parts.database, owner, thread_id, run_id);
      return await read();
    });
  } catch (error) {
    parts.log.error({ error, run_id }, "the thread's state could not be read at the end of a run");
    return idle;
  }
}
