/** The rows that remember which run an Idempotency-Key started. */
import type { Queryable } from "../database.ts";

export interface IdempotencyRecord {
  key: string;
  /** A hash of the request, to tell a retry from another request under the same key. */
  fingerprint: string;
  thread_id: string;
  run_id: string;
  created_at: number;
}

/** Remembers a key; false, and nothing done, where the owner has used it. */
export async function insertIdempotencyKey(tx: Queryable, owner: string, record: IdempotencyRecord): Promise<boolean> {
  const added = await tx.query(
    `INSERT INTO idempotency_keys (owner, key, fingerprint, thread_id, run_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING key`,
    [owner, record.key, record.fingerprint, record.thread_id, record.run_id, record.created_at],
  );
  return added.length > 0;
}

export async function findIdempotencyKey(
  database: Queryable,
  owner: string,
  key: string,
): Promise<IdempotencyRecord | undefined> {
  const rows = await database.query<IdempotencyRecord>(
    `SELECT key, fingerprint, thread_id, run_id, created_at FROM idempotency_keys WHERE owner = $1 AND key = $2`,
    [owner, key],
  );
  return rows[0];
}

/** Forgets the keys that are older than `before` (ms). */
export async function deleteIdempotencyKeys(database: Queryable, before: number): Promise<void> {
  await database.query(
    // every owner: keys grow old for all alike
    "DELETE FROM idempotency_keys WHERE created_at < $1",
    [before],
  );
}
