/** The rows behind the checkpointer: checkpoints, and the writes that wait on one for its superstep to end. */
import { SignalboxError } from "../errors.ts";
import { ownedBy } from "./conditions.ts";
import type { Database, Queryable, Transaction, Value } from "./database.ts";
import { assertBindable } from "./values.ts";

/** Whose checkpoints, and the attempt that alone may write them. */
export interface CheckpointScope {
  owner: string;
  fence?: { run_id: string; attempt: number };
  /** Added to each checkpoint's metadata, under what LangGraph writes there. */
  metadata?: Record<string, unknown>;
}

export interface CheckpointKey {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id: string;
}

export interface CheckpointRow {
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  checkpoint: Uint8Array;
  metadata: Uint8Array;
}

/** `idx` is the write's place among its task's; special writes have negative ones. */
export interface WriteRow {
  task_id: string;
  task_path: string;
  idx: number;
  channel: string;
  value: Uint8Array;
}

export interface KeyFilter extends Partial<CheckpointKey> {
  /** Only ids that sort before this one. */
  before?: string;
  /** Where the last page ended. */
  after?: CheckpointKey;
  limit: number;
}

export function createCheckpointRows(database: Database, { owner, fence }: CheckpointScope) {
  const { dialect } = database;
  const runId = fence?.run_id ?? null;
  const fenceValues: Value[] = fence ? [fence.run_id, fence.attempt] : [];

  /**
   * What a fenced statement begins with: `fence` has a row only while the attempt owns its run. The run's row is held
   * until the write is committed, so that a newer attempt starts after it, or makes it stale.
   */
  const withFence = (runParameter: string, attemptParameter: string) =>
    fence
      ? `WITH fence AS (SELECT run_id FROM runs WHERE owner = $1 AND run_id = ${runParameter}
           AND lease_until IS NOT NULL AND attempt = ${attemptParameter} ${dialect.shareRows})`
      : "";

  const storeFenced = async (sql: string, values: Value[]): Promise<void> => {
    const stored = await database.query(sql, [...values, ...fenceValues]);
    if (stored.length > 0) return;
    throw new SignalboxError(
      "stale-attempt",
      `Attempt ${fence?.attempt} of run ${runId} does not own the run any more; its write was refused.`,
    );
  };

  const insertCheckpointSql = `${withFence("$9", "$10")}
    INSERT INTO checkpoints
      (owner, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, run_id, checkpoint, metadata)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8 ${fence ? "FROM fence" : ""} WHERE true
    ON CONFLICT (owner, thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET
      parent_checkpoint_id = excluded.parent_checkpoint_id, run_id = excluded.run_id,
      checkpoint = excluded.checkpoint, metadata = excluded.metadata
    RETURNING checkpoint_id`;

  // All writes in one statement: their places and channels as JSON, their values end to end.
  // The first write to a place counts, but a special one is replaced.
  const insertWritesSql = `${withFence("$10", "$11")}
    INSERT INTO checkpoint_writes
      (owner, thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, run_id, idx, channel, value)
    SELECT $1, $2, $3, $4, $5, $6, $7, CAST(value ->> 0 AS BIGINT), value ->> 1,
      substr(${dialect.bytes("$8")}, CAST(value ->> 2 AS INTEGER), CAST(value ->> 3 AS INTEGER))
    FROM ${dialect.elements("$9")} ${fence ? "CROSS JOIN fence" : ""} WHERE true
    ON CONFLICT (owner, thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO UPDATE SET
      channel = CASE WHEN excluded.idx < 0 THEN excluded.channel ELSE checkpoint_writes.channel END,
      value = CASE WHEN excluded.idx < 0 THEN excluded.value ELSE checkpoint_writes.value END
    RETURNING idx`;

  // One statement, so that the writes belong to the checkpoint even while the next one is being put.
  const readSql = (predicates: string) => `
    WITH wanted AS (
      SELECT checkpoint_id, parent_checkpoint_id, checkpoint, metadata FROM checkpoints
      WHERE owner = $1 AND thread_id = $2 AND checkpoint_ns = $3 ${predicates}
      ORDER BY checkpoint_id DESC LIMIT 1)
    SELECT checkpoint_id, parent_checkpoint_id, metadata, checkpoint AS value,
      NULL AS task_id, NULL AS task_path, NULL AS idx, NULL AS channel FROM wanted
    UNION ALL
    SELECT NULL, NULL, NULL, value, task_id, task_path, idx, channel FROM checkpoint_writes
    WHERE owner = $1 AND thread_id = $2 AND checkpoint_ns = $3
      AND checkpoint_id = (SELECT checkpoint_id FROM wanted)`;
  const readLatestSql = readSql("");
  const readOneSql = readSql("AND checkpoint_id = $4");

  return {
    /** @throws SignalboxError "stale-attempt" */
    async insertCheckpoint(
      key: CheckpointKey,
      row: Pick<CheckpointRow, "parent_checkpoint_id" | "checkpoint" | "metadata">,
    ): Promise<void> {
      await storeFenced(insertCheckpointSql, [
        owner,
        key.thread_id,
        key.checkpoint_ns,
        key.checkpoint_id,
        row.parent_checkpoint_id,
        runId,
        row.checkpoint,
        row.metadata,
      ]);
    },

    /** @throws SignalboxError "stale-attempt" */
    async insertWrites(
      key: CheckpointKey,
      task: { task_id: string; task_path: string },
      writes: Pick<WriteRow, "idx" | "channel" | "value">[],
    ): Promise<void> {
      if (writes.length === 0) return;
      assertBindable(writes.map(({ channel }) => channel));
      let start = 1;
      const places = writes.map(({ idx, channel, value }) => {
        const place = [idx, channel, start, value.byteLength];
        start += value.byteLength;
        return place;
      });
      await storeFenced(insertWritesSql, [
        owner,
        key.thread_id,
        key.checkpoint_ns,
        key.checkpoint_id,
        task.task_id,
        task.task_path,
        runId,
        Buffer.concat(writes.map(({ value }) => value)),
        JSON.stringify(places),
      ]);
    },

    /** The checkpoint with its writes, in no order; the latest one where no id is given. */
    async read(
      key: Omit<CheckpointKey, "checkpoint_id"> & { checkpoint_id?: string },
    ): Promise<{ checkpoint: CheckpointRow; writes: WriteRow[] } | undefined> {
      const values = [owner, key.thread_id, key.checkpoint_ns];
      const [first, ...writes] = await (key.checkpoint_id === undefined
        ? database.query<Omit<CheckpointRow, "checkpoint"> & WriteRow>(readLatestSql, values)
        : database.query<Omit<CheckpointRow, "checkpoint"> & WriteRow>(readOneSql, [...values, key.checkpoint_id]));
      if (!first) return undefined;
      const { checkpoint_id, parent_checkpoint_id, metadata, value } = first;
      return { checkpoint: { checkpoint_id, parent_checkpoint_id, metadata, checkpoint: value }, writes };
    },

    /** The keys of the owner's checkpoints, newest first, with their metadata. */
    async keys(filter: KeyFilter): Promise<(CheckpointKey & { metadata: Uint8Array })[]> {
      const conditions = ownedBy(owner);
      if (filter.thread_id !== undefined) conditions.add("thread_id = ?", filter.thread_id);
      if (filter.checkpoint_ns !== undefined) conditions.add("checkpoint_ns = ?", filter.checkpoint_ns);
      if (filter.checkpoint_id) conditions.add("checkpoint_id = ?", filter.checkpoint_id);
      if (filter.before) conditions.add("checkpoint_id < ?", filter.before);
      if (filter.after) {
        const { checkpoint_id, thread_id, checkpoint_ns } = filter.after;
        conditions.add(
          "(checkpoint_id, thread_id, checkpoint_ns) < (?, ?, ?)",
          checkpoint_id,
          thread_id,
          checkpoint_ns,
        );
      }
      const limit = conditions.bind(filter.limit);
      return await database.query(
        `SELECT thread_id, checkpoint_ns, checkpoint_id, metadata FROM checkpoints WHERE ${conditions.sql}
         ORDER BY checkpoint_id DESC, thread_id DESC, checkpoint_ns DESC LIMIT ${limit}`,
        conditions.values,
      );
    },
  };
}

/** Copies all checkpoints and writes of a thread to another one that has none. They belong to no run there. */
export async function copyThread(tx: Queryable, owner: string, fromThread: string, toThread: string): Promise<void> {
  await tx.query(
    `INSERT INTO checkpoints
       (owner, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, run_id, checkpoint, metadata)
     SELECT owner, $3, checkpoint_ns, checkpoint_id, parent_checkpoint_id, NULL, checkpoint, metadata
     FROM checkpoints WHERE owner = $1 AND thread_id = $2`,
    [owner, fromThread, toThread],
  );
  await tx.query(
    `INSERT INTO checkpoint_writes
       (owner, thread_id, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, run_id, value)
     SELECT owner, $3, checkpoint_ns, checkpoint_id, task_id, idx, task_path, channel, NULL, value
     FROM checkpoint_writes WHERE owner = $1 AND thread_id = $2`,
    [owner, fromThread, toThread],
  );
}

/** Deletes what a run stored in its thread, and everybody's writes on its checkpoints. */
export function deleteRunCheckpoints(tx: Transaction, owner: string, threadId: string, runId: string): void {
  tx.send(
    `DELETE FROM checkpoint_writes WHERE owner = $1 AND thread_id = $2 AND (run_id = $3 OR EXISTS (
       SELECT 1 FROM checkpoints
       WHERE checkpoints.owner = $1 AND checkpoints.thread_id = $2 AND checkpoints.run_id = $3
         AND checkpoints.checkpoint_ns = checkpoint_writes.checkpoint_ns
         AND checkpoints.checkpoint_id = checkpoint_writes.checkpoint_id))`,
    [owner, threadId, runId],
  );
  tx.send("DELETE FROM checkpoints WHERE owner = $1 AND thread_id = $2 AND run_id = $3", [owner, threadId, runId]);
}

/** Deletes what a run's tasks wrote for the next superstep, and leaves its checkpoints. */
export async function deleteRunWrites(tx: Queryable, owner: string, threadId: string, runId: string): Promise<void> {
  await tx.query("DELETE FROM checkpoint_writes WHERE owner = $1 AND thread_id = $2 AND run_id = $3", [
    owner,
    threadId,
    runId,
  ]);
}

/** Deletes all checkpoints and writes of a thread. */
export function deleteThreadCheckpoints(tx: Transaction, owner: string, threadId: string): void {
  tx.send("DELETE FROM checkpoint_writes WHERE owner = $1 AND thread_id = $2", [owner, threadId]);
  tx.send("DELETE FROM checkpoints WHERE owner = $1 AND thread_id = $2", [owner, threadId]);
}
