/** This process's own connection to the documents: opened at the first search, whatever server the graph runs under. */
import { type Config, currentConfig } from "../config.ts";
import type { Database } from "../storage/database.ts";

type Opened = Pick<Database, "query" | "dialect" | "close">;

let opened: { readonly under: Config; readonly database: Promise<Opened> } | undefined;

/** The configured database, as a client beside the server; SQLite in a thread, where a long search holds up nobody. */
export function documentsDatabase(): Promise<Opened> {
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

async function open({ database, retrieval }: Config): Promise<Opened> {
  const vectors = retrieval.embeddings !== undefined;
  if (database.kind === "sqlite") {
    const { openSqliteThread } = await import("../storage/sqlite-thread.ts");
    return openSqliteThread(database.path, vectors);
  }
  const { openDatabase } = await import("../storage/open.ts");
  return openDatabase(database, { role: "client", vectors });
}

/** Closes the connection, if there is one. */
export async function closeDocuments(): Promise<void> {
  const closing = opened?.database;
  opened = undefined;
  const database = await closing?.catch(() => undefined);
  await database?.close();
}
