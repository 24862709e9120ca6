/** Brings a database's tables up to what this code knows. */
import { SignalboxError } from "../errors.ts";
import type { Database, DatabaseRole } from "./database.ts";
import { migrations } from "./schema.ts";

/**
 * Runs the migrations that the database lacks, each in a transaction of its own.
 * @param name what messages call the database
 * @param role a guest takes only what a Signalbox has made
 * @param kind whose version is run of statements that have two
 * @param translate turns a statement of schema.ts into this database's words
 * @throws SignalboxError "database-unavailable" where a newer Signalbox has been at work; for a guest, where none has
 */
export async function migrate(
  database: Database,
  name: string,
  role: DatabaseRole,
  kind: "sqlite" | "postgres",
  translate: (sql: string) => string = (sql) => sql,
): Promise<void> {
  if (role === "guest" && !(await hasMigrations(database)))
    throw new SignalboxError(
      "database-unavailable",
      `${name} has no tables of Signalbox's: name the one that the server uses.`,
    );
  await database.query("CREATE TABLE IF NOT EXISTS migrations (version BIGINT NOT NULL PRIMARY KEY)");
  const [applied] = await database.query<{ version: number | null }>("SELECT MAX(version) AS version FROM migrations");
  if ((applied?.version ?? 0) > migrations.length) {
    throw new SignalboxError(
      "database-unavailable",
      `${name} was made by a newer Signalbox (schema ${applied?.version}, this one knows ${migrations.length}). Update Signalbox, or use another database.`,
    );
  }
  for (const [index, statements] of migrations.entries()) {
    await database.transaction(async (tx) => {
      // Asked inside the transaction, since another process may be migrating at the same time.
      const version = index + 1;
      const added = await tx.query(
        "INSERT INTO migrations (version) VALUES ($1) ON CONFLICT DO NOTHING RETURNING version",
        [version],
      );
      if (added.length === 0) return;
      for (const statement of statements) {
        const sql = typeof statement === "string" ? statement : statement[kind];
        if (sql !== undefined) await tx.query(translate(sql));
      }
    });
  }
}

async function hasMigrations(database: Database): Promise<boolean> {
  return await database.query("SELECT version FROM migrations LIMIT 1").then(
    () => true,
    () => false,
  );
}
