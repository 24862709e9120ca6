/** The seam on Postgres: a pool of connections, and one more that holds the server's lock. */
import pg from "pg";
import type { Database, DatabaseRole, Dialect, Queryable, Transaction, Value } from "./database.ts";
import { migrate } from "./migrate.ts";
import { describeDatabase, explained } from "./postgres-errors.ts";
import { lockPostgres, type ServerLock, whileMigrating } from "./postgres-locks.ts";
import { createTransactionScope } from "./transaction-scope.ts";
import { assertBindable } from "./values.ts";

const dialect: Dialect = {
  jsonContains: (column, parameter) => `CAST(${column} AS JSONB) @> CAST(${parameter} AS JSONB)`,
  inList: (column, parameter) =>
    `${column} = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(${parameter} AS JSONB))))`,
  lockRows: "FOR UPDATE",
  shareRows: "FOR SHARE",
  containsText: (column, parameter) =>
    `strpos(lower(${column} COLLATE "C"), lower(CAST(${parameter} AS TEXT) COLLATE "C")) > 0`,
  elements: (parameter) => `jsonb_array_elements(CAST(${parameter} AS JSONB))`,
  bytes: (parameter) => `CAST(${parameter} AS BYTEA)`,
  fullText: {
    // OFFSET 0 keeps each lookup on its own: as one join, the planner reads all chunks for each word instead of the index.
    join: (word) => `CROSS JOIN LATERAL (SELECT plainto_tsquery('simple', ${word}) AS query OFFSET 0) AS wanted
      CROSS JOIN LATERAL (SELECT chunk_number, owner, document_id, word_index FROM chunks
        WHERE word_index @@ wanted.query OFFSET 0) AS chunks`,
    matches: () => "TRUE",
    // ts_rank knows nothing of how rare a word is.
    rank: (rarity) => `${rarity} * ts_rank(chunks.word_index, wanted.query)`,
  },
  vector: (parameter) => `CAST(translate(${parameter}, '[]', '{}') AS REAL[])`,
  similarity(column, parameter) {
    // As a query of its own it is read once, and not for each row.
    const vector = `(SELECT CAST(translate(${parameter}, '[]', '{}') AS REAL[]))`;
    return `CASE WHEN cardinality(${column}) = cardinality(${vector})
      THEN (SELECT SUM(a * b) FROM unnest(${column}, ${vector}) AS pair (a, b)) END`;
  },
};

const poolSize = 10;
/** With a connection go all the statements that were prepared on it. */
const idleMs = 5 * 60_000;
/** How many statements are prepared by name; the texts are constants of the code, in a few lengths each. */
const preparedCapacity = 1000;

/** The types of the seam: integers (sums and counts too) as numbers, booleans as 1 and 0, like SQLite. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid, format) {
    if (oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC) return Number;
    if (oid === pg.types.builtins.BOOL) return (text: string) => (text === "t" ? 1 : 0);
    return pg.types.getTypeParser(oid, format);
  },
};

/** Opens a database as openDatabase does. Durable as the server's own synchronous_commit says. */
export async function openPostgres(url: string, role: DatabaseRole): Promise<Database> {
  const name = describeDatabase(url);
  let close = async () => {};
  try {
    const lock = role === "server" ? await lockPostgres(url, name) : undefined;
    const database = open(url, name, lock);
    close = database.close;
    await whileMigrating(url, () => migrate(database, name, role, "postgres", withByteOrder));
    return database;
  } catch (error) {
    await close();
    throw explained(error, name, "opening");
  }
}

/** What is sent in one turn of the event loop leaves in one packet, and not each statement in its own. */
function gather(client: pg.PoolClient): void {
  const { stream } = client.connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** Text compares by bytes on both databases. */
function withByteOrder(sql: string): string {
  return sql.replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"');
}

function open(url: string, name: string, lock: ServerLock | undefined): Database {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "signalbox",
    max: poolSize,
    connectionTimeoutMillis: 30_000,
    idleTimeoutMillis: idleMs,
    keepAlive: true,
    // Statements of one transaction go out without waiting for each other's answers.
    pipeline: true,
    types,
  });
  // A lost connection leaves the pool; whoever was using it gets the error too. Unheard, these events end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const scope = createTransactionScope();
  const prepared = new Map<string, string>();
  let closing: Promise<void> | undefined;

  const queryOn =
    (connection: pg.Pool | pg.PoolClient): Queryable["query"] =>
    async (sql, values = []) => {
      try {
        lock?.assertHeld();
        assertBindable(values);
        if (!prepared.has(sql) && prepared.size < preparedCapacity) prepared.set(sql, `signalbox_${prepared.size}`);
        if (!(connection instanceof pg.Pool)) gather(connection);
        const result = await connection.query({ name: prepared.get(sql), text: sql, values: [...values] });
        return result.rows;
      } catch (error) {
        throw explained(error, name, "open");
      }
    };
  const queryPool = queryOn(pool);

  const transact = async <Result>(work: (tx: Transaction) => Promise<Result> | Result): Promise<Result> => {
    let broken: Error | undefined;
    let client: pg.PoolClient | undefined;
    try {
      client = await pool.connect();
      gather(client);
      const begun = client.query("BEGIN");
      // It fails only with the connection, and whatever comes after it does too.
      begun.catch(() => {});
      const { result, sent } = await scope.run(queryOn(client), work);
      await Promise.all([begun, sent, client.query("COMMIT")]);
      return result;
    } catch (error) {
      await client?.query("ROLLBACK").catch((failure) => {
        broken = failure;
      });
      throw explained(error, name, "open");
    } finally {
      client?.release(broken);
    }
  };

  // The pool forgets those who wait for a connection when it ends, so it ends after them.
  const running = new Set<Promise<unknown>>();
  const tracked = <Result>(operation: Promise<Result>): Promise<Result> => {
    running.add(operation);
    const done = () => running.delete(operation);
    operation.then(done, done);
    return operation;
  };

  return {
    dialect,

    async query<Row>(sql: string, values?: readonly Value[]): Promise<Row[]> {
      scope.assertOutside();
      return tracked(queryPool<Row>(sql, values));
    },

    async transaction(work) {
      scope.assertOutside();
      return tracked(transact(work));
    },

    close() {
      closing ??= Promise.allSettled(running)
        .then(() => pool.end())
        .then(() => lock?.release());
      return closing;
    },
  };
}
