/** Whose a chunk is, without its text: a search asks that of every chunk that has a word. */
import type { Migration } from "./migration.ts";

export const chunkOwnersMigration: Migration = [
  { sqlite: "CREATE INDEX chunk_owners ON chunks (chunk_number, owner, document_id)" },
];
