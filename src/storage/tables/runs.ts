/** The rows of runs. What a status means, and who may change it, is the engine's business. */
import { ownedBy, paged } from "../conditions.ts";
import type { Database, Queryable, Transaction } from "../database.ts";
import { decode, encode } from "../serializer.ts";

/** A run as stored; times are ms. A run that a worker holds has a lease. */
export interface RunRecord {
  run_id: string;
  owner: string;
  thread_id: string;
  assistant_id: string;
  status: string;
  request: Record<string, unknown>;
  metadata: Record<string, unknown>;
  multitask_strategy: string;
  trace_id: string;
  /** How often it was claimed. */
  attempt: number;
  /** How many of those attempts ended with their process. */
  failures: number;
  worker: string | null;
  lease_until: number | null;
  cancel_action: string | null;
  error: unknown;
  created_at: number;
  updated_at: number;
}

type Row = Omit<RunRecord, "request" | "metadata" | "error"> & {
  request: Uint8Array;
  metadata: string;
  error: Uint8Array | null;
};

const columns = `run_id, owner, thread_id, assistant_id, status, request, metadata, multitask_strategy, trace_id,
  attempt, failures, worker, lease_until, cancel_action, error, created_at, updated_at`;

function fromRow(row: Row): RunRecord {
  return {
    ...row,
    request: decode(row.request) as Record<string, unknown>,
    metadata: JSON.parse(row.metadata),
    error: row.error && decode(row.error),
  };
}

export function insertRun(tx: Transaction, record: RunRecord): void {
  tx.send(
    `INSERT INTO runs (${columns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) -- with its owner`,
    [
      record.run_id,
      record.owner,
      record.thread_id,
      record.assistant_id,
      record.status,
      encode(record.request),
      JSON.stringify(record.metadata),
      record.multitask_strategy,
      record.trace_id,
      record.attempt,
      record.failures,
      record.worker,
      record.lease_until,
      record.cancel_action,
      record.error == null ? null : encode(record.error),
      record.created_at,
      record.updated_at,
    ],
  );
}

export async function findRun(database: Queryable, owner: string, runId: string): Promise<RunRecord | undefined> {
  const rows = await database.query<Row>(`SELECT ${columns} FROM runs WHERE owner = $1 AND run_id = $2`, [
    owner,
    runId,
  ]);
  return rows[0] && fromRow(rows[0]);
}

/** The thread's runs, newest first. */
export async function listRuns(
  database: Queryable,
  owner: string,
  threadId: string,
  filter: { status?: string; limit: number; offset: number },
): Promise<RunRecord[]> {
  const conditions = ownedBy(owner);
  conditions.add("thread_id = ?", threadId);
  if (filter.status !== undefined) conditions.add("status = ?", filter.status);
  const page = paged(conditions, filter, { sortable: [], default: "created_at", id: "run_id" });
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM runs WHERE ${conditions.sql} ${page}`,
    conditions.values,
  );
  return rows.map(fromRow);
}

/** The thread's runs that are in one of these statuses, oldest first. There are few, however many it had. */
export async function runsOfThread(
  tx: Queryable,
  owner: string,
  threadId: string,
  statuses: readonly string[],
): Promise<{ run_id: string; status: string }[]> {
  // Bound one by one, since a list in JSON would keep the index from being used; there are two at most.
  const parameters = statuses.map((_, index) => `$${index + 3}`).join(", ");
  const runs = await tx.query<{ run_id: string; status: string }>(
    // Sorted below: an ORDER BY makes SQLite go through all runs that the thread ever had, in that order.
    `SELECT run_id, status FROM runs WHERE owner = $1 AND thread_id = $2 AND status IN (${parameters})`,
    [owner, threadId, ...statuses],
  );
  return runs.sort((one, other) => (one.run_id < other.run_id ? -1 : 1));
}

/** Every run in one of these statuses, whoever's it is, oldest first: what a server finds at its start. */
export async function runsInStatus(database: Database, statuses: readonly string[]): Promise<RunRecord[]> {
  const rows = await database.query<Row>(
    // every owner: the server takes up what all of its users have left
    `SELECT ${columns} FROM runs WHERE ${database.dialect.inList("status", "$1")} ORDER BY run_id`,
    [JSON.stringify(statuses)],
  );
  return rows.map(fromRow);
}

export interface Claim {
  from: string;
  to: string;
  worker: string;
  lease_until: number;
  now: number;
}

/**
 * Gives the thread's oldest run in status `from` to a worker, with one attempt more. Undefined where there is none,
 * or where a run of the thread is in status `to` already: a thread runs one at a time.
 */
export async function claimNextRun(
  database: Queryable,
  owner: string,
  threadId: string,
  claim: Claim,
): Promise<RunRecord | undefined> {
  const rows = await database.query<Row>(
    `UPDATE runs SET status = $4, attempt = attempt + 1, worker = $5, lease_until = $6, updated_at = $7
     WHERE owner = $1 AND status = $3 AND run_id = (
         SELECT run_id FROM runs WHERE owner = $1 AND thread_id = $2 AND status = $3 ORDER BY run_id LIMIT 1)
       AND NOT EXISTS (SELECT 1 FROM runs WHERE owner = $1 AND thread_id = $2 AND status = $4)
     RETURNING ${columns}`,
    [owner, threadId, claim.from, claim.to, claim.worker, claim.lease_until, claim.now],
  );
  return rows[0] && fromRow(rows[0]);
}

/**
 * Moves a run to another status and frees its lease; `failures` counts up by one where asked. False, and nothing
 * done, unless it is in status `from` with this attempt.
 */
export async function moveRun(
  tx: Queryable,
  run: { owner: string; run_id: string; attempt: number },
  move: { from: string; to: string; error?: unknown; failures?: 1; now: number },
): Promise<boolean> {
  const moved = await tx.query(
    `UPDATE runs SET status = $5, error = $6, failures = failures + $7, worker = NULL, lease_until = NULL,
       updated_at = $8
     WHERE owner = $1 AND run_id = $2 AND attempt = $3 AND status = $4 RETURNING run_id`,
    [
      run.owner,
      run.run_id,
      run.attempt,
      move.from,
      move.to,
      move.error == null ? null : encode(move.error),
      move.failures ?? 0,
      move.now,
    ],
  );
  return moved.length > 0;
}

/** Takes the lease from a run: what its attempt still writes is refused from now on. Its status stays. */
export function endLease(tx: Transaction, run: { owner: string; run_id: string; attempt: number }): void {
  tx.send("UPDATE runs SET worker = NULL, lease_until = NULL WHERE owner = $1 AND run_id = $2 AND attempt = $3", [
    run.owner,
    run.run_id,
    run.attempt,
  ]);
}

/** Writes down that a run in this status is to be cancelled, so that it is cancelled whatever happens next. */
export async function setCancelAction(
  tx: Queryable,
  owner: string,
  runId: string,
  status: string,
  action: string,
): Promise<boolean> {
  const marked = await tx.query(
    "UPDATE runs SET cancel_action = $4 WHERE owner = $1 AND run_id = $2 AND status = $3 RETURNING run_id",
    [owner, runId, status, action],
  );
  return marked.length > 0;
}

/** Prolongs the leases of all runs that the worker holds. */
export async function renewLeases(database: Queryable, worker: string, leaseUntil: number): Promise<void> {
  await database.query(
    // every owner: a worker runs for all users
    "UPDATE runs SET lease_until = $2 WHERE worker = $1 AND lease_until IS NOT NULL",
    [worker, leaseUntil],
  );
}

/** Deletes one run's row. */
export function deleteRun(tx: Transaction, owner: string, runId: string): void {
  tx.send("DELETE FROM runs WHERE owner = $1 AND run_id = $2", [owner, runId]);
}

/** Deletes the rows of all runs of a thread. */
export function deleteRunsOfThread(tx: Transaction, owner: string, threadId: string): void {
  tx.send("DELETE FROM runs WHERE owner = $1 AND thread_id = $2", [owner, threadId]);
}
