/** What goes in comes out, and what cannot is refused. */
import { describe, expect, it } from "vitest";
import type { Queryable, Value } from "../../src/storage/database.ts";
import type { OpenTestDatabase } from "../support/databases.ts";

export function valueTests(open: OpenTestDatabase): void {
  describe("values", () => {
    it("come back as numbers, text, bytes and null", async () => {
      const { database } = await open();
      await database.query("CREATE TABLE samples (number BIGINT, text TEXT, bytes BYTEA)");
      const rows = [
        { number: 0, text: "", bytes: new Uint8Array() },
        { number: -1, text: 'it\'s "quoted" $1 ? \\', bytes: new Uint8Array([0, 1, 254, 255]) },
        { number: Date.UTC(2026, 10, 22), text: "naïve 日本語 👩‍🚀\n", bytes: Buffer.from("a pooled buffer") },
        { number: Number.MAX_SAFE_INTEGER, text: "x".repeat(100_000), bytes: new Uint8Array(100_000).fill(7) },
        { number: null, text: null, bytes: null },
      ];
      for (const { number, text, bytes } of rows) {
        await database.query("INSERT INTO samples (number, text, bytes) VALUES ($1, $2, $3)", [number, text, bytes]);
      }
      const found = await database.query<(typeof rows)[number]>("SELECT number, text, bytes FROM samples");
      expect(found.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes && [...bytes] }))).toEqual(
        rows.map(({ bytes, ...rest }) => ({ ...rest, bytes: bytes && [...bytes] })),
      );
    });

    it("are numbers too where the database counts, sums and compares", async () => {
      const { database } = await open();
      await putItem(database, "one", 1);
      await putItem(database, "two", 2);
      const found = await database.query(
        "SELECT count(*) AS count, SUM(created_at) AS sum, MAX(created_at) > 1 AS over FROM store_items",
      );
      expect(found).toEqual([{ count: 2, sum: 3, over: 1 }]);
    });

    it("are bound by their number, in any order and more than once", async () => {
      const { database } = await open();
      await database.query(
        "INSERT INTO store_items (owner, namespace, key, value, created_at, updated_at) VALUES ($2, $2, '$1', $1, $3, $3)",
        [new Uint8Array([1]), "b", 3],
      );
      const found = await database.query("SELECT owner, namespace, key, updated_at FROM store_items -- not $9");
      expect(found).toEqual([{ owner: "b", namespace: "b", key: "$1", updated_at: 3 }]);
    });

    it.each([
      ["a NUL", "a\0b"],
      ["half of a surrogate pair", "a\ud800b"],
    ])("with %s are refused, alone and in a transaction", async (_name, text) => {
      const { database } = await open();
      const refusal = { code: "unrepresentable-value" };
      await expect(putItem(database, text, 1)).rejects.toMatchObject(refusal);
      await expect(database.transaction((tx) => putItem(tx, text, 1))).rejects.toMatchObject(refusal);
      await expect(database.query("SELECT 1 FROM store_items WHERE key = $1", [text])).rejects.toMatchObject(refusal);
      expect(await itemKeys(database)).toEqual([]);
    });
  });
}

/** A row of store_items, the plainest of our tables. */
export async function putItem(queryable: Queryable, key: string, createdAt: number): Promise<void> {
  const values: Value[] = ["owner", "namespace", key, new Uint8Array([1]), createdAt];
  await queryable.query(
    `INSERT INTO store_items (owner, namespace, key, value, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
    values,
  );
}

export async function itemKeys(queryable: Queryable): Promise<string[]> {
  const rows = await queryable.query<{ key: string }>("SELECT key FROM store_items ORDER BY key");
  return rows.map(({ key }) => key);
}
