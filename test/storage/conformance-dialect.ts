/** The words in which the databases differ mean the same on each. */
import { describe, expect, it } from "vitest";
import type { Database } from "../../src/storage/database.ts";
import type { OpenTestDatabase } from "../support/databases.ts";
import { itemKeys, putItem } from "./conformance-values.ts";

export function dialectTests(open: OpenTestDatabase): void {
  describe("jsonContains", () => {
    it.each<{ whole: object; part: object; holds: boolean }>([
      { whole: { a: 1 }, part: {}, holds: true },
      { whole: { a: 1, b: "x" }, part: { b: "x" }, holds: true },
      { whole: { a: 1 }, part: { a: 2 }, holds: false },
      { whole: { a: 1 }, part: { a: "1" }, holds: false },
      { whole: { a: 1 }, part: { a: 1.0 }, holds: true },
      { whole: { a: null }, part: { a: null }, holds: true },
      { whole: {}, part: { a: null }, holds: false },
      { whole: { a: true }, part: { a: 1 }, holds: false },
      { whole: { a: { b: { c: 1 }, d: 2 } }, part: { a: { b: { c: 1 } } }, holds: true },
      { whole: { a: { b: 1 } }, part: { b: 1 }, holds: false },
      { whole: { a: [1, 2, 3] }, part: { a: [3, 1, 1] }, holds: true },
      { whole: { a: [1, 2] }, part: { a: [4] }, holds: false },
      { whole: { a: [{ b: 1, c: 2 }] }, part: { a: [{ b: 1 }] }, holds: true },
      { whole: { a: [1] }, part: { a: 1 }, holds: false },
      { whole: { a: 1 }, part: { a: [1] }, holds: false },
      { whole: { a: [] }, part: { a: {} }, holds: false },
      { whole: { "it's": "it's" }, part: { "it's": "it's" }, holds: true },
      { whole: { constructor: 1 }, part: { toString: 1 }, holds: false },
    ])("$whole contains $part: $holds", async ({ whole, part, holds }) => {
      const database = await opened(open);
      await database.query("UPDATE assistants SET metadata = $1", [JSON.stringify(whole)]);
      const found = await database.query(
        `SELECT assistant_id FROM assistants WHERE ${database.dialect.jsonContains("metadata", "$1")}`,
        [JSON.stringify(part)],
      );
      expect(found.length).toBe(holds ? 1 : 0);
    });
  });

  describe("inList", () => {
    it("finds the texts of a list, and none in an empty one", async () => {
      const { database } = await open();
      for (const key of ["a", "b", "it's, [c]", "A"]) await putItem(database, key, 1);
      const keysIn = async (list: string[]) => {
        const sql = `SELECT key FROM store_items WHERE ${database.dialect.inList("key", "$1")} ORDER BY key`;
        return (await database.query<{ key: string }>(sql, [JSON.stringify(list)])).map(({ key }) => key);
      };
      expect(await keysIn(["it's, [c]", "a", "z", "a"])).toEqual(["a", "it's, [c]"]);
      expect(await keysIn([])).toEqual([]);
    });
  });

  describe("containsText", () => {
    it("ignores the case of ASCII letters and has no wildcards", async () => {
      const { database } = await open();
      for (const key of ["Hello World", "100%", "a_b", "acb", "ÄÖ"]) await putItem(database, key, 1);
      const keysWith = async (text: string) => {
        const sql = `SELECT key FROM store_items WHERE ${database.dialect.containsText("key", "$1")} ORDER BY key`;
        return (await database.query<{ key: string }>(sql, [text])).map(({ key }) => key);
      };
      expect(await keysWith("LO w")).toEqual(["Hello World"]);
      expect(await keysWith("%")).toEqual(["100%"]);
      expect(await keysWith("A_B")).toEqual(["a_b"]);
      expect(await keysWith("Ä")).toEqual(["ÄÖ"]);
      expect(await keysWith("ä")).toEqual([]);
      expect((await keysWith("")).length).toBe(5);
    });
  });

  describe("order", () => {
    it("is the order of the bytes", async () => {
      const { database } = await open();
      const sorted = ["", "A", "Z", "_", "a", "a b", "aB", "ab", "z", "é", "\uffee", "😀"];
      for (const key of sorted.toReversed()) await putItem(database, key, 1);
      expect(await itemKeys(database)).toEqual(sorted);
    });
  });
}

let shared: Promise<Database> | undefined;

/** One database with one assistant, for all cases of a table. */
function opened(open: OpenTestDatabase): Promise<Database> {
  shared ??= open().then(async ({ database }) => {
    await database.query(
      `INSERT INTO assistants
         (owner, assistant_id, graph_id, name, config, context, metadata, version, created_at, updated_at)
       VALUES ('o', 'a', 'g', 'n', $1, $1, '{}', 1, 0, 0)`,
      [new Uint8Array([1])],
    );
    return database;
  });
  return shared;
}
