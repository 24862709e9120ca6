/** The rows of feedback: what was said of runs, and what of it has been sent on. */
import type { Queryable, Transaction } from "../database.ts";
import { decode, encode } from "../serializer.ts";

/** Whom feedback is about: enough of a run to be found again where its row is gone. */
export interface FeedbackTarget {
  owner: string;
  run_id: string;
  thread_id: string;
  graph_id: string;
  trace_id: string;
}

export interface NewFeedbackRecord extends FeedbackTarget {
  feedback_id: string;
  key: string;
  source: string;
  /** A text is a category. */
  score: number | boolean | string | null;
  comment: string | null;
  /** Any value; null for none. */
  correction: unknown;
}

/** Feedback as stored; times are ms. */
export interface FeedbackRecord extends NewFeedbackRecord {
  /** Counts the changes, from 1. */
  revision: number;
  sent_at: number | null;
  /** Why the receiver does not take it, for good. */
  refusal: string | null;
  created_at: number;
  updated_at: number;
}

type Row = Omit<FeedbackRecord, "score" | "correction"> & {
  score_kind: "number" | "boolean" | "category" | null;
  score: number | null;
  category: string | null;
  correction: Uint8Array | null;
};

const columns = `owner, feedback_id, run_id, thread_id, graph_id, trace_id, key, source, score_kind, score, category,
  comment, correction, revision, sent_at, refusal, created_at, updated_at`;

function fromRow({ score_kind, category, ...row }: Row): FeedbackRecord {
  const score = score_kind === "category" ? category : score_kind === "boolean" ? row.score === 1 : row.score;
  return { ...row, score, correction: row.correction && decode(row.correction) };
}

/**
 * Adds feedback, or replaces what has its id; what is the same already stays as it is, sent or not.
 * @returns the row as it is now: of another run, and untouched, where the id is taken by that
 */
export async function putFeedback(tx: Queryable, record: NewFeedbackRecord, now: number): Promise<FeedbackRecord> {
  const { owner, feedback_id, score } = record;
  const kind = score === null ? null : typeof score === "string" ? "category" : (typeof score as "number" | "boolean");
  const rows = await tx.query<Row>(
    `INSERT INTO feedback (${columns})
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, NULL, NULL, $14, $14)
     ON CONFLICT (owner, feedback_id) DO UPDATE SET key = excluded.key, source = excluded.source,
       score_kind = excluded.score_kind, score = excluded.score, category = excluded.category,
       comment = excluded.comment, correction = excluded.correction,
       revision = feedback.revision + 1, sent_at = NULL, refusal = NULL, updated_at = excluded.updated_at
     WHERE feedback.run_id = excluded.run_id AND (
       feedback.key IS DISTINCT FROM excluded.key OR feedback.source IS DISTINCT FROM excluded.source
       OR feedback.score_kind IS DISTINCT FROM excluded.score_kind OR feedback.score IS DISTINCT FROM excluded.score
       OR feedback.category IS DISTINCT FROM excluded.category OR feedback.comment IS DISTINCT FROM excluded.comment
       OR feedback.correction IS DISTINCT FROM excluded.correction)
     RETURNING ${columns}`,
    [
      owner,
      feedback_id,
      record.run_id,
      record.thread_id,
      record.graph_id,
      record.trace_id,
      record.key,
      record.source,
      kind,
      score === null || kind === "category" ? null : Number(score),
      kind === "category" ? String(score) : null,
      record.comment,
      record.correction == null ? null : encode(record.correction),
      now,
    ],
  );
  return fromRow(rows[0] ?? (await rowOf(tx, owner, feedback_id)));
}

async function rowOf(tx: Queryable, owner: string, feedbackId: string): Promise<Row> {
  const [row] = await tx.query<Row>(`SELECT ${columns} FROM feedback WHERE owner = $1 AND feedback_id = $2`, [
    owner,
    feedbackId,
  ]);
  if (row) return row;
  throw new Error(`The feedback ${feedbackId} was neither stored nor there already.`);
}

/** What was said of a run, oldest first. */
export async function feedbackOfRun(
  database: Queryable,
  owner: string,
  runId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<FeedbackRecord[]> {
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM feedback WHERE owner = $1 AND run_id = $2
     ORDER BY created_at, feedback_id LIMIT $3 OFFSET $4`,
    [owner, runId, limit, offset],
  );
  return rows.map(fromRow);
}

/** What was said of the runs of a thread, oldest first. */
export async function feedbackOfThread(
  database: Queryable,
  owner: string,
  threadId: string,
): Promise<FeedbackRecord[]> {
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM feedback WHERE owner = $1 AND thread_id = $2 ORDER BY updated_at, feedback_id`,
    [owner, threadId],
  );
  return rows.map(fromRow);
}

/** Takes from a thread's feedback what was written; the scores stay, for the statistics. */
export function eraseFeedbackTexts(tx: Transaction, owner: string, threadId: string): void {
  tx.send("UPDATE feedback SET comment = NULL, correction = NULL WHERE owner = $1 AND thread_id = $2", [
    owner,
    threadId,
  ]);
}

/** Feedback given or changed since (ms) that was neither sent nor refused, oldest first. */
export async function unsentFeedback(database: Queryable, since: number, limit: number): Promise<FeedbackRecord[]> {
  const rows = await database.query<Row>(
    // every owner: the server sends for all of its users
    `SELECT ${columns} FROM feedback WHERE sent_at IS NULL AND refusal IS NULL AND updated_at >= $1
     ORDER BY updated_at, feedback_id LIMIT $2`,
    [since, limit],
  );
  return rows.map(fromRow);
}

/** Writes down what became of feedback that was sent; one that has been changed since then is to be sent again. */
export async function markFeedback(
  tx: Queryable,
  { owner, feedback_id, revision }: Pick<FeedbackRecord, "owner" | "feedback_id" | "revision">,
  mark: { sent_at: number | null; refusal: string | null },
): Promise<void> {
  await tx.query(
    "UPDATE feedback SET sent_at = $4, refusal = $5 WHERE owner = $1 AND feedback_id = $2 AND revision = $3",
    [owner, feedback_id, revision, mark.sent_at, mark.refusal],
  );
}

/** The mean of numbers and booleans (1, 0) per graph and key since a time (ms), of all owners unless one is given. */
export async function feedbackMeans(
  database: Queryable,
  { since, owner }: { since: number; owner?: string },
): Promise<{ graph_id: string; key: string; mean: number; count: number }[]> {
  return await database.query(
    // every owner: the operator's view, where none is given
    `SELECT graph_id, key, AVG(score) AS mean, COUNT(*) AS count FROM feedback
     WHERE score IS NOT NULL AND updated_at >= $1 ${owner === undefined ? "" : "AND owner = $2"}
     GROUP BY graph_id, key ORDER BY graph_id, key`,
    owner === undefined ? [since] : [since, owner],
  );
}

/** Keeps a run findable for feedback when its row goes. */
export function insertFeedbackTarget(tx: Transaction, target: FeedbackTarget, now: number): void {
  tx.send(
    `INSERT INTO feedback_targets (owner, run_id, thread_id, graph_id, trace_id, created_at)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [target.owner, target.run_id, target.thread_id, target.graph_id, target.trace_id, now],
  );
}

export async function findFeedbackTarget(
  database: Queryable,
  owner: string,
  runId: string,
): Promise<FeedbackTarget | undefined> {
  const rows = await database.query<FeedbackTarget>(
    `SELECT owner, run_id, thread_id, graph_id, trace_id FROM feedback_targets WHERE owner = $1 AND run_id = $2`,
    [owner, runId],
  );
  return rows[0];
}

/** Forgets the runs that ended before a time (ms). */
export async function deleteFeedbackTargets(database: Queryable, before: number): Promise<void> {
  await database.query(
    // every owner: runs grow old for all alike
    "DELETE FROM feedback_targets WHERE created_at < $1",
    [before],
  );
}

/** The threads that an export looks at: of all owners unless one is named. */
export interface ExportedThreads {
  owner?: string | undefined;
  /** Only where somebody gave feedback: a source other than this one. */
  judgedBeside?: string | undefined;
}

/** The conditions of both queries, after `bound` values, and the values that they bind. */
function ofExport({ owner, judgedBeside }: ExportedThreads, bound: number): { sql: string; values: string[] } {
  const values: string[] = [];
  const bind = (value: string) => `$${bound + values.push(value)}`;
  const conditions = ["stateless = 0"];
  if (owner !== undefined) conditions.push(`owner = ${bind(owner)}`);
  if (judgedBeside !== undefined)
    conditions.push(`EXISTS (SELECT 1 FROM feedback WHERE feedback.owner = threads.owner
      AND feedback.thread_id = threads.thread_id AND feedback.source <> ${bind(judgedBeside)})`);
  return { sql: conditions.join(" AND "), values };
}

/** One page of them, in the order of their keys, behind `after`. */
export async function threadsForExport(
  database: Queryable,
  threads: ExportedThreads,
  { after, limit }: { after: { owner: string; thread_id: string }; limit: number },
): Promise<{ owner: string; thread_id: string }[]> {
  const conditions = ofExport(threads, 3);
  return await database.query(
    // every owner: the operator exports for all users, where none is named
    `SELECT owner, thread_id FROM threads
     WHERE ${conditions.sql} AND (owner > $1 OR (owner = $1 AND thread_id > $2))
     ORDER BY owner, thread_id LIMIT $3`,
    [after.owner, after.thread_id, limit, ...conditions.values],
  );
}

export async function countThreadsForExport(database: Queryable, threads: ExportedThreads): Promise<number> {
  const conditions = ofExport(threads, 0);
  const [row] = await database.query<{ total: number }>(
    // every owner: as above
    `SELECT count(*) AS total FROM threads WHERE ${conditions.sql}`,
    conditions.values,
  );
  return row?.total ?? 0;
}
