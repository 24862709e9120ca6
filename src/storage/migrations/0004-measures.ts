/** What runs took and cost: kept when their threads are gone. */
import type { Migration } from "./migration.ts";

export const measuresMigration: Migration = [
  `CREATE TABLE run_measures (
    owner TEXT NOT NULL,
    run_id TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    thread_id TEXT NOT NULL,
    assistant_id TEXT NOT NULL,
    graph_id TEXT NOT NULL,
    status TEXT NOT NULL,
    error TEXT,
    ended_at BIGINT NOT NULL,
    latency_ms BIGINT NOT NULL,
    queue_ms BIGINT,
    first_token_ms BIGINT,
    input_chars BIGINT,
    route TEXT,
    interrupts BIGINT NOT NULL,
    models TEXT NOT NULL,
    tools TEXT NOT NULL,
    PRIMARY KEY (owner, run_id, attempt)
  )`,
  "CREATE INDEX run_measures_by_end ON run_measures (ended_at, run_id)",
  "CREATE INDEX run_measures_of_owner_by_end ON run_measures (owner, ended_at, run_id)",
];
