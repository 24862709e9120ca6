/** How often Postgres is waited for, seen from the wire. */
import { expect, it } from "vitest";
import type { Transaction } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { describeDatabase } from "../support/databases.ts";
import { countQuestions } from "../support/packets.ts";

function sendItem(tx: Transaction, key: string): void {
  tx.send(
    "INSERT INTO store_items (owner, namespace, key, value, created_at, updated_at) VALUES ($1, $1, $2, $3, 1, 1)",
    ["owner", key, new Uint8Array([1])],
  );
}

describeDatabase("postgres", (open) => {
  it("is waited for once by a transaction that only sends, and once more for what one asks", async () => {
    const { url } = await open();
    const way = await countQuestions(url);
    const database = await openDatabase({ kind: "postgres", url: way.url }, { role: "client" });
    await database.query("SELECT 1");

    const opened = way.questions;
    await database.transaction((tx) => {
      sendItem(tx, "a");
      sendItem(tx, "b");
    });
    expect(way.questions - opened).toBe(1);

    const asked = way.questions;
    await database.transaction(async (tx) => {
      sendItem(tx, "c");
      await tx.query("SELECT key FROM store_items");
      sendItem(tx, "d");
    });
    expect(way.questions - asked).toBe(2);
    await database.close();
    await way.close();
  });
});
