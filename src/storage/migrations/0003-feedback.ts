/** Feedback on runs, what is known of runs whose rows are gone, and the server's own secrets. */
import type { Migration } from "./migration.ts";

export const feedbackMigration: Migration = [
  // The score is a number (1 and 0 for a boolean) or a category; score_kind tells which, NULL where there is none.
  `CREATE TABLE feedback (
    owner TEXT NOT NULL,
    feedback_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    graph_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    key TEXT NOT NULL,
    source TEXT NOT NULL,
    score_kind TEXT,
    score DOUBLE PRECISION,
    category TEXT,
    comment TEXT,
    correction BYTEA,
    revision BIGINT NOT NULL,
    sent_at BIGINT,
    refusal TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (owner, feedback_id)
  )`,
  "CREATE INDEX feedback_by_run ON feedback (owner, run_id)",
  "CREATE INDEX feedback_by_thread ON feedback (owner, thread_id)",
  "CREATE INDEX feedback_by_time ON feedback (updated_at)",
  "CREATE INDEX feedback_unsent ON feedback (updated_at, feedback_id) WHERE sent_at IS NULL AND refusal IS NULL",
  `CREATE TABLE feedback_targets (
    owner TEXT NOT NULL,
    run_id TEXT NOT NULL,
    thread_id TEXT NOT NULL,
    graph_id TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (owner, run_id)
  )`,
  "CREATE INDEX feedback_targets_by_age ON feedback_targets (created_at)",
  "CREATE TABLE secrets (name TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL)",
];
