/** This process's own connection to the documents: opened at the first search, whatever server the graph runs under. */
import { type Config, currentConfig } from "../config.ts";
import type { Database } from "../storage/database.ts";

let opened: { readonly under: Config; readonly database: Promise<Database> } | undefined;

/** The configured database, as a client beside the server. */
export function documentsDatabase(): Promise<Database> {
  const config = currentConfig();
  if (opened?.under === config) return opened.database;
  void closeDocuments();
  const database = open(config);
  opened = { under: config, database };
  // What failed is tried anew at the next search.
  database.catch(() => {
    if (opened?.database === database) opened = undefined;
  });
  return database;
}

async function open({ database, retrieval }: Config): Promise<Database> {
  const { openDatabase } = await import("../storage/open.ts");
  return openDatabase(database, { role: "client", vectors: retrieval.embeddings !== undefined });
}

/** Closes the connection, if there is one. */
export async function closeDocuments(): Promise<void> {
  const closing = opened?.database;
  opened = undefined;
  const database = await closing?.catch(() => undefined);
  await database?.close();
}
