/** The database of a project, for commands that look at it beside a running server, or without one. */
import { existsSync } from "node:fs";
import { SignalboxError } from "../errors.ts";
import type { Database } from "../storage/database.ts";

export interface DatabaseArguments {
  /** Path of langgraph.json, whose env may name the database; it need not be there. */
  readonly config: string;
  /** As DATABASE_URL. */
  readonly database?: string;
}

/**
 * @param makes whether a database that is not there is made, as for documents before the first start
 * @throws SignalboxError "database-unavailable", also where there is no such file, or another's: looking at it makes none
 */
export async function openClientDatabase(given: DatabaseArguments, makes = false): Promise<Database> {
  const { configure } = await import("../config.ts");
  const { openDatabase } = await import("../storage/open.ts");
  if (existsSync(given.config)) await (await import("../engine/project.ts")).openProject(given.config);
  const { database, retrieval } = configure(given.database === undefined ? {} : { DATABASE_URL: given.database });
  if (makes) return await openDatabase(database, { role: "client", vectors: retrieval.embeddings !== undefined });
  if (database.kind === "sqlite" && !existsSync(database.path)) {
    throw new SignalboxError(
      "database-unavailable",
      `There is no SQLite database ${database.path}: run this where the server was started, or name it with --database.`,
    );
  }
  return await openDatabase(database, { role: "guest" });
}
