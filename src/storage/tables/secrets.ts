/** Secrets that belong to the database, and so to every server on it: made once, never changed. */
import type { Queryable } from "../database.ts";

/** The secret of this name; `fresh` becomes it where there is none yet. Of servers that start at once, one wins. */
export async function ensureSecret(database: Queryable, name: string, fresh: string): Promise<string> {
  await database.query("INSERT INTO secrets (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING", [name, fresh]);
  const [row] = await database.query<{ secret: string }>("SELECT secret FROM secrets WHERE name = $1", [name]);
  return row?.secret ?? fresh;
}
