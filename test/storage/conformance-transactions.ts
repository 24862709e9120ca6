/** Transactions: all or nothing, alone, not nested. */
import { describe, expect, it } from "vitest";
import type { Transaction } from "../../src/storage/database.ts";
import type { OpenTestDatabase } from "../support/databases.ts";
import { itemKeys, putItem } from "./conformance-values.ts";

export function transactionTests(open: OpenTestDatabase): void {
  describe("a transaction", () => {
    it("gives its result and keeps its rows", async () => {
      const { database } = await open();
      const result = await database.transaction(async (tx) => {
        await putItem(tx, "a", 1);
        await putItem(tx, "b", 1);
        return await itemKeys(tx);
      });
      expect(result).toEqual(["a", "b"]);
      expect(await itemKeys(database)).toEqual(["a", "b"]);
    });

    it("that throws leaves nothing, gives its own error, and hinders nobody after it", async () => {
      const { database } = await open();
      const failure = new Error("changed my mind");
      const work = database.transaction(async (tx) => {
        await putItem(tx, "a", 1);
        throw failure;
      });
      await expect(work).rejects.toBe(failure);
      await putItem(database, "b", 1);
      expect(await itemKeys(database)).toEqual(["b"]);
    });

    it("with a failed statement leaves nothing, even where its work catches the error", async () => {
      const { database } = await open();
      await putItem(database, "taken", 1);
      const work = database.transaction(async (tx) => {
        await putItem(tx, "a", 1);
        await putItem(tx, "taken", 1).catch(() => {});
        await putItem(tx, "b", 1).catch(() => {});
      });
      await expect(work).rejects.toThrow(/unique/i);
      expect(await itemKeys(database)).toEqual(["taken"]);
    });

    it("keeps what it sent without waiting, in the order of its statements", async () => {
      const { database } = await open();
      const keys = await database.transaction(async (tx) => {
        sendItem(tx, "a");
        const known = await itemKeys(tx);
        sendItem(tx, "b");
        tx.send("UPDATE store_items SET key = 'c' WHERE key = 'b'");
        return known;
      });
      expect(keys).toEqual(["a"]);
      expect(await itemKeys(database)).toEqual(["a", "c"]);
    });

    it("fails with the first statement that failed, waited for or not, and leaves nothing", async () => {
      const { database } = await open();
      await putItem(database, "taken", 1);
      const sentLast = database.transaction((tx) => {
        sendItem(tx, "a");
        sendItem(tx, "taken");
      });
      await expect(sentLast).rejects.toThrow(/unique/i);
      const sentFirst = database.transaction(async (tx) => {
        sendItem(tx, "taken");
        await putItem(tx, "b", 1).catch(() => {});
      });
      await expect(sentFirst).rejects.toThrow(/unique/i);
      const unbindable = database.transaction((tx) => {
        sendItem(tx, "c");
        sendItem(tx, "\ud800");
      });
      await expect(unbindable).rejects.toMatchObject({ code: "unrepresentable-value" });
      expect(await itemKeys(database)).toEqual(["taken"]);
    });

    it("is not needed: of single writes at the same time each fails or is kept by itself", async () => {
      const { database } = await open();
      await putItem(database, "taken", 1);
      const names = ["a", "taken", "b", "c", "d"];
      const outcomes = await Promise.allSettled(names.map((name) => putItem(database, name, 1)));
      expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([true, false, true, true, true]);
      expect(await itemKeys(database)).toEqual(["a", "b", "c", "d", "taken"]);
    });

    it("does not sweep another's insert into its rollback", async () => {
      const { database } = await open();
      const entered = Promise.withResolvers<void>();
      const leave = Promise.withResolvers<void>();
      const rolledBack = database.transaction(async (tx) => {
        await putItem(tx, "inside", 1);
        entered.resolve();
        await leave.promise;
        throw new Error("rolled back");
      });
      await entered.promise;
      const outside = putItem(database, "outside", 1);
      expect(await itemKeys(database)).not.toContain("inside");
      leave.resolve();
      await expect(rolledBack).rejects.toThrow("rolled back");
      await outside;
      expect(await itemKeys(database)).toEqual(["outside"]);
    });

    it("that locks the rows it reads loses no update to a concurrent one", async () => {
      const { database } = await open();
      await putItem(database, "counter", 0);
      const increment = () =>
        database.transaction(async (tx) => {
          const [row] = await tx.query<{ created_at: number }>(
            `SELECT created_at FROM store_items WHERE key = 'counter' ${database.dialect.lockRows}`,
          );
          await tx.query("UPDATE store_items SET created_at = $1", [(row?.created_at ?? 0) + 1]);
        });
      await Promise.all(Array.from({ length: 50 }, increment));
      expect(await database.query("SELECT created_at FROM store_items")).toEqual([{ created_at: 50 }]);
    });

    it("lets nothing but its tx be used inside, and its tx not after it", async () => {
      const { database } = await open();
      const inside = { code: "internal", message: expect.stringContaining("inside a transaction") };
      const nested = database.transaction(() => database.transaction(async () => {}));
      await expect(nested).rejects.toMatchObject(inside);
      await expect(database.transaction(() => itemKeys(database))).rejects.toMatchObject(inside);
      const escaped = await database.transaction(async (tx) => tx);
      await expect(putItem(escaped, "late", 1)).rejects.toMatchObject({ code: "internal" });
      expect(await itemKeys(database)).toEqual([]);
    });

    it("may be followed by another one in what it started", async () => {
      const { database } = await open();
      const ended = Promise.withResolvers<void>();
      let later: Promise<void> | undefined;
      await database.transaction(async (tx) => {
        await putItem(tx, "first", 1);
        later = ended.promise.then(() => database.transaction((next) => putItem(next, "second", 1)));
      });
      ended.resolve();
      await later;
      expect(await itemKeys(database)).toEqual(["first", "second"]);
    });

    it("is finished before the database closes", async () => {
      const { database } = await open();
      const work = database.transaction(async (tx) => {
        await putItem(tx, "a", 1);
        return await itemKeys(tx);
      });
      const closed = database.close();
      expect(await work).toEqual(["a"]);
      await closed;
      await expect(itemKeys(database)).rejects.toThrow();
    });
  });
}

function sendItem(tx: Transaction, key: string): void {
  tx.send(
    `INSERT INTO store_items (owner, namespace, key, value, created_at, updated_at) VALUES ($1, $2, $3, $4, 1, 1)`,
    ["owner", "namespace", key, new Uint8Array([1])],
  );
}
