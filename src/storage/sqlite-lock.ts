/** What keeps a second server off a SQLite file. */
import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { SignalboxError } from "../errors.ts";

/**
 * Takes the server's lock on a database and gives the function that frees it. The lock is an exclusive transaction on
 * an empty SQLite file beside the database: a lock of the operating system, so it ends with its process, however that
 * dies. The file itself stays, since removing it would let two servers lock two files of one name.
 * @throws SignalboxError "database-in-use"
 */
export function lockSqlite(path: string): () => void {
  const lock = new BetterSqlite3(`${resolved(path)}.lock`, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof BetterSqlite3.SqliteError) || !error.code.startsWith("SQLITE_BUSY")) throw error;
    throw new SignalboxError(
      "database-in-use",
      `Another Signalbox server runs on the SQLite database ${path}. Stop it, or name another database.`,
      { cause: error },
    );
  }
  return () => lock.close();
}

/** One name for one file, however many symbolic links lead to it. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no file yet.
    return join(realpathSync(dirname(path)), basename(path));
  }
}
