import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteThread } from "../../src/storage/sqlite-thread.ts";

describe("a SQLite database in a thread of its own", () => {
  let folder: string;
  let database: ReturnType<typeof openSqliteThread>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "signalbox-thread-"));
    database = openSqliteThread(join(folder, "signalbox.db"), false);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("answers each query with its own rows", async () => {
    const asked = [1, 2, 3].map((number) => database.query("SELECT $1 AS number", [number]));
    expect(await Promise.all(asked)).toEqual([1, 2, 3].map((number) => [{ number }]));
  });

  it("leaves the asking thread free while it works", async () => {
    await database.query("SELECT 1");
    let isAnswered = false;
    const counting = database.query(
      "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 10000) SELECT count(*) FROM many",
    );
    const answered = counting.then(() => {
      isAnswered = true;
    });
    // An answer of this thread would come without a turn of its loop.
    for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
    expect(isAnswered).toBe(false);
    await answered;
  });

  it("says what is wrong with a query, and answers the next one", async () => {
    await expect(database.query("SELECT * FROM nowhere")).rejects.toThrow("no such table: nowhere");
    await expect(database.query("SELECT $1", ["a\0b"])).rejects.toMatchObject({ code: "unrepresentable-value" });
    expect(await database.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("says why a file cannot be opened, and opens it as soon as it can be", async () => {
    const place = join(folder, "place");
    await writeFile(place, "no folder");
    const other = openSqliteThread(join(place, "signalbox.db"), false);
    try {
      await expect(other.query("SELECT 1")).rejects.toMatchObject({ code: "database-unavailable" });
      await rm(place);
      expect(await other.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    } finally {
      await other.close();
    }
  });

  it("starts again after it was closed", async () => {
    await database.query("SELECT 1");
    await database.close();
    await database.close();
    expect(await database.query("SELECT 2 AS two")).toEqual([{ two: 2 }]);
  });
});
