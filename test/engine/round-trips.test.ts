/** What a run asks of its database. No figure of time: each round trip to a Postgres in the next rack is half a millisecond. */
import { afterEach, expect, it } from "vitest";
import type { Engine } from "../../src/engine/contract.ts";
import { describeDatabases } from "../support/databases.ts";
import { say, startEngine } from "../support/engine.ts";
import { countRoundTrips } from "../support/round-trips.ts";

describeDatabases("A run of one node", (open) => {
  let engine: Engine | undefined;
  afterEach(() => engine?.drain());

  async function start() {
    const database = countRoundTrips((await open()).database);
    engine = await startEngine(database);
    return { database, engine };
  }

  /** How often the database is waited for while a run executes to its end. */
  async function costOf(
    { database, engine }: Awaited<ReturnType<typeof start>>,
    threadId: string | null,
  ): Promise<number> {
    const before = database.roundTrips;
    const { result } = await engine.runs.createAndWait("ada", threadId, { assistant_id: "echo", input: say("hello") });
    expect(await result).toContain("hello");
    return database.roundTrips - before;
  }

  it("waits for the database 12 times: its assistant, acceptance (2), claim, state, 5 writes, settlement (2)", async () => {
    const started = await start();
    const { thread_id } = await started.engine.threads.create("ada", {});
    expect(await costOf(started, thread_id)).toBe(12);
    expect(await costOf(started, thread_id)).toBe(12);
  });

  it("waits as often where its thread goes with it", async () => {
    expect(await costOf(await start(), null)).toBe(12);
  });
});
