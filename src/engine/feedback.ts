/**
 * Feedback on runs: taken from users, programs and the graphs themselves, kept as rows, and sent on from there.
 *
 *   POST /runs/:id/feedback ─┐
 *   signed url ──────────────┼─▶ one row per run, source and key (or per id) ─▶ outbox ─▶ Langfuse
 *   state.judgements ────────┘
 */
import { v5 } from "uuid";
import { SignalboxError } from "../errors.ts";
import type { Database, Queryable } from "../storage/database.ts";
import {
  type FeedbackRecord,
  type FeedbackTarget,
  feedbackOfRun,
  findFeedbackTarget,
  putFeedback,
} from "../storage/tables/feedback.ts";
import { findRun } from "../storage/tables/runs.ts";
import type { Feedback, FeedbackDesk, NewFeedback } from "./contract.ts";
import type { FeedbackUrls } from "./feedback-urls.ts";
import { requestOf } from "./run-request.ts";

/** The source of what graphs say of their own answers. */
export const graphSource = "graph";
const userSource = "user";
const userKey = "user-feedback";

/** @param options.wake tells the outbox that there is something to send */
export function createFeedbackDesk(options: { database: Database; urls: FeedbackUrls; wake(): void }): FeedbackDesk {
  const { database, urls, wake } = options;

  async function give(owner: string, runId: string, feedback: NewFeedback): Promise<Feedback> {
    const stored = await storeFeedback(database, owner, runId, feedback);
    wake();
    return toFeedback(stored);
  }

  return {
    give,
    async giveSigned(token, feedback) {
      const { owner, run_id, key } = urls.read(token, Date.now());
      return await give(owner, run_id, { ...feedback, key });
    },
    async list(owner, runId, page) {
      const records = await feedbackOfRun(database, owner, runId, page);
      if (records.length === 0) await requireTarget(database, owner, runId);
      return records.map(toFeedback);
    },
  };
}

/**
 * Stores feedback on a run, in place of what has its id. When it resolves, the row is committed.
 * @throws SignalboxError "run-not-found", also for a run of somebody else; "invalid-request" for feedback that says
 *   nothing; "idempotency-mismatch" where the id belongs to another run's feedback
 */
export async function storeFeedback(
  database: Queryable,
  owner: string,
  runId: string,
  feedback: NewFeedback,
): Promise<FeedbackRecord> {
  const { key = userKey, source = userSource, score = null, comment = null, correction = null } = feedback;
  if (score === null && !comment && correction === null)
    throw new SignalboxError("invalid-request", "Feedback needs a score, a comment or a correction.");
  const target = await requireTarget(database, owner, runId);
  const feedback_id =
    feedback.feedback_id ??
    (feedback.idempotency_key === undefined
      ? feedbackId(runId, source, key)
      : v5(JSON.stringify([runId, feedback.idempotency_key]), v5.URL));
  const given = { ...target, feedback_id, key, source, score, comment, correction };
  const stored = await putFeedback(database, given, Date.now());
  if (stored.run_id === runId) return stored;
  throw new SignalboxError(
    "idempotency-mismatch",
    `The feedback ${feedback_id} is about run ${stored.run_id}; use a new id for run ${runId}.`,
  );
}

/** A run has one feedback per source and key: who says it again replaces what was said. */
export function feedbackId(runId: string, source: string, key: string): string {
  return v5(JSON.stringify([runId, source, key]), v5.URL);
}

/** The run's row, or what is kept of a stateless one. */
async function requireTarget(database: Queryable, owner: string, runId: string): Promise<FeedbackTarget> {
  const run = await findRun(database, owner, runId);
  if (run) {
    const { graph_id } = requestOf(run);
    return { owner, run_id: runId, thread_id: run.thread_id, graph_id, trace_id: run.trace_id };
  }
  const target = await findFeedbackTarget(database, owner, runId);
  if (target) return target;
  throw new SignalboxError("run-not-found", `Run with ID ${runId} not found`);
}

function toFeedback({ owner: _, revision: __, ...record }: FeedbackRecord): Feedback {
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    ...record,
    sent_at: record.sent_at === null ? null : time(record.sent_at),
    created_at: time(record.created_at),
    updated_at: time(record.updated_at),
  };
}
