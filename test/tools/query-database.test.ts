/** Questions to a real SQLite file and a real Postgres: what they give, and that nothing can be changed by one. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import BetterSqlite3 from "better-sqlite3";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { configure } from "../../src/config.ts";
import { queryDatabase } from "../../tools/query-database.ts";
import { createTestDatabase } from "../support/databases.ts";

const ask = (sql?: string): Promise<string> => queryDatabase.invoke(sql === undefined ? {} : { sql });

const tables = [
  "CREATE TABLE stations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT)",
  "INSERT INTO stations VALUES (1, 'Adlestrop', NULL), (2, 'Crewe | North', 'two\nlines'), (3, 'York', '')",
  "CREATE TABLE trains (number BIGINT, at INTEGER)",
  "CREATE VIEW names AS SELECT name FROM stations",
];

interface Fixture {
  url: string;
  run(sql: string): Promise<unknown>;
  /** SQL that never ends by itself, that takes much memory, and that gives many rows. */
  endless: string;
  large: string;
  long: string;
  writes: string[];
  drop(): Promise<void>;
}

async function createSqlite(): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-query-"));
  const path = join(folder, "own.db");
  const connection = new BetterSqlite3(path);
  connection.pragma("journal_mode = WAL");
  return {
    url: `sqlite:${path}`,
    run: async (sql) => (sql.startsWith("SELECT") ? connection.prepare(sql).all() : connection.exec(sql)),
    endless: "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    large: "SELECT hex(randomblob(400000000))",
    long: "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, 'word' FROM n",
    writes: [
      `ATTACH DATABASE '${join(folder, "other.db")}' AS other`,
      "PRAGMA query_only = OFF",
      "PRAGMA journal_mode = DELETE",
      "VACUUM INTO '/tmp/stolen.db'",
    ],
    async drop() {
      connection.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function createPostgres(): Promise<Fixture> {
  const administrator = new pg.Client({ connectionString: inject("postgresUrl") });
  await administrator.connect();
  const name = `query_${randomBytes(6).toString("hex")}`;
  await administrator.query(`CREATE DATABASE ${name}`);
  const url = new URL(inject("postgresUrl"));
  url.pathname = name;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return {
    url: url.href,
    run: async (sql) => (await client.query(sql)).rows,
    endless: "SELECT pg_sleep(600)",
    large: "SELECT repeat('x', 10000000) FROM generate_series(1, 100)",
    long: "SELECT x, 'word' FROM generate_series(1, 100000) x",
    writes: [
      "SELECT 1); DROP TABLE stations; --",
      "WITH gone AS (DELETE FROM stations RETURNING id) SELECT * FROM gone",
      "SELECT set_config('transaction_read_only', 'off', false), lo_create(0)",
      "SELECT * FROM stations FOR UPDATE",
      "COPY stations TO PROGRAM 'cat'",
      "SELECT nextval('counter')",
    ],
    async drop() {
      await client.end();
      await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await administrator.end();
    },
  };
}

afterEach(() => configure());

describe.each([
  ["SQLite", createSqlite],
  ["Postgres", createPostgres],
])("A database on %s", (_, create) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await create();
    for (const sql of tables) await fixture.run(sql);
  });
  afterAll(() => fixture.drop());
  const inFixture = (sql?: string) => {
    configure({ QUERY_DATABASE_URL: fixture.url });
    return ask(sql);
  };

  test.each([undefined, "", " \n"])(
    "lists its tables and views, with the columns, when it is asked %j",
    async (sql) => {
      const listed = await inFixture(sql);
      expect(listed).toMatch(/^names\(name text\)\nstations\(id integer, name text, note text\)\ntrains\(/i);
    },
  );

  test("answers one SELECT with a table", async () => {
    expect(await inFixture("SELECT name, note FROM stations ORDER BY id;")).toBe(
      "| name | note |\n| --- | --- |\n| Adlestrop | NULL |\n| Crewe \\| North | two lines |\n| York |  |\n[3 rows]",
    );
  });

  test("answers in exact numbers", async () => {
    expect(await inFixture("-- the largest\nSELECT 9007199254740993 AS big")).toContain("| 9007199254740993 |");
  });

  test("gives the first rows of many, and says so", async () => {
    const rows = await inFixture(fixture.long);
    expect(rows).toContain("| 100 | word |");
    expect(rows).not.toContain("| 101 |");
    expect(rows).toMatch(/\[The first 100 rows\. .*OFFSET\.\]$/);
  });

  test("gives long values in short", async () => {
    const value = "x".repeat(3_000);
    const columns = Array.from({ length: 100 }, (_, index) => `'${value}' AS c${index}`).join(", ");
    await expect(inFixture(`SELECT ${columns}`)).rejects.toThrow(/sql/);
    const rows = await inFixture(`SELECT '${value}' AS long, name FROM stations`);
    expect(rows.length).toBeLessThan(2_000);
  });

  test.each([
    "DROP TABLE stations",
    "DELETE FROM stations",
    "INSERT INTO stations VALUES (4, 'x', NULL)",
    "UPDATE stations SET name = 'x'",
    "CREATE TABLE more (id INTEGER)",
    "SELECT 1; DROP TABLE stations",
    "WITH one AS (SELECT 1) DELETE FROM stations",
    "BEGIN; DELETE FROM stations; COMMIT",
    "/* SELECT */ DELETE FROM stations",
    "EXPLAIN ANALYZE DELETE FROM stations",
  ])("refuses %s", async (sql) => {
    await expect(inFixture(sql)).rejects.toThrow(/^The database was not read: /);
    expect(await fixture.run("SELECT name FROM stations")).toHaveLength(3);
  });

  test("refuses what this kind of database could be changed by", async () => {
    const refusals = await Promise.allSettled(fixture.writes.map(inFixture));
    expect(refusals.map(({ status }) => status)).toEqual(fixture.writes.map(() => "rejected"));
    expect(await fixture.run("SELECT name FROM stations")).toHaveLength(3);
  });

  test("says what is wrong with a statement", async () => {
    await expect(inFixture("SELECT nme FROM stations")).rejects.toThrow(/nme.*Correct the statement/);
  });

  test("is not asked for ever", async () => {
    await expect(inFixture(fixture.endless)).rejects.toThrow(/it was stopped at|statement timeout/);
  });

  test("takes no more memory than it is given", async () => {
    await expect(inFixture(fixture.large)).rejects.toThrow(/it was stopped at 128 MiB/);
  });

  test("stops with the run that asks", async () => {
    configure({ QUERY_DATABASE_URL: fixture.url });
    const run = new AbortController();
    const asked = queryDatabase.invoke({ sql: fixture.endless }, { signal: run.signal });
    run.abort();
    await expect(asked).rejects.toThrow(/abort/i);
  });
});

describe("The server's own database", () => {
  test.each(["sqlite", "postgres"] as const)("is refused at the start, on %s", async (kind) => {
    const { url, drop } = await createTestDatabase(kind);
    const reason = /QUERY_DATABASE_URL is the server's own database/;
    expect(() => configure({ DATABASE_URL: url, QUERY_DATABASE_URL: url })).toThrow(reason);
    await drop();
  });

  test("is refused under another name too", async () => {
    const { settings, url, drop } = await createTestDatabase("sqlite");
    const { openDatabase } = await import("../../src/storage/open.ts");
    await (await openDatabase(settings)).close();
    configure({ QUERY_DATABASE_URL: url });
    await expect(ask()).rejects.toThrow(/it is the database of Signalbox itself/);
    await drop();
  });
});

describe("A database that", () => {
  test("is not there is named, and not made", async () => {
    configure({ QUERY_DATABASE_URL: "sqlite:/nowhere/at-all.db" });
    await expect(ask()).rejects.toThrow(/not read: .*(directory|unable to open)/);
  });

  test("cannot be reached is named without its password", async () => {
    configure({ QUERY_DATABASE_URL: "postgres://me:canary@127.0.0.1:1/own" });
    const refusal = await ask().catch((error: Error) => error.message);
    expect(refusal).toMatch(/ECONNREFUSED/);
    expect(refusal).not.toContain("canary");
  });

  test("is not configured is asked for by its variable", async () => {
    await expect(ask()).rejects.toThrow(/set QUERY_DATABASE_URL/);
  });
});

test("Questions to a database only read", () => {
  expect(queryDatabase.metadata).toEqual({ effect: "read", egress: false });
});
