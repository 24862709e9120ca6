/** Opening: the tables are made once, and one server has a database. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { DatabaseSettings } from "../../src/config.ts";
import type { Database, DatabaseRole } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { migrations } from "../../src/storage/schema.ts";
import { createTestDatabase, type DatabaseKind, type FreshDatabase } from "../support/databases.ts";
import { itemKeys, putItem } from "./conformance-values.ts";

/** Databases that cannot be opened: a file inside a file, a port where nobody listens. */
const unavailable: Record<DatabaseKind, { settings: DatabaseSettings; place: string }> = {
  sqlite: {
    settings: { kind: "sqlite", path: `${import.meta.filename}/signalbox.db` },
    place: `${import.meta.filename}/signalbox.db`,
  },
  postgres: {
    settings: { kind: "postgres", url: "postgres://ada:secret@127.0.0.1:1/name" },
    place: "name at 127.0.0.1:1",
  },
};

export function serverTests(kind: DatabaseKind): void {
  describe("a server's database", () => {
    const cleanups: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });
    const create = async (): Promise<FreshDatabase> => {
      const fresh = await createTestDatabase(kind);
      cleanups.push(fresh.drop);
      return fresh;
    };
    const open = async ({ settings }: FreshDatabase, role?: DatabaseRole): Promise<Database> => {
      const database = await openDatabase(settings, { role });
      cleanups.push(database.close);
      return database;
    };

    it("keeps its tables and rows when it is opened again", async () => {
      const fresh = await create();
      const first = await open(fresh);
      await putItem(first, "kept", 1);
      await first.close();
      const second = await open(fresh);
      expect(await itemKeys(second)).toEqual(["kept"]);
      expect(await second.query("SELECT version FROM migrations ORDER BY version")).toEqual(
        migrations.map((_, index) => ({ version: index + 1 })),
      );
    });

    it("is made once by clients that come at the same time", async () => {
      const fresh = await create();
      const clients = await Promise.all([1, 2, 3].map(() => open(fresh, "client")));
      await Promise.all(clients.map((client, index) => putItem(client, String(index), 1)));
      expect(await itemKeys(await open(fresh))).toEqual(["0", "1", "2"]);
    });

    it("is refused where a newer Signalbox made it", async () => {
      const fresh = await create();
      const newer = await open(fresh);
      await newer.query("INSERT INTO migrations (version) VALUES ($1)", [migrations.length + 1]);
      await newer.close();
      await expect(open(fresh)).rejects.toMatchObject({
        code: "database-unavailable",
        message: expect.stringMatching(/newer Signalbox/),
      });
    });

    it("is refused to a second server, open to clients, and free when the first one closes", async () => {
      const fresh = await create();
      const first = await open(fresh);
      await expect(open(fresh)).rejects.toMatchObject({
        code: "database-in-use",
        message: expect.stringContaining(nameOf(fresh)),
      });
      const client = await open(fresh, "client");
      await putItem(client, "from a client", 1);
      expect(await itemKeys(first)).toEqual(["from a client"]);
      await first.close();
      expect(await itemKeys(await open(fresh))).toEqual(["from a client"]);
    });

    it("is named where it cannot be opened, without its password", async () => {
      const { settings, place } = unavailable[kind];
      const message = expect.stringMatching(new RegExp(`^(?!.*secret).*${RegExp.escape(place)}`));
      await expect(openDatabase(settings)).rejects.toMatchObject({ code: "database-unavailable", message });
    });

    it("is free when the server that has it is killed", async () => {
      const fresh = await create();
      const program = fileURLToPath(import.meta.resolve("../support/hold-database.ts"));
      const holder = spawn(process.execPath, [program, JSON.stringify(fresh.settings)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      cleanups.push(async () => void holder.kill("SIGKILL"));
      await once(holder.stdout, "data");
      await expect(open(fresh)).rejects.toMatchObject({ code: "database-in-use" });
      const exited = once(holder, "exit");
      holder.kill("SIGKILL");
      await exited;
      // Postgres has to notice first.
      await expect.poll(async () => itemKeys(await open(fresh))).toEqual([]);
    });
  });
}

/** What a message calls the database by. */
function nameOf({ settings }: FreshDatabase): string {
  return settings.kind === "sqlite" ? settings.path : new URL(settings.url).pathname.slice(1);
}
