/**
 * Real databases for tests: a fresh SQLite file, or a fresh schema of the run's own Postgres.
 *
 *     describeDatabases("threads", (open) => {
 *       it("keeps a thread", async () => {
 *         const { database } = await open();          // fresh, migrated, closed and dropped after the block
 *       });
 *     });
 *
 *     const fresh = await createTestDatabase("postgres");   // not opened: for a server in a process of its own
 *     start({ DATABASE_URL: fresh.url });
 *     await fresh.drop();                                   // when the server has ended
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, inject } from "vitest";
import type { DatabaseSettings } from "../../src/config.ts";
import type { Database } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";

export const databaseKinds = ["sqlite", "postgres"] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

/** An empty database that nobody has opened yet. */
export interface FreshDatabase {
  settings: DatabaseSettings;
  /** The settings as DATABASE_URL. */
  url: string;
  drop(): Promise<void>;
}

export interface TestDatabase extends FreshDatabase {
  database: Database;
}

export type OpenTestDatabase = () => Promise<TestDatabase>;

export async function createTestDatabase(kind: DatabaseKind): Promise<FreshDatabase> {
  if (kind === "postgres") return createPostgresDatabase();
  const folder = await mkdtemp(join(tmpdir(), "signalbox-test-"));
  const path = join(folder, "signalbox.db");
  return {
    settings: { kind, path },
    url: `sqlite:${path}`,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A schema of its own, which for Signalbox is a database of its own, and made in a hundredth of the time. */
async function createPostgresDatabase(): Promise<FreshDatabase> {
  const administrator = inject("postgresUrl");
  const schema = `test_${randomBytes(8).toString("hex")}`;
  await command(administrator, `CREATE SCHEMA ${schema}`);
  const url = new URL(administrator);
  url.searchParams.set("options", `-c search_path=${schema}`);
  return {
    settings: { kind: "postgres", url: url.href },
    url: url.href,
    drop: () => command(administrator, `DROP SCHEMA IF EXISTS ${schema} CASCADE`),
  };
}

async function command(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Runs a block of tests over both databases. Each `open()` gives a fresh one, as a server opens it. */
export function describeDatabases(title: string, block: (open: OpenTestDatabase, kind: DatabaseKind) => void): void {
  describe.each(databaseKinds)(`${title} on %s`, (kind) => describeDatabase(kind, block));
}

/** The same inside a describe of one's own, over one database. */
export function describeDatabase(
  kind: DatabaseKind,
  block: (open: OpenTestDatabase, kind: DatabaseKind) => void,
): void {
  const opened: TestDatabase[] = [];
  afterAll(async () => {
    for (const { database, drop } of opened) {
      await database.close();
      await drop();
    }
  });
  block(async () => {
    const fresh = await createTestDatabase(kind);
    const test = { ...fresh, database: await openDatabase(fresh.settings) };
    opened.push(test);
    return test;
  }, kind);
}
