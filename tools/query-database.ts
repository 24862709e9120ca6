/** Asks the operator's own database questions in SQL, over a connection that can only read. */
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { currentConfig } from "../src/config.ts";
import type { ToolMetadata } from "./metadata.ts";
import type { Question } from "./query-database-process.ts";
import { askProcess } from "./shared/separate-process.ts";

/** On Postgres a statement has less, so that it can say itself that it took too long. */
const limits = { memoryMiB: 128, limitMs: 7_000, allowsAddons: true, allowsNetwork: true };

export const queryDatabase = tool(({ sql }, { signal }) => query(sql, signal), {
  name: "query_database",
  description: "Reads from the user's database with SQL. Without sql it lists the tables and columns: begin with that.",
  schema: z.object({
    sql: z
      .string()
      .max(10_000)
      .optional()
      .describe("One SELECT statement. Leave it out to list the tables and their columns."),
  }),
  metadata: { effect: "read", egress: false } satisfies ToolMetadata,
});

async function query(sql: string | undefined, signal: AbortSignal | undefined): Promise<string> {
  const { queryDatabase: database } = currentConfig().tools;
  if (!database) throw new Error("No database is configured: set QUERY_DATABASE_URL.");
  const path = fileURLToPath(new URL(`query-database-process${extname(import.meta.url)}`, import.meta.url));
  // Spelled out: a copy of the settings as they are would hide the URL.
  const place =
    database.kind === "sqlite"
      ? { kind: database.kind, path: resolve(database.path) }
      : { kind: database.kind, url: database.url };
  const question: Question = { database: place, sql: sql?.trim() || undefined };
  try {
    return String(await askProcess(path, question, { ...limits, signal }));
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The database was not read: ${reason}. Correct the statement, or ask for less.`, { cause: error });
  }
}
