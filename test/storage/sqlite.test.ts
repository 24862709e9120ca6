/** SQLite behind the seam. */
import { expect, it } from "vitest";
import { describeDatabase } from "../support/databases.ts";
import { conformance } from "./conformance.ts";
import { itemKeys, putItem } from "./conformance-values.ts";

conformance("sqlite");

describeDatabase("sqlite", (open) => {
  it("says that the disk is full, and goes on when there is space again", async () => {
    const { database } = await open();
    await database.transaction((tx) => tx.query("PRAGMA max_page_count = 1"));
    const large = () => database.transaction((tx) => putItem(tx, "x".repeat(1_000_000), 1));
    await expect(large()).rejects.toMatchObject({ code: "storage-full" });
    await database.transaction((tx) => tx.query("PRAGMA max_page_count = 1000000"));
    await large();
    expect((await itemKeys(database)).length).toBe(1);
  });
});
