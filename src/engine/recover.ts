/** What a server does with the runs that it finds at its start: the process that held them is dead, its lock is free. */
import { moveRun, type RunRecord, runsInStatus } from "../storage/tables/runs.ts";
import type { RunOutcome } from "./events.ts";
import { type ObservedEnd, tellOfLost } from "./observer.ts";
import type { EngineParts } from "./parts.ts";
import { rollBackRun, settleRun } from "./settle.ts";
import { activeStatuses } from "./status.ts";
import type { Worker } from "./worker.ts";

/**
 * Makes running rows pending again, with one failure more, and wakes their threads. A run that was to be cancelled
 * is; one whose process has died too often ends as an error, so that it cannot take the server down for ever.
 */
export async function recoverRuns(parts: EngineParts, worker: Worker): Promise<void> {
  const runs = await runsInStatus(parts.database, activeStatuses);
  for (const run of runs) if (run.status === "running") await recoverRun(parts, run);
  for (const run of runs) worker.wake(run.owner, run.thread_id);
  if (runs.length > 0) parts.log.info({ runs: runs.length }, "taking up the runs that had not ended");
}

async function recoverRun(parts: EngineParts, run: RunRecord): Promise<void> {
  const end = await endOf(parts, run);
  tellOfLost(parts.observers, run, end, parts.config.limits.leaseMs);
}

async function endOf(parts: EngineParts, run: RunRecord): Promise<ObservedEnd> {
  const cancelled: RunOutcome = { status: "interrupted" };
  if (run.cancel_action === "rollback") {
    await rollBackRun(parts, run);
    return cancelled;
  }
  if (run.cancel_action !== null || run.failures + 1 >= parts.config.limits.runAttempts) {
    const outcome = run.cancel_action !== null ? cancelled : abandoned(run);
    await settleRun(parts, run, outcome, { paused: true, failed: true });
    return outcome;
  }
  await moveRun(parts.database, run, { from: "running", to: "pending", failures: 1, now: Date.now() });
  return { status: "retried", error: lost };
}

const lost = { error: "process-died", message: "The server's process ended during this attempt." };

function abandoned(run: RunRecord): RunOutcome {
  const message = `The server died ${run.failures + 1} times while this run executed; it is not tried again.`;
  return { status: "error", error: { error: "abandoned", message } };
}
