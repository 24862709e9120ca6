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
 * @param missing what becomes of a database that is not there: documents may come before the first start
 * @throws SignalboxError "database-unavailable", also where there is none that may be made, or another program's
 */
export async function openClientDatabase(
  given: DatabaseArguments,
  missing: "refused" | "made" = "refused",
): Promise<Database> {
  const { configure } = await import("../config.ts");
  const { openDatabase } = await import("../storage/open.ts");
  if (existsSync(given.config)) await (await import("../engine/project.ts")).openProject(given.config);
  const { database, retrieval } = configure(given.database === undefined ? {} : { DATABASE_URL: given.database });
  if (missing === "made")
    return await openDatabase(database, { role: "client", vectors: retrieval.embeddings !== undefined });
  if (database.kind === "sqlite" && !existsSync(database.path)) {
    throw new SignalboxError(
      "database-unavailable",
      `There is no SQLite database ${database.path}: run this where the server was started, or name it with --database.`,
    );
  }
  return await openDatabase(database, { role: "guest" });
}
