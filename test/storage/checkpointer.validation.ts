/** LangGraph's own conformance suite over our checkpointer, for one database. */
import { deltaChannelHistoryTests, validate } from "@langchain/langgraph-checkpoint-validation";
import * as vitest from "vitest";
import { createCheckpointer } from "../../src/storage/checkpointer.ts";
import type { Database } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { createTestDatabase, type DatabaseKind, type FreshDatabase } from "../support/databases.ts";

/** The suite finds vitest's functions as globals. */
const { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } = vitest;
Object.assign(globalThis, { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it });

export function validateCheckpointer(kind: DatabaseKind): void {
  let fresh: FreshDatabase;
  let database: Database;
  let owners = 0;
  const initializer = {
    // By this name the suite knows a saver of whole snapshots, and leaves out its one test of storage by channel.
    checkpointerName: "@langchain/langgraph-checkpoint-sqlite",
    async beforeAll() {
      fresh = await createTestDatabase(kind);
      database = await openDatabase(fresh.settings);
    },
    async afterAll() {
      await database.close();
      await fresh.drop();
    },
    // A user of one's own each time: nobody sees another's checkpoints.
    createCheckpointer: () => createCheckpointer(database, { owner: `owner ${owners++}` }),
  };
  describe(`the checkpointer on ${kind}`, () => {
    validate(initializer);
    deltaChannelHistoryTests(initializer);
  });
}
