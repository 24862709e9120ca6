/** Postgres behind the seam. */
import { expect, it } from "vitest";
import { openDatabase } from "../../src/storage/open.ts";
import { describeDatabase } from "../support/databases.ts";
import { conformance } from "./conformance.ts";
import { itemKeys } from "./conformance-values.ts";

conformance("postgres");

describeDatabase("postgres", (open) => {
  it("says that the disk is full", async () => {
    const { database } = await open();
    const full = database.query("DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$");
    await expect(full).rejects.toMatchObject({ code: "storage-full" });
  });

  it("goes on, and keeps its lock, when all its connections are cut", async () => {
    const { database, settings } = await open();
    await itemKeys(database);
    const lock = `FROM pg_locks WHERE locktype = 'advisory'
      AND CAST(objid AS BIGINT) = CAST(hashtext(current_schema()) AS BIGINT) & 4294967295`;
    await database.query(`SELECT pg_terminate_backend(pid, 5000) ${lock}`);
    const itself = database.query("SELECT pg_terminate_backend(pg_backend_pid())");
    await expect(itself).rejects.toMatchObject({ code: "database-unavailable" });
    await expect.poll(() => database.query(`SELECT pid ${lock}`)).toHaveLength(1);
    await expect(openDatabase(settings)).rejects.toMatchObject({ code: "database-in-use" });
  });
});
