/** The rows of ingested documents. A document is written whole, with its chunks, or not at all. */
import type { Database, Queryable, Value } from "../database.ts";

export interface DocumentRecord {
  document_id: string;
  /** The file's absolute path, or the URL. */
  source: string;
  title: string;
  metadata: Record<string, unknown>;
  /** 1 where a folder was ingested that holds it, so that it goes when its file does. */
  within_folder: number;
  /** Of the content, and of all else that its chunks depend on. */
  fingerprint: string;
  /** What its chunks are embedded with; null: with nothing. */
  embedding_model: string | null;
  /** How many there are. */
  chunks: number;
  created_at: number;
  updated_at: number;
}

/** A chunk to be written; its place in the list is its position in the document. */
export interface NewChunk {
  heading: string | null;
  page: number | null;
  /** Characters of the document's extracted text. */
  start_offset: number;
  end_offset: number;
  text: string;
  /** What the index has of the title and of the text: words with spaces between them. */
  title_words: string;
  words: string;
  /** Of length 1. */
  vector?: readonly number[];
}

/** So many chunks go into one statement. */
const groupSize = 16;

/** Puts a document in the place of what it was, in one transaction. `created_at` stays that of the first time. */
export async function replaceDocument(
  database: Database,
  owner: string,
  document: DocumentRecord,
  chunks: readonly NewChunk[],
): Promise<void> {
  const { document_id: id } = document;
  await database.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO documents (owner, document_id, source, title, metadata, within_folder, fingerprint, embedding_model,
         chunks, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (owner, document_id) DO UPDATE SET title = $4, metadata = $5, within_folder = $6, fingerprint = $7,
         embedding_model = $8, chunks = $9, updated_at = $11`,
      [
        owner,
        id,
        document.source,
        document.title,
        JSON.stringify(document.metadata),
        document.within_folder,
        document.fingerprint,
        document.embedding_model,
        chunks.length,
        document.created_at,
        document.updated_at,
      ],
    );
    await deleteChunks(tx, owner, id);
    for (let first = 0; first < chunks.length; first += groupSize) {
      const group = chunks.slice(first, first + groupSize);
      await insertRows(
        tx,
        `INSERT INTO chunks (owner, document_id, position, heading, page, start_offset, end_offset, text, title_words,
           words)`,
        group.map((chunk, index) => [
          owner,
          id,
          first + index,
          chunk.heading,
          chunk.page,
          chunk.start_offset,
          chunk.end_offset,
          chunk.text,
          chunk.title_words,
          chunk.words,
        ]),
      );
    }
    for (const [position, { vector }] of chunks.entries()) {
      if (!vector) continue;
      await tx.query(
        `INSERT INTO chunk_embeddings (owner, document_id, position, model, vector)
         VALUES ($1, $2, $3, $4, ${database.dialect.vector("$5")})`,
        [owner, id, position, document.embedding_model, JSON.stringify(vector)],
      );
    }
  });
}

async function insertRows(tx: Queryable, insert: string, rows: readonly (readonly Value[])[]): Promise<void> {
  let next = 1;
  const values = rows.map((row) => `(${row.map(() => `$${next++}`).join(", ")})`);
  await tx.query(`${insert} VALUES ${values.join(", ")}`, rows.flat());
}

async function deleteChunks(tx: Queryable, owner: string, documentId: string): Promise<void> {
  await tx.query("DELETE FROM chunk_embeddings WHERE owner = $1 AND document_id = $2", [owner, documentId]);
  await tx.query("DELETE FROM chunks WHERE owner = $1 AND document_id = $2", [owner, documentId]);
}

/** Says of a document that did not change that a folder holds it now. */
export async function markWithinFolder(database: Queryable, owner: string, documentId: string): Promise<void> {
  await database.query("UPDATE documents SET within_folder = 1 WHERE owner = $1 AND document_id = $2", [
    owner,
    documentId,
  ]);
}

/** An owner's documents by their source. */
export async function listDocuments(database: Queryable, owner: string): Promise<DocumentRecord[]> {
  const rows = await database.query<Omit<DocumentRecord, "metadata"> & { metadata: string }>(
    `SELECT document_id, source, title, metadata, within_folder, fingerprint, embedding_model, chunks, created_at,
       updated_at
     FROM documents WHERE owner = $1 ORDER BY source`,
    [owner],
  );
  return rows.map((row) => ({ ...row, metadata: JSON.parse(row.metadata) }));
}

/** Deletes a document with its chunks; nothing where there is none. */
export async function deleteDocument(database: Database, owner: string, documentId: string): Promise<void> {
  await database.transaction(async (tx) => {
    await deleteChunks(tx, owner, documentId);
    await tx.query("DELETE FROM documents WHERE owner = $1 AND document_id = $2", [owner, documentId]);
  });
}

/** Notes that all of an owner's first documents are there; the note stays when they are removed. */
export async function noteFirstIngest(database: Queryable, owner: string, now: number): Promise<void> {
  await database.query("INSERT INTO document_owners (owner, first_ingest_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    owner,
    now,
  ]);
}

/** Whether noteFirstIngest was ever called for the owner. */
export async function hasFirstIngest(database: Queryable, owner: string): Promise<boolean> {
  const rows = await database.query("SELECT owner FROM document_owners WHERE owner = $1", [owner]);
  return rows.length > 0;
}
