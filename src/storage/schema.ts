/**
 * The tables, as migrations that both databases run. Types are Postgres' names, which SQLite takes as they are;
 * on Postgres each TEXT column is created with COLLATE "C", so that text compares by bytes on both.
 * BYTEA holds values from serializer.ts; a JSON column (metadata) holds only what is filtered by.
 * Times are ms since 1970. Every table has its owner, and every key starts with it or is minted by the server.
 */
import { runsMigration } from "./migrations/0001-runs.ts";
import { documentsMigration } from "./migrations/0002-documents.ts";
import { feedbackMigration } from "./migrations/0003-feedback.ts";
import { measuresMigration } from "./migrations/0004-measures.ts";
import { chunkOwnersMigration } from "./migrations/0005-chunk-owners.ts";
import type { Migration } from "./migrations/migration.ts";

/** Never edit one that has been released; add another. */
export const migrations: readonly Migration[] = [
  runsMigration,
  documentsMigration,
  feedbackMigration,
  measuresMigration,
  chunkOwnersMigration,
];
