/** Opens the database that the settings name. */
import type { DatabaseSettings } from "../config.ts";
import type { Database, DatabaseRole } from "./database.ts";

/**
 * Opens the database, making it and its tables where they are missing.
 * @param options.vectors whether vectors will be compared, which SQLite needs an extension for
 * @throws SignalboxError "database-in-use" where another server holds it; "database-unavailable" where it cannot be
 *   opened, reached, or is newer than this code. Neither shows a password.
 */
export async function openDatabase(
  settings: DatabaseSettings,
  options: { role?: DatabaseRole; vectors?: boolean } = {},
): Promise<Database> {
  const role = options.role ?? "server";
  // Each driver is loaded only where it is used.
  if (settings.kind === "sqlite") return (await import("./sqlite.ts")).openSqlite(settings.path, role, options.vectors);
  return (await import("./postgres.ts")).openPostgres(settings.url, role);
}
