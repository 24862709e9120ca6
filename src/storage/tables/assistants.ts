/** The rows of assistants and their versions. */
import { ownedBy, paged } from "../conditions.ts";
import type { Database, Queryable } from "../database.ts";
import { decode, encode } from "../serializer.ts";

/** An assistant as stored; times are ms. `created_at` of a version row is the version's own. */
export interface AssistantRecord {
  assistant_id: string;
  graph_id: string;
  name: string;
  description: string | null;
  config: Record<string, unknown>;
  context: Record<string, unknown>;
  metadata: Record<string, unknown>;
  version: number;
  created_at: number;
  updated_at: number;
}

export interface AssistantFilter {
  metadata?: Record<string, unknown>;
  graph_id?: string;
  /** Part of the name, ignoring case. */
  name?: string;
}

type Row = Omit<AssistantRecord, "config" | "context" | "metadata"> & {
  config: Uint8Array;
  context: Uint8Array;
  metadata: string;
};

const columns = "assistant_id, graph_id, name, description, config, context, metadata, version, created_at, updated_at";

const sorting = {
  sortable: ["assistant_id", "graph_id", "name", "created_at", "updated_at"],
  default: "created_at",
  id: "assistant_id",
};

function fromRow(row: Row): AssistantRecord {
  return {
    ...row,
    config: decode(row.config) as Record<string, unknown>,
    context: decode(row.context) as Record<string, unknown>,
    metadata: JSON.parse(row.metadata),
  };
}

function toValues(owner: string, record: AssistantRecord) {
  return [
    owner,
    record.assistant_id,
    record.graph_id,
    record.name,
    record.description,
    encode(record.config),
    encode(record.context),
    JSON.stringify(record.metadata),
    record.version,
    record.created_at,
    record.updated_at,
  ];
}

/** Adds an assistant with its first version; false, and nothing done, where the id is taken. */
export async function insertAssistant(tx: Queryable, owner: string, record: AssistantRecord): Promise<boolean> {
  const added = await tx.query(
    `INSERT INTO assistants (owner, ${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT DO NOTHING RETURNING assistant_id`,
    toValues(owner, record),
  );
  if (added.length > 0) await insertVersion(tx, owner, record);
  return added.length > 0;
}

/** Keeps the assistant, as it is in `record`, as its version `record.version`. */
export async function insertVersion(tx: Queryable, owner: string, record: AssistantRecord): Promise<void> {
  await tx.query(
    `INSERT INTO assistant_versions
       (owner, assistant_id, graph_id, name, description, config, context, metadata, version, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    toValues(owner, { ...record, created_at: record.updated_at }).slice(0, 10),
  );
}

/** Replaces what an assistant is; its id and creation time stay. */
export async function replaceAssistant(tx: Queryable, owner: string, record: AssistantRecord): Promise<void> {
  await tx.query(
    `UPDATE assistants SET graph_id = $3, name = $4, description = $5, config = $6, context = $7, metadata = $8,
       version = $9, created_at = $10, updated_at = $11
     WHERE owner = $1 AND assistant_id = $2`,
    toValues(owner, record),
  );
}

export async function findAssistant(
  database: Queryable,
  owner: string,
  assistantId: string,
): Promise<AssistantRecord | undefined> {
  const rows = await database.query<Row>(`SELECT ${columns} FROM assistants WHERE owner = $1 AND assistant_id = $2`, [
    owner,
    assistantId,
  ]);
  return rows[0] && fromRow(rows[0]);
}

/** findAssistant for a transaction that goes on to change it. */
export async function lockAssistant(
  tx: Queryable,
  database: Database,
  owner: string,
  assistantId: string,
): Promise<AssistantRecord | undefined> {
  const rows = await tx.query<Row>(
    `SELECT ${columns} FROM assistants WHERE owner = $1 AND assistant_id = $2 ${database.dialect.lockRows}`,
    [owner, assistantId],
  );
  return rows[0] && fromRow(rows[0]);
}

export async function searchAssistants(
  database: Database,
  owner: string,
  filter: AssistantFilter & { sort_by?: string; sort_order?: "asc" | "desc"; limit: number; offset: number },
): Promise<{ items: AssistantRecord[]; total: number }> {
  const conditions = ownedBy(owner);
  if (filter.graph_id !== undefined) conditions.add("graph_id = ?", filter.graph_id);
  if (filter.name !== undefined) conditions.add(database.dialect.containsText("name", conditions.bind(filter.name)));
  if (filter.metadata && Object.keys(filter.metadata).length > 0)
    conditions.add(database.dialect.jsonContains("metadata", conditions.bind(JSON.stringify(filter.metadata))));
  const counted = await database.query<{ total: number }>(
    `SELECT count(*) AS total FROM assistants WHERE ${conditions.sql}`,
    [...conditions.values],
  );
  const page = paged(conditions, filter, sorting);
  const rows = await database.query<Row>(
    `SELECT ${columns} FROM assistants WHERE ${conditions.sql} ${page}`,
    conditions.values,
  );
  return { items: rows.map(fromRow), total: counted[0]?.total ?? 0 };
}

/** The assistant's versions, newest first. */
export async function listVersions(
  database: Database,
  owner: string,
  assistantId: string,
  filter: { metadata?: Record<string, unknown>; version?: number; limit: number; offset: number },
): Promise<AssistantRecord[]> {
  const conditions = ownedBy(owner);
  conditions.add("assistant_id = ?", assistantId);
  if (filter.version !== undefined) conditions.add("version = ?", filter.version);
  if (filter.metadata && Object.keys(filter.metadata).length > 0)
    conditions.add(database.dialect.jsonContains("metadata", conditions.bind(JSON.stringify(filter.metadata))));
  const page = paged(conditions, filter, { sortable: [], default: "version", id: "assistant_id" });
  const rows = await database.query<Row>(
    `SELECT assistant_id, graph_id, name, description, config, context, metadata, version, created_at,
       created_at AS updated_at
     FROM assistant_versions WHERE ${conditions.sql} ${page}`,
    conditions.values,
  );
  return rows.map(fromRow);
}

/** The newest version number there is, whatever the assistant is set to. */
export async function newestVersion(tx: Queryable, owner: string, assistantId: string): Promise<number> {
  const rows = await tx.query<{ newest: number | null }>(
    "SELECT max(version) AS newest FROM assistant_versions WHERE owner = $1 AND assistant_id = $2",
    [owner, assistantId],
  );
  return rows[0]?.newest ?? 0;
}

/** Deletes an assistant and its versions; false where there is none. */
export async function deleteAssistant(tx: Queryable, owner: string, assistantId: string): Promise<boolean> {
  await tx.query("DELETE FROM assistant_versions WHERE owner = $1 AND assistant_id = $2", [owner, assistantId]);
  const deleted = await tx.query(
    "DELETE FROM assistants WHERE owner = $1 AND assistant_id = $2 RETURNING assistant_id",
    [owner, assistantId],
  );
  return deleted.length > 0;
}
