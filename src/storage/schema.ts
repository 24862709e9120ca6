/**
 * The tables, as migrations that both databases run. Types are Postgres' names, which SQLite takes as they are;
 * on Postgres each TEXT column is created with COLLATE "C", so that text compares by bytes on both.
 * BYTEA holds values from serializer.ts; a JSON column (metadata) holds only what is filtered by.
 * Times are ms since 1970. Every table has its owner, and every key starts with it or is minted by the server.
 */

/** Each entry is one migration: run once, in order, in one transaction. Never edit one that has been released. */
export const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE assistants (
      owner TEXT NOT NULL,
      assistant_id TEXT NOT NULL,
      graph_id TEXT NOT NULL,
      name TEXT NOT NULL,
      description TEXT,
      config BYTEA NOT NULL,
      context BYTEA NOT NULL,
      metadata TEXT NOT NULL,
      version BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (owner, assistant_id)
    )`,
    `CREATE TABLE assistant_versions (
      owner TEXT NOT NULL,
      assistant_id TEXT NOT NULL,
      version BIGINT NOT NULL,
      graph_id TEXT NOT NULL,
      name TEXT NOT NULL,
      description TEXT,
      config BYTEA NOT NULL,
      context BYTEA NOT NULL,
      metadata TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (owner, assistant_id, version)
    )`,
    `CREATE TABLE threads (
      owner TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      graph_id TEXT,
      status TEXT NOT NULL,
      stateless BIGINT NOT NULL,
      metadata TEXT NOT NULL,
      config BYTEA NOT NULL,
      interrupts BYTEA NOT NULL,
      error BYTEA,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (owner, thread_id)
    )`,
    "CREATE INDEX threads_by_update ON threads (owner, updated_at, thread_id)",
    `CREATE TABLE runs (
      run_id TEXT NOT NULL PRIMARY KEY,
      owner TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      assistant_id TEXT NOT NULL,
      status TEXT NOT NULL,
      request BYTEA NOT NULL,
      metadata TEXT NOT NULL,
      multitask_strategy TEXT NOT NULL,
      trace_id TEXT NOT NULL,
      attempt BIGINT NOT NULL,
      failures BIGINT NOT NULL,
      worker TEXT,
      lease_until BIGINT,
      cancel_action TEXT,
      error BYTEA,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL
    )`,
    "CREATE INDEX runs_by_thread ON runs (owner, thread_id, run_id)",
    "CREATE INDEX runs_of_thread_by_status ON runs (owner, thread_id, status, run_id)",
    "CREATE INDEX runs_by_status ON runs (status, run_id)",
    `CREATE TABLE checkpoints (
      owner TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      checkpoint_ns TEXT NOT NULL,
      checkpoint_id TEXT NOT NULL,
      parent_checkpoint_id TEXT,
      run_id TEXT,
      checkpoint BYTEA NOT NULL,
      metadata BYTEA NOT NULL,
      PRIMARY KEY (owner, thread_id, checkpoint_ns, checkpoint_id)
    )`,
    `CREATE TABLE checkpoint_writes (
      owner TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      checkpoint_ns TEXT NOT NULL,
      checkpoint_id TEXT NOT NULL,
      task_id TEXT NOT NULL,
      idx BIGINT NOT NULL,
      task_path TEXT NOT NULL,
      channel TEXT NOT NULL,
      run_id TEXT,
      value BYTEA NOT NULL,
      PRIMARY KEY (owner, thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
    )`,
    `CREATE TABLE store_items (
      owner TEXT NOT NULL,
      namespace TEXT NOT NULL,
      key TEXT NOT NULL,
      value BYTEA NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      PRIMARY KEY (owner, namespace, key)
    )`,
    `CREATE TABLE idempotency_keys (
      owner TEXT NOT NULL,
      key TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      run_id TEXT NOT NULL,
      created_at BIGINT NOT NULL,
      PRIMARY KEY (owner, key)
    )`,
    "CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)",
  ],
];
