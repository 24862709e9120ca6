/** How SQLite finds the rows of a run: what grows with all that a thread ever ran makes each run on it dearer than the last. */
import { expect, it } from "vitest";
import type { Database, Queryable } from "../../src/storage/database.ts";
import { describeDatabase } from "../support/databases.ts";
import { say, startEngine } from "../support/engine.ts";

type Statement = Parameters<Queryable["query"]>;

/** The database, which adds each statement to `statements`. */
function recorded(database: Database, statements: Statement[]): Database {
  const record = <Call extends (...statement: Statement) => unknown>(call: Call) =>
    ((...statement: Statement) => {
      statements.push(statement);
      return call(...statement);
    }) as Call;
  return {
    ...database,
    query: record(database.query),
    transaction: (work) => database.transaction((tx) => work({ query: record(tx.query), send: record(tx.send) })),
  };
}

describeDatabase("sqlite", (open) => {
  it("goes through no table, and not through all runs of a thread, for a run on it", async () => {
    const { database } = await open();
    const statements: Statement[] = [];
    const engine = await startEngine(recorded(database, statements));
    const { thread_id } = await engine.threads.create("ada", {});
    statements.length = 0;
    for (const multitask_strategy of ["enqueue", "reject", "interrupt"] as const) {
      const run = { assistant_id: "echo", input: say("hello"), multitask_strategy };
      await (await engine.runs.createAndWait("ada", thread_id, run)).result;
    }
    const steps = [];
    for (const [sql, values] of statements) {
      const plan = await database.query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, values);
      steps.push(...plan.map(({ detail }) => detail));
    }
    await engine.drain();
    expect(steps.join("\n")).toContain("runs_of_thread_by_status");
    // "runs_by_thread" was what an ORDER BY of the active runs made SQLite choose.
    expect(steps.filter((step) => /^SCAN (?!json_each|fence|wanted)|\bruns_by_thread\b/.test(step))).toEqual([]);
  });
});
