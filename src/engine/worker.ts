/** Runs what is pending: one run of a thread at a time, in order, as many threads at once as the limit allows. */
import { RunControl } from "@langchain/langgraph";
import { v7 as uuid } from "uuid";
import { claimNextRun, moveRun, renewLeases } from "../storage/tables/runs.ts";
import { type ActiveRun, attemptRun } from "./attempt.ts";
import type { CancelAction } from "./contract.ts";
import type { EngineParts } from "./parts.ts";

export interface Worker {
  /** True from the first call of `drain` on. */
  readonly draining: boolean;
  /** Says that the thread may have a pending run. Costs nothing where it is known already. */
  wake(owner: string, threadId: string): void;
  /** Stops a run that executes here; its row must say already that it is to be cancelled. */
  cancel(runId: string, action: CancelAction): void;
  /** Resolves when nothing executes any more; what had not ended is pending again. */
  drain(): Promise<void>;
}

interface ThreadKey {
  owner: string;
  threadId: string;
}

export function createWorker(parts: EngineParts): Worker {
  const { database, config, log } = parts;
  const { leaseMs, heartbeatMs, maxConcurrentRuns, drainMs } = config.limits;
  const name = uuid();
  const active = new Map<string, ActiveRun>();
  /** Threads that wait for a slot, in order, and those that execute; `again`: woken since the claim. */
  const waiting = new Map<string, ThreadKey>();
  const executing = new Map<string, { again: boolean; done: Promise<void> }>();
  /** Wishes to cancel a run that came between its claim and its start. */
  const cancelled = new Map<string, CancelAction>();
  let draining = false;
  let leaseRenewed = performance.now();

  const heartbeat = setInterval(renew, heartbeatMs).unref();

  function wake(owner: string, threadId: string): void {
    const key = JSON.stringify([owner, threadId]);
    const current = executing.get(key);
    if (current) current.again = true;
    else waiting.set(key, { owner, threadId });
    fillSlots();
  }

  function fillSlots(): void {
    for (const [key, thread] of waiting) {
      if (draining || executing.size >= maxConcurrentRuns) return;
      waiting.delete(key);
      const slot = { again: false, done: Promise.resolve() };
      executing.set(key, slot);
      slot.done = runNext(thread)
        .catch((error: unknown) =>
          log.error({ error, thread_id: thread.threadId }, "a run could not be claimed or ended"),
        )
        .then((ran) => {
          executing.delete(key);
          // To the end of the line: a thread with many runs does not keep the others from theirs.
          if (ran || slot.again) waiting.set(key, thread);
          fillSlots();
        });
    }
  }

  /** Claims and runs the thread's oldest pending run; false where there is none. */
  async function runNext(thread: ThreadKey): Promise<boolean> {
    const now = Date.now();
    const claim = { from: "pending", to: "running", worker: name, lease_until: now + leaseMs, now };
    const run = await claimNextRun(database, thread.owner, thread.threadId, claim);
    if (!run) return false;
    const current: ActiveRun = {
      run,
      abort: new AbortController(),
      control: new RunControl(),
      cancelAction: cancelled.get(run.run_id),
    };
    active.set(run.run_id, current);
    if (current.cancelAction) current.abort.abort(new Error("The run was cancelled."));
    if (draining) current.control.requestDrain("shutdown");
    try {
      const left = await attemptRun(parts, current);
      if (left === "drained") await moveRun(database, run, { from: "running", to: "pending", now: Date.now() });
    } finally {
      active.delete(run.run_id);
      cancelled.delete(run.run_id);
    }
    return true;
  }

  /** A worker that cannot renew stops its runs before their leases end, by a clock that nobody sets. */
  async function renew(): Promise<void> {
    if (active.size === 0) {
      leaseRenewed = performance.now();
      return;
    }
    const asked = performance.now();
    try {
      await renewLeases(database, name, Date.now() + leaseMs);
      leaseRenewed = asked;
    } catch (error) {
      log.error({ error }, "the leases could not be renewed");
      if (performance.now() - leaseRenewed < leaseMs - heartbeatMs) return;
      for (const current of active.values()) current.abort.abort(new Error("The lease could not be renewed."));
    }
  }

  return {
    get draining() {
      return draining;
    },
    wake,
    cancel(runId, action) {
      const current = active.get(runId);
      cancelled.set(runId, action);
      if (!current) return;
      current.cancelAction = action;
      current.abort.abort(new Error("The run was cancelled."));
    },
    async drain() {
      draining = true;
      clearInterval(heartbeat);
      for (const current of active.values()) current.control.requestDrain("shutdown");
      const late = setTimeout(() => {
        for (const current of active.values()) current.abort.abort(new Error("The server is stopping."));
      }, drainMs);
      await Promise.all([...executing.values()].map((slot) => slot.done));
      clearTimeout(late);
    },
  };
}
