/** Locks of the whole database, each held by a connection of its own: they end with it, however the process dies. */
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { isSignalboxError, SignalboxError } from "../errors.ts";

export interface ServerLock {
  /** @throws SignalboxError "database-in-use" where another server took the lock while the connection was lost */
  assertHeld(): void;
  release(): Promise<void>;
}

/** The first key of the advisory locks; the second is the schema. Postgres adds the database itself. */
const keys = { server: 1_397_311_309, migration: 1_397_311_310 };
/** A predecessor that was just killed is given this long to be noticed by Postgres. */
const patienceMs = 1000;
const retryMs = 1000;

/**
 * Takes the server's lock, and takes it again whenever its connection is lost.
 * @throws SignalboxError "database-in-use"
 */
export async function lockPostgres(url: string, name: string): Promise<ServerLock> {
  const inUse = (cause: unknown) =>
    new SignalboxError(
      "database-in-use",
      `Another Signalbox server runs on ${name}. Stop it, or name another database.`,
      { cause },
    );
  const take = () =>
    takeLock(url, keys.server, patienceMs).catch((error) => {
      throw isLockTimeout(error) ? inUse(error) : error;
    });

  let released = false;
  let lost: SignalboxError | undefined;
  let connection = await take();
  const watch = () => connection.once("end", regain);
  const regain = async () => {
    while (!released) {
      try {
        connection = await take();
        if (released) await connection.end();
        else watch();
        return;
      } catch (error) {
        if (isSignalboxError(error, "database-in-use")) {
          lost = error;
          return;
        }
        await setTimeout(retryMs, undefined, { ref: false });
      }
    }
  };
  watch();
  return {
    assertHeld() {
      if (lost) throw lost;
    },
    async release() {
      released = true;
      await connection.end();
    },
  };
}

/** Runs `work` while no other process migrates the same database. */
export async function whileMigrating(url: string, work: () => Promise<void>): Promise<void> {
  const connection = await takeLock(url, keys.migration, 0);
  try {
    await work();
  } finally {
    await connection.end();
  }
}

/** A connection that holds the lock; Postgres notices within half a minute when its host has vanished. */
async function takeLock(url: string, key: number, timeoutMs: number): Promise<pg.Client> {
  const connection = new pg.Client({
    connectionString: url,
    application_name: "signalbox lock",
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // The end of the connection follows, and is what counts.
  connection.on("error", () => {});
  try {
    await connection.connect();
    await connection.query(
      `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
       SET lock_timeout = ${timeoutMs}; SELECT pg_advisory_lock(${key}, hashtext(current_schema()))`,
    );
    return connection;
  } catch (error) {
    await connection.end();
    throw error;
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "55P03";
}
