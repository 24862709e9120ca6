/** The users' documents, cut into chunks; each database keeps its own index of a chunk's words. */
import type { Migration } from "./migration.ts";

/** `words` are what text.ts in src/retrieval makes of a text for the index; the text itself is kept beside them. */
const chunkColumns = `document_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    heading TEXT,
    page BIGINT,
    start_offset BIGINT NOT NULL,
    end_offset BIGINT NOT NULL,
    text TEXT NOT NULL,
    title_words TEXT NOT NULL,
    words TEXT NOT NULL`;

const embeddingColumns = `document_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    model TEXT NOT NULL`;

export const documentsMigration: Migration = [
  `CREATE TABLE documents (
    owner TEXT NOT NULL,
    document_id TEXT NOT NULL,
    source TEXT NOT NULL,
    title TEXT NOT NULL,
    metadata TEXT NOT NULL,
    within_folder BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    embedding_model TEXT,
    chunks BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (owner, document_id)
  )`,
  // Stays when all documents are removed: what was taken away is not brought back.
  `CREATE TABLE document_owners (
    owner TEXT NOT NULL PRIMARY KEY,
    first_ingest_at BIGINT NOT NULL
  )`,
  {
    sqlite: `CREATE TABLE chunks (
    owner TEXT NOT NULL,
    ${chunkColumns},
    chunk_number INTEGER PRIMARY KEY
  )`,
    postgres: `CREATE TABLE chunks (
    owner TEXT NOT NULL,
    ${chunkColumns},
    chunk_number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY
  )`,
  },
  "CREATE UNIQUE INDEX chunks_by_document ON chunks (owner, document_id, position)",
  {
    sqlite: `CREATE VIRTUAL TABLE chunk_words USING fts5(title_words, words, content='chunks',
      content_rowid='chunk_number', tokenize='unicode61 remove_diacritics 0')`,
    postgres: `ALTER TABLE chunks ADD COLUMN word_index TSVECTOR GENERATED ALWAYS AS
      (setweight(to_tsvector('simple', title_words), 'B') || setweight(to_tsvector('simple', words), 'D')) STORED`,
  },
  { postgres: "CREATE INDEX chunks_by_word ON chunks USING gin (word_index)" },
  {
    sqlite: `CREATE TRIGGER chunk_added AFTER INSERT ON chunks BEGIN
      INSERT INTO chunk_words (rowid, title_words, words) VALUES (new.chunk_number, new.title_words, new.words); END`,
  },
  {
    sqlite: `CREATE TRIGGER chunk_removed AFTER DELETE ON chunks BEGIN
      INSERT INTO chunk_words (chunk_words, rowid, title_words, words)
      VALUES ('delete', old.chunk_number, old.title_words, old.words); END`,
  },
  {
    sqlite: `CREATE TABLE chunk_embeddings (
    owner TEXT NOT NULL,
    ${embeddingColumns},
    vector BYTEA NOT NULL,
    PRIMARY KEY (owner, document_id, position)
  )`,
    postgres: `CREATE TABLE chunk_embeddings (
    owner TEXT NOT NULL,
    ${embeddingColumns},
    vector REAL[] NOT NULL,
    PRIMARY KEY (owner, document_id, position)
  )`,
  },
];
