/** One attempt at a run from its claim to its end: executes the graph, then settles what came of it. */
import { setTimeout } from "node:timers/promises";
import { isGraphDrained, type RunControl } from "@langchain/langgraph";
import { isSignalboxError } from "../errors.ts";
import type { NewFeedbackRecord } from "../storage/tables/feedback.ts";
import type { RunRecord } from "../storage/tables/runs.ts";
import type { CancelAction } from "./contract.ts";
import type { RunOutcome } from "./events.ts";
import { executeRun, type GraphResult } from "./execute.ts";
import { judgementsOf } from "./feedback-judgements.ts";
import { feedbackUrlsOf } from "./feedback-urls.ts";
import { observedRun, observeRun } from "./observer.ts";
import type { EngineParts } from "./parts.ts";
import { requestOf } from "./run-request.ts";
import { rollBackRun, settleRun } from "./settle.ts";
import { toWireText } from "./wire.ts";

/** A run that executes in this process. */
export interface ActiveRun {
  run: RunRecord;
  /** Aborted to cancel the run, or to leave it to another attempt. */
  abort: AbortController;
  /** Drained to stop it at its next checkpoint. */
  control: RunControl;
  cancelAction: CancelAction | undefined;
}

/**
 * Executes a claimed run and ends it.
 * @returns what tells the run's readers that it has ended, to be called when its thread is free; "drained" where the
 *   run has not ended and is to be pending again
 */
export async function attemptRun(parts: EngineParts, active: ActiveRun): Promise<(() => void) | "drained"> {
  const { run } = active;
  const request = requestOf(run);
  const log = parts.events.open(run.run_id, { resumable: request.stream_resumable });
  const observation = observeRun(parts.observers, observedRun(run, { signal: active.abort.signal }));
  const execution = {
    run,
    log,
    signal: active.abort.signal,
    control: active.control,
    callbacks: observation.callbacks,
  };
  const left = { status: "retried" } as const;
  let outcome: RunOutcome;
  let paused = true;
  let result: GraphResult | undefined;
  let judgements: NewFeedbackRecord[] = [];
  try {
    result = await observation.within(() => executeRun(parts, execution));
    const values = result.interrupts ? { ...Object(result.values), __interrupt__: result.interrupts } : result.values;
    outcome = { status: "success", values: toWireText(values) };
    paused = result.interrupts !== undefined;
    if (!paused) judgements = judgementsOf(run, result.values);
  } catch (error) {
    const isStale = isSignalboxError(error, "stale-attempt");
    if (isStale || isGraphDrained(error) || (active.abort.signal.aborted && !active.cancelAction)) {
      observation.end(left);
      return isStale ? () => log.abandon() : "drained";
    }
    outcome = active.cancelAction ? { status: "interrupted" } : failure(parts, active, error);
  }
  const settled = await untilStored(parts, active, () =>
    active.cancelAction === "rollback"
      ? rollBackRun(parts, run)
      : settleRun(parts, run, outcome, { paused, judgements }),
  );
  observation.end(settled ? { ...outcome, values: result?.values, interrupts: result?.interrupts } : left);
  if (!settled) return () => log.abandon();
  if (judgements.length > 0) parts.feedback.outbox.wake();
  const urls = feedbackUrlsOf(run, parts.feedback.urls, parts.config.limits.feedbackMs);
  if (urls) log.publish("feedback", JSON.stringify(urls));
  return () => log.finish(outcome);
}

/**
 * Tries until the database takes it: what a run came to must not be lost to a full disk or a restarting server. Gives
 * up when this server stops; the next one finds the run as it stands in its row.
 */
async function untilStored(parts: EngineParts, active: ActiveRun, store: () => Promise<boolean>): Promise<boolean> {
  for (let pause = shortestPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await store();
    } catch (error) {
      parts.log.error({ error, run_id: active.run.run_id }, "the end of a run could not be stored yet");
      if (active.control.drainRequested) return false;
      await setTimeout(pause);
    }
  }
}

/** Between two tries to store the end of a run, in ms. */
const shortestPause = 50;
const longestPause = 5_000;

function failure(parts: EngineParts, active: ActiveRun, error: unknown): RunOutcome {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const status = name === "NodeTimeoutError" ? "timeout" : "error";
  parts.log.warn({ error, run_id: active.run.run_id, thread_id: active.run.thread_id }, "a run failed");
  return { status, error: { error: name, message } };
}
