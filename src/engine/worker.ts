/** Runs what is pending: one run of a thread at a time, in order, as many threads at once as the limit allows. */
import { setTimeout } from "node:timers/promises";
import { RunControl } from "@langchain/langgraph";
import { v7 as uuid } from "uuid";
import { SignalboxError } from "../errors.ts";
import { claimNextRun, moveRun, renewLeases } from "../storage/tables/runs.ts";
import { type ActiveRun, attemptRun } from "./attempt.ts";
import type { CancelAction } from "./contract.ts";
import type { EngineParts } from "./parts.ts";

export interface Worker {
  /** True from the first call of `drain` on. */
  readonly draining: boolean;
  /** Says that the thread may have a pending run. Costs nothing where it is known already. */
  wake(owner: string, threadId: string): void;
  /**
   * Keeps runs off a thread while `work` writes its state; runs that come meanwhile wait.
   * @throws SignalboxError "thread-busy" where one executes
   */
  exclusively<Result>(owner: string, threadId: string, work: () => Promise<Result>): Promise<Result>;
  /** Stops a run that executes here; its row must say already that it is to be cancelled. */
  cancel(runId: string, action: CancelAction): void;
  /** Resolves when nothing executes any more; what had not ended is pending again. */
  drain(): Promise<void>;
}

/** A thread that has work, or is being worked on. */
interface Slot {
  owner: string;
  threadId: string;
  /** How many runs are known to be pending. More than there are does no harm: the database has the last word. */
  pending: number;
  done: Promise<void>;
}

export function createWorker(parts: EngineParts): Worker {
  const { database, config, log } = parts;
  const { leaseMs, heartbeatMs, maxConcurrentRuns, drainMs } = config.limits;
  const name = uuid();
  const active = new Map<string, ActiveRun>();
  /** Threads that wait for their turn, in order, and those that have it. */
  const waiting = new Map<string, Slot>();
  const executing = new Map<string, Slot>();
  /** Wishes to cancel a run that came between its claim and its start. */
  const cancelled = new Map<string, CancelAction>();
  let draining = false;
  let leaseRenewed = performance.now();

  const heartbeat = setInterval(renew, heartbeatMs).unref();

  function wake(owner: string, threadId: string): void {
    const key = JSON.stringify([owner, threadId]);
    const slot = executing.get(key) ?? waiting.get(key) ?? { owner, threadId, pending: 0, done: Promise.resolve() };
    slot.pending++;
    if (!executing.has(key)) waiting.set(key, slot);
    fillSlots();
  }

  function fillSlots(): void {
    for (const [key, slot] of waiting) {
      if (draining || executing.size >= maxConcurrentRuns) return;
      waiting.delete(key);
      executing.set(key, slot);
      slot.done = runNext(slot)
        .catch(async (error: unknown) => {
          log.error({ error, thread_id: slot.threadId }, "a run could not be claimed or put back; trying again");
          await setTimeout(pauseAfterFailure);
          return undefined;
        })
        .then((announce) => {
          release(key, slot);
          announce?.();
        });
    }
  }

  /** Ends a thread's turn. To the end of the line: a thread with many runs does not keep the others from theirs. */
  function release(key: string, slot: Slot): void {
    executing.delete(key);
    if (slot.pending > 0) waiting.set(key, slot);
    fillSlots();
  }

  /** Claims and runs the thread's oldest pending run. */
  async function runNext(slot: Slot): Promise<(() => void) | undefined> {
    const known = slot.pending;
    const now = Date.now();
    const claim = { from: "pending", to: "running", worker: name, lease_until: now + leaseMs, now };
    const run = await claimNextRun(database, slot.owner, slot.threadId, claim);
    slot.pending -= run ? 1 : known;
    if (!run) return undefined;
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
      const ended = await attemptRun(parts, current);
      if (ended !== "drained") return ended;
      await moveRun(database, run, { from: "running", to: "pending", now: Date.now() });
      return undefined;
    } finally {
      active.delete(run.run_id);
      cancelled.delete(run.run_id);
    }
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

  async function exclusively<Result>(owner: string, threadId: string, work: () => Promise<Result>): Promise<Result> {
    const key = JSON.stringify([owner, threadId]);
    if (executing.has(key)) throw threadBusy(threadId, "a run, or another update");
    const slot = waiting.get(key) ?? { owner, threadId, pending: 0, done: Promise.resolve() };
    waiting.delete(key);
    executing.set(key, slot);
    const working = work();
    slot.done = working.then(noResult, noResult);
    try {
      return await working;
    } finally {
      release(key, slot);
    }
  }

  return {
    get draining() {
      return draining;
    },
    wake,
    exclusively,
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
      const late = globalThis.setTimeout(() => {
        for (const current of active.values()) current.abort.abort(new Error("The server is stopping."));
      }, drainMs);
      await Promise.all([...executing.values()].map((slot) => slot.done));
      clearTimeout(late);
    },
  };
}

/** Before a thread's turn is tried again whose run the database would not give, in ms. */
const pauseAfterFailure = 1_000;

/** What a writer of a thread's state is told while something else has the thread. */
export function threadBusy(threadId: string, by: string): SignalboxError {
  return new SignalboxError(
    "thread-busy",
    `Thread ${threadId} is busy with ${by}: wait for its end or cancel it, then update the state.`,
  );
}

function noResult(): void {
  // Whoever asked for the work hears how it went; a drain only waits for its end.
}
