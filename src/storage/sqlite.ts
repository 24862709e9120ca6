/** The seam on SQLite: one file, one writer at a time, readers beside it. */
import { dirname } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import { SignalboxError } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import type { Database, DatabaseRole, Dialect, Queryable, Value } from "./database.ts";
import { createJsonContains } from "./json-contains.ts";
import { migrate } from "./migrate.ts";
import { createMutex } from "./mutex.ts";
import { createGroupCommit } from "./sqlite-group.ts";
import { lockSqlite } from "./sqlite-lock.ts";
import { createStatements } from "./sqlite-statements.ts";
import { createTransactionScope } from "./transaction-scope.ts";

export const sqliteDialect: Dialect = {
  jsonContains: (column, parameter) => `json_contains(${column}, ${parameter})`,
  inList: (column, parameter) => `${column} IN (SELECT value FROM json_each(${parameter}))`,
  lockRows: "",
  shareRows: "",
  containsText: (column, parameter) => `instr(lower(${column}), lower(${parameter})) > 0`,
  elements: (parameter) => `json_each(${parameter})`,
  bytes: (parameter) => parameter,
  fullText: {
    // every owner: this is a part of statements, which name them.
    // The index has all that is asked of them; their rows are long.
    join: () => "CROSS JOIN chunk_words CROSS JOIN chunks INDEXED BY chunk_owners",
    matches: (word) => `chunk_words MATCH ('"' || ${word} || '"') AND chunks.chunk_number = chunk_words.rowid`,
    rank: () => "-bm25(chunk_words, 2.0, 1.0)",
  },
  vector: (parameter) => `vec_f32(${parameter})`,
  similarity: (column, parameter) =>
    `CASE WHEN vec_length(${column}) = vec_length(vec_f32(${parameter}))
      THEN 1 - vec_distance_cosine(${column}, vec_f32(${parameter})) END`,
};

/**
 * Opens a file as openDatabase does. Durable as WAL with synchronous=NORMAL is: what is committed survives kill -9,
 * the last transactions before a power cut may be lost, the file stays whole.
 */
export async function openSqlite(path: string, role: DatabaseRole, vectors = false): Promise<Database> {
  let undo = async () => {};
  try {
    makeFolder(dirname(path));
    const unlock = role === "server" ? lockSqlite(path) : () => {};
    undo = async () => unlock();
    const extension = vectors ? (await import("sqlite-vec")).getLoadablePath() : undefined;
    const database = open(path, unlock, extension);
    undo = database.close;
    await migrate(database, `the SQLite database ${path}`, role, "sqlite");
    return database;
  } catch (error) {
    await undo();
    if (error instanceof SignalboxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SignalboxError("database-unavailable", `Cannot open the SQLite database ${path}: ${reason}.`, {
      cause: error,
    });
  }
}

function open(path: string, unlock: () => void, extension: string | undefined): Database {
  const writer = connect(path, extension);
  const reader = connect(path, extension, { readonly: true });
  const statements = createStatements(writer, reader);
  const mutex = createMutex();
  const group = createGroupCommit(writer, mutex);
  const scope = createTransactionScope();
  const begin = writer.prepare("BEGIN IMMEDIATE");
  const commit = writer.prepare("COMMIT");
  const rollback = writer.prepare("ROLLBACK");
  let closing: Promise<void> | undefined;

  const inTransaction: Queryable["query"] = async (sql, values = []) => {
    try {
      return statements.get(sql).write(values);
    } catch (error) {
      throw explained(error, path);
    }
  };

  async function closed(): Promise<void> {
    await group.settled();
    await mutex.acquire();
    reader.close();
    writer.close();
    unlock();
    mutex.release();
  }

  return {
    dialect: sqliteDialect,

    async query<Row>(sql: string, values: readonly Value[] = []): Promise<Row[]> {
      scope.assertOutside();
      try {
        const statement = statements.get(sql);
        if (statement.readonly) return statement.read(values);
        return await group.write(() => statement.write<Row>(values));
      } catch (error) {
        throw explained(error, path);
      }
    },

    async transaction(work) {
      scope.assertOutside();
      await mutex.acquire();
      try {
        begin.run();
        const { result, sent } = await scope.run(inTransaction, work);
        await sent;
        commit.run();
        return result;
      } catch (error) {
        // A full disk ends the transaction by itself.
        if (writer.inTransaction) rollback.run();
        throw explained(error, path);
      } finally {
        mutex.release();
      }
    },

    close() {
      closing ??= closed();
      return closing;
    },
  };
}

function connect(path: string, extension?: string, options?: BetterSqlite3.Options): BetterSqlite3.Database {
  const connection = new BetterSqlite3(path, options);
  if (extension !== undefined) connection.loadExtension(extension);
  if (!options?.readonly) {
    connection.pragma("journal_mode = WAL");
    connection.pragma("synchronous = NORMAL");
    // Copying the log into the database waits for the disk, with everybody: four times rarer than the default.
    connection.pragma("wal_autocheckpoint = 4000");
  }
  connection.function("json_contains", { deterministic: true }, createJsonContains());
  return connection;
}

function explained(error: unknown, path: string): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError) || error.code !== "SQLITE_FULL") return error;
  return new SignalboxError(
    "storage-full",
    `No space is left for the SQLite database ${path}; nothing was stored. Free some space and try again.`,
    { cause: error },
  );
}
