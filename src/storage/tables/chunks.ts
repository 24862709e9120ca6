/** The search in the chunks of documents: by their words and by their vectors. An owner list is a JSON array. */
import type { Database } from "../database.ts";

/** What a search needs of a database. */
export type Searched = Pick<Database, "query" | "dialect">;

/** Which documents are searched; all, if it is empty. */
export interface DocumentFilter {
  /** Part of the source or the title, ignoring case. */
  source?: string;
  /** What the metadata must contain. */
  metadata?: Record<string, unknown>;
}

export interface ChunkRecord {
  owner: string;
  document_id: string;
  position: number;
  heading: string | null;
  page: number | null;
  start_offset: number;
  end_offset: number;
  text: string;
  source: string;
  title: string;
  metadata: Record<string, unknown>;
}

export interface ChunkKey {
  owner: string;
  document_id: string;
  position: number;
}

/** A word that answers for the term of that number in the question; a chunk is given a term's best word only. */
export interface WeightedWord {
  term: number;
  word: string;
  /** The rarer the word is, the more. */
  rarity: number;
  /** 1 for the term itself, less for another word in its place. */
  worth: number;
}

/** What the index has of a chunk: words with spaces between them. */
export interface IndexedWords {
  title_words: string;
  words: string;
}

/** How many chunks the owners have. */
export async function countChunks(database: Searched, owners: readonly string[]): Promise<number> {
  const rows = await database.query<{ total: number | null }>(
    `SELECT SUM(chunks) AS total FROM documents WHERE ${database.dialect.inList("owner", "$1")}`,
    [JSON.stringify(owners)],
  );
  return rows[0]?.total ?? 0;
}

/** word -> how many of the owners' chunks have it; a word that none has is missing. */
export async function countMatches(
  database: Searched,
  owners: readonly string[],
  words: readonly string[],
): Promise<Map<string, number>> {
  const { elements, fullText, inList } = database.dialect;
  const word = "(asked.value ->> 'word')";
  const rows = await database.query<{ word: string; matches: number }>(
    `SELECT ${word} AS word, count(*) AS matches
     FROM ${elements("$1")} AS asked ${fullText.join(word)}
     WHERE ${fullText.matches(word)} AND ${inList("chunks.owner", "$2")} GROUP BY ${word}`,
    [JSON.stringify(words.map((each) => ({ word: each }))), JSON.stringify(owners)],
  );
  return new Map(rows.map((row) => [row.word, row.matches]));
}

/**
 * The chunks that have most of the terms, by the database's own measure; in no order. `covered` is the weight of the
 * terms that a chunk has, all told.
 */
export async function matchChunks(
  database: Searched,
  owners: readonly string[],
  words: readonly WeightedWord[],
  { limit, ...filter }: DocumentFilter & { limit: number },
): Promise<(ChunkKey & IndexedWords & { covered: number })[]> {
  const { elements, fullText, inList } = database.dialect;
  const word = "(asked.value ->> 'word')";
  const rarity = "CAST(asked.value ->> 'rarity' AS DOUBLE PRECISION)";
  const worth = "CAST(asked.value ->> 'worth' AS DOUBLE PRECISION)";
  const values = [JSON.stringify(words), JSON.stringify(owners), limit];
  return database.query(
    `WITH hits AS MATERIALIZED (
       SELECT chunks.chunk_number, asked.value ->> 'term' AS term, ${worth} * ${rarity} AS weight,
         ${worth} * ${fullText.rank(rarity)} AS rank
       FROM ${elements("$1")} AS asked ${fullText.join(word)}
       WHERE ${fullText.matches(word)} AND ${inList("chunks.owner", "$2")} ${filtered(database, filter, values)}),
     best AS (
       SELECT chunk_number, MAX(weight) AS weight, MAX(rank) AS rank FROM hits GROUP BY chunk_number, term),
     found AS (
       SELECT chunk_number, SUM(weight) AS covered FROM best
       GROUP BY chunk_number ORDER BY SUM(rank) DESC, chunk_number LIMIT $3)
     SELECT owner, document_id, position, title_words, words, covered
     FROM found JOIN chunks ON chunks.chunk_number = found.chunk_number`,
    values,
  );
}

/** The chunks whose vectors are nearest to one of length 1, the nearest first; null of one with other dimensions. */
export async function nearestChunks(
  database: Searched,
  owners: readonly string[],
  { model, vector, limit, ...filter }: DocumentFilter & { model: string; vector: readonly number[]; limit: number },
): Promise<(ChunkKey & { similarity: number | null })[]> {
  const values = [JSON.stringify(owners), model, JSON.stringify(vector), limit];
  return database.query(
    `SELECT owner, document_id, position, ${database.dialect.similarity("vector", "$3")} AS similarity
     FROM chunk_embeddings AS chunks
     WHERE ${database.dialect.inList("owner", "$1")} AND model = $2 ${filtered(database, filter, values)}
     ORDER BY similarity DESC NULLS LAST, document_id, position LIMIT $4`,
    values,
  );
}

/** Reads chunks with what is known of their documents, in the order of `keys`; what is gone by now is left out. */
export async function readChunks(database: Searched, keys: readonly ChunkKey[]): Promise<ChunkRecord[]> {
  const rows = await database.query<Omit<ChunkRecord, "metadata"> & { metadata: string }>(
    `SELECT chunks.owner, chunks.document_id, position, heading, page, start_offset, end_offset, text, source, title,
       metadata
     FROM ${database.dialect.elements("$1")} AS asked
     JOIN chunks ON chunks.owner = asked.value ->> 'owner' AND chunks.document_id = asked.value ->> 'document_id'
       AND chunks.position = CAST(asked.value ->> 'position' AS BIGINT)
     JOIN documents ON documents.owner = chunks.owner AND documents.document_id = chunks.document_id`,
    [JSON.stringify(keys)],
  );
  const name = (key: ChunkKey) => JSON.stringify([key.owner, key.document_id, key.position]);
  const found = new Map(rows.map((row) => [name(row), { ...row, metadata: JSON.parse(row.metadata) }]));
  return keys.flatMap((key) => found.get(name(key)) ?? []);
}

/** The predicate of a filter over `chunks`, whose values it adds to `values`. */
function filtered({ dialect }: Searched, { source, metadata = {} }: DocumentFilter, values: unknown[]): string {
  const predicates: string[] = [];
  const bind = (value: string) => `$${values.push(value)}`;
  if (source !== undefined) {
    const part = bind(source);
    predicates.push(`(${dialect.containsText("source", part)} OR ${dialect.containsText("title", part)})`);
  }
  if (Object.keys(metadata).length > 0)
    predicates.push(dialect.jsonContains("metadata", bind(JSON.stringify(metadata))));
  if (predicates.length === 0) return "";
  return `AND chunks.document_id IN (
    SELECT document_id FROM documents WHERE documents.owner = chunks.owner AND ${predicates.join(" AND ")})`;
}
