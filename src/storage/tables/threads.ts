/** The rows of threads. */
import { ownedBy, paged } from "../conditions.ts";
import type { Database, Queryable, Transaction } from "../database.ts";
import { decode, encode } from "../serializer.ts";

/** A thread as stored; times are ms, `interrupts` are the pending ones by task id. */
export interface ThreadRecord {
  thread_id: string;
  /** The graph that ran last on the thread; null before the first run. */
  graph_id: string | null;
  status: string;
  /** Made for one run, and deleted at its end. */
  stateless: boolean;
  metadata: Record<string, unknown>;
  config: Record<string, unknown>;
  interrupts: Record<string, unknown>;
  error: unknown;
  created_at: number;
  updated_at: number;
}

type Row = Omit<ThreadRecord, "stateless" | "metadata" | "config" | "interrupts" | "error"> & {
  stateless: number;
  metadata: string;
  config: Uint8Array;
  interrupts: Uint8Array;
  error: Uint8Array | null;
};

export interface ThreadFilter {
  ids?: string[];
  metadata?: Record<string, unknown>;
  status?: string;
}

const columns = "thread_id, graph_id, status, stateless, metadata, config, interrupts, error, created_at, updated_at";

const sorting = {
  sortable: ["thread_id", "status", "created_at", "updated_at"],
  default: "updated_at",
  id: "thread_id",
};

function fromRow(row: Row): ThreadRecord {
  return {
    ...row,
    stateless: row.stateless === 1,
    metadata: JSON.parse(row.metadata),
    config: decode(row.config) as Record<string, unknown>,
    interrupts: decode(row.interrupts) as Record<string, unknown>,
    error: row.error && decode(row.error),
  };
}

/** Adds a thread; false, and nothing done, where the id is taken. */
export async function insertThread(database: Queryable, owner: string, record: ThreadRecord): Promise<boolean> {
  const added = await database.query(
    `INSERT INTO threads (owner, ${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT DO NOTHING RETURNING thread_id`,
    [
      owner,
      record.thread_id,
      record.graph_id,
      record.status,
      record.stateless ? 1 : 0,
      JSON.stringify(record.metadata),
      encode(record.config),
      encode(record.interrupts),
      record.error == null ? null : encode(record.error),
      record.created_at,
      record.updated_at,
    ],
  );
  return added.length > 0;
}

export async function findThread(
  database: Queryable,
  owner: string,
  threadId: string,
): Promise<ThreadRecord | undefined> {
  const rows = await database.query<Row>(`SELECT ${columns} FROM threads WHERE owner = $1 AND thread_id = $2`, [
    owner,
    threadId,
  ]);
  return rows[0] && fromRow(rows[0]);
}

/** findThread for a transaction that goes on to change the thread or its runs: nobody else does until it ends. */
export async function lockThread(
  tx: Queryable,
  database: Database,
  owner: string,
  threadId: string,
): Promise<ThreadRecord | undefined> {
  const rows = await tx.query<Row>(
    `SELECT ${columns} FROM threads WHERE owner = $1 AND thread_id = $2 ${database.dialect.lockRows}`,
    [owner, threadId],
  );
  return rows[0] && fromRow(rows[0]);
}

/** lockThread for a transaction that need not know the thread. */
export function holdThread(tx: Transaction, database: Database, owner: string, threadId: string): void {
  tx.send(`SELECT thread_id FROM threads WHERE owner = $1 AND thread_id = $2 ${database.dialect.lockRows}`, [
    owner,
    threadId,
  ]);
}

export async function searchThreads(
  database: Database,
  owner: string,
  filter: ThreadFilter & { sort_by?: string; sort_order?: "asc" | "desc"; limit: number; offset: number },
): Promise<{ items: ThreadRecord[]; total: number }> {
  const conditions = ownedBy(owner);
  conditions.add("stateless = 0");
  if (filter.ids !== undefined)
    conditions.add(database.dialect.inList("thread_id", conditions.bind(JSON.stringify(filter.ids))));
  if (filter.status !== undefined) conditions.add("status = ?", filter.status);
  if (filter.metadata && Object.keys(filter.metadata).length > 0)
    conditions.add(database.dialect.jsonContains("metadata", conditions.bind(JSON.stringify(filter.metadata))));
  const counted = await database.query<{ total: number }>(
    `SELECT count(*) AS total FROM threads WHERE ${conditions.sql}`,
    [...conditions.values],
  );
  const sort_by = filter.sort_by === "state_updated_at" ? "updated_at" : filter.sort_by;
  const page = paged(conditions, { ...filter, sort_by }, sorting);
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM threads WHERE ${conditions.sql} ${page}`,
    conditions.values,
  );
  return { items: rows.map(fromRow), total: counted[0]?.total ?? 0 };
}

/** Sets a thread's metadata as a whole. */
export function setThreadMetadata(
  tx: Transaction,
  owner: string,
  threadId: string,
  metadata: Record<string, unknown>,
  now: number,
): void {
  tx.send("UPDATE threads SET metadata = $3, updated_at = $4 WHERE owner = $1 AND thread_id = $2", [
    owner,
    threadId,
    JSON.stringify(metadata),
    now,
  ]);
}

/** Marks a thread as having an active run of this graph. */
export function setThreadBusy(
  tx: Transaction,
  owner: string,
  threadId: string,
  change: { status: string; graph_id: string; metadata: Record<string, unknown>; config: Record<string, unknown> },
  now: number,
): void {
  tx.send(
    `UPDATE threads SET status = $3, graph_id = $4, metadata = $5, config = $6, updated_at = $7
     WHERE owner = $1 AND thread_id = $2`,
    [owner, threadId, change.status, change.graph_id, JSON.stringify(change.metadata), encode(change.config), now],
  );
}

/**
 * Sets what the thread's latest checkpoint means for its status, and what its runs mean for it: while one is in one of
 * the statuses `active.runs`, the thread's is `active.status`.
 */
export function setThreadOutcome(
  tx: Transaction,
  owner: string,
  threadId: string,
  outcome: {
    status: string;
    active: { status: string; runs: readonly string[] };
    interrupts: Record<string, unknown>;
    error: unknown;
  },
  now: number,
): void {
  const { active } = outcome;
  const activeRuns = active.runs.map((_, index) => `$${index + 8}`).join(", ");
  tx.send(
    `UPDATE threads SET interrupts = $4, error = $5, updated_at = $6,
       status = CASE WHEN EXISTS (
         SELECT 1 FROM runs WHERE owner = $1 AND thread_id = $2 AND status IN (${activeRuns})) THEN $7 ELSE $3 END
     WHERE owner = $1 AND thread_id = $2`,
    [
      owner,
      threadId,
      outcome.status,
      encode(outcome.interrupts),
      outcome.error == null ? null : encode(outcome.error),
      now,
      active.status,
      ...active.runs,
    ],
  );
}

/** Deletes the thread's row alone. */
export function deleteThreadRow(tx: Transaction, owner: string, threadId: string): void {
  tx.send("DELETE FROM threads WHERE owner = $1 AND thread_id = $2", [owner, threadId]);
}

/** The ids of the owner's threads with this metadata, for deletion together with their assistant. */
export async function threadsWithMetadata(
  database: Database,
  owner: string,
  metadata: Record<string, unknown>,
): Promise<string[]> {
  const rows = await database.query<{ thread_id: string }>(
    `SELECT thread_id FROM threads WHERE owner = $1 AND ${database.dialect.jsonContains("metadata", "$2")}`,
    [owner, JSON.stringify(metadata)],
  );
  return rows.map((row) => row.thread_id);
}
