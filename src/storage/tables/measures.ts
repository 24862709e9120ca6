/** The rows of what runs took and cost, and how many runs wait. What the figures mean is the engine's business. */
import type { Database, Queryable, Value } from "../database.ts";

/** What one model did in an attempt. */
export interface ModelMeasure {
  calls: number;
  /** How many of the calls failed. */
  errors: number;
  input_tokens: number;
  output_tokens: number;
  /** The cost of the calls whose price is known, in billionths of a US dollar: whole numbers, so that sums are exact. */
  cost_nanodollars: number;
  /** How many calls succeeded at an unknown price. */
  unpriced_calls: number;
  /** How long calls took that succeeded, and how long until the first token of those that streamed text, in ms. */
  latency_ms: number[];
  first_token_ms: number[];
}

export interface ToolMeasure {
  calls: number;
  failures: number;
}

/** One attempt at a run. Times are ms; null is not known. */
export interface MeasureRecord {
  owner: string;
  run_id: string;
  /** From 1. */
  attempt: number;
  thread_id: string;
  assistant_id: string;
  graph_id: string;
  status: string;
  /** The error's name. */
  error: string | null;
  /** Since 1970. */
  ended_at: number;
  /** From the beginning of the attempt to its end. */
  latency_ms: number;
  /** From the acceptance of the run to the beginning of its first attempt. */
  queue_ms: number | null;
  /** From the beginning of the attempt to the first text that was streamed to the user. */
  first_token_ms: number | null;
  /** Characters of the human message that the run answers. */
  input_chars: number | null;
  route: string | null;
  /** How many interrupts the graph waits at. */
  interrupts: number;
  /** By name. */
  models: Record<string, ModelMeasure>;
  tools: Record<string, ToolMeasure>;
}

type Row = Omit<MeasureRecord, "models" | "tools"> & { models: string; tools: string };

const columns = [
  ...["owner", "run_id", "attempt", "thread_id", "assistant_id", "graph_id", "status", "error", "ended_at"],
  ...["latency_ms", "queue_ms", "first_token_ms", "input_chars", "route", "interrupts", "models", "tools"],
] as const satisfies (keyof MeasureRecord)[];

/** Statements that add so many records each: few, so that each is made and prepared once. */
const inserts = [50, 5, 1].map((size) => ({ size, statement: insertStatement(size) }));

/** Adds the records; those that are there already stay as they are. */
export async function insertMeasures(database: Queryable, records: readonly MeasureRecord[]): Promise<void> {
  let from = 0;
  for (const { size, statement } of inserts) {
    for (; from + size <= records.length; from += size)
      await database.query(statement, records.slice(from, from + size).flatMap(toRow));
  }
}

function insertStatement(size: number): string {
  const rows = Array.from({ length: size }, (_, row) => {
    const parameters = columns.map((_, column) => `$${row * columns.length + column + 1}`);
    return `(${parameters.join(", ")})`;
  });
  return `INSERT INTO run_measures (${columns.join(", ")}) -- with its owner
    VALUES ${rows.join(", ")} ON CONFLICT DO NOTHING`;
}

function toRow(record: MeasureRecord): Value[] {
  return columns.map((column) => {
    const value = record[column];
    return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
  });
}

export interface MeasureFilter {
  /** Left out: of everybody. */
  owner?: string | undefined;
  graph_id?: string | undefined;
  /** Attempts that ended at this time or later, and before `until`. */
  since: number;
  until: number;
}

/** Where a page of records ended. */
export type MeasurePosition = Pick<MeasureRecord, "owner" | "ended_at" | "run_id" | "attempt">;

/** The newest records before `before`, newest first. */
export async function readMeasures(
  database: Queryable,
  filter: MeasureFilter,
  page: { before?: MeasurePosition | undefined; limit: number },
): Promise<MeasureRecord[]> {
  const { before = { owner: "", ended_at: filter.until, run_id: "", attempt: 0 } } = page;
  const rows = await database.query<Row>(
    // every owner: the operator's command asks for all, and each of its users for one
    `SELECT ${columns.join(", ")} FROM run_measures
     WHERE ended_at >= $1 AND (ended_at, run_id, attempt) < ($2, $3, $4)${filtered(filter, 6)}
     ORDER BY ended_at DESC, run_id DESC, attempt DESC LIMIT $5`,
    [filter.since, before.ended_at, before.run_id, before.attempt, page.limit, ...filterValues(filter)],
  );
  return rows.map((row) => ({ ...row, models: JSON.parse(row.models), tools: JSON.parse(row.tools) }));
}

/** The predicates of a filter's owner and graph, whose parameters start with number `first`. */
function filtered({ owner, graph_id }: MeasureFilter, first: number): string {
  const ofOwner = owner === undefined ? "" : ` AND owner = $${first}`;
  const ofGraph = graph_id === undefined ? "" : ` AND graph_id = $${owner === undefined ? first : first + 1}`;
  return ofOwner + ofGraph;
}

function filterValues({ owner, graph_id }: MeasureFilter): string[] {
  return [owner, graph_id].filter((value) => value !== undefined);
}

/** Deletes the records of attempts that ended before `before` (ms). */
export async function deleteMeasures(database: Queryable, before: number): Promise<void> {
  // every owner: records grow old for all alike
  await database.query("DELETE FROM run_measures WHERE ended_at < $1", [before]);
}

/** How many runs are in each of these statuses now: one owner's, or everybody's. */
export async function countRuns(
  database: Database,
  statuses: readonly string[],
  owner?: string,
): Promise<{ status: string; runs: number }[]> {
  const { inList } = database.dialect;
  return await database.query(
    // every owner: the operator sees the whole queue
    `SELECT status, COUNT(*) AS runs FROM runs
     WHERE ${inList("status", "$1")}${owner === undefined ? "" : " AND owner = $2"} GROUP BY status`,
    owner === undefined ? [JSON.stringify(statuses)] : [JSON.stringify(statuses), owner],
  );
}
