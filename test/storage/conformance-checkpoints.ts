/** The checkpointer beyond LangGraph's own suite: fences, owners, copies, rollbacks. */
import type { BaseCheckpointSaver, Checkpoint, CheckpointTuple } from "@langchain/langgraph-checkpoint";
import { emptyCheckpoint, INTERRUPT, uuid6 } from "@langchain/langgraph-checkpoint";
import { describe, expect, it } from "vitest";
import {
  copyThread,
  createCheckpointer,
  deleteRunCheckpoints,
  deleteThreadCheckpoints,
} from "../../src/storage/checkpointer.ts";
import type { Database } from "../../src/storage/database.ts";
import type { OpenTestDatabase } from "../support/databases.ts";

const owner = "ada";
const stale = { code: "stale-attempt" };

export function checkpointTests(open: OpenTestDatabase): void {
  describe("a fenced checkpointer", () => {
    it("stores while its attempt owns the running run", async () => {
      const { database } = await open();
      await insertRun(database, "run", 1);
      const saver = createCheckpointer(database, { owner, fence: { run_id: "run", attempt: 1 } });
      const config = await putCheckpoint(saver, "thread", { n: 1 });
      await saver.putWrites(config, [["n", 2]], "task");
      await saver.putWrites(config, [["n", 3]], "task");
      await putCheckpoint(saver, "thread", { n: 2 }, config);
      expect((await saver.getTuple(config))?.pendingWrites).toEqual([["task", "n", 2]]);
      expect(await valuesOf(saver, "thread")).toEqual([{ n: 2 }, { n: 1 }]);
    });

    it.each([
      ["a newer attempt", "UPDATE runs SET attempt = 2"],
      ["the run's end", "UPDATE runs SET lease_until = NULL"],
      ["the run's deletion", "DELETE FROM runs"],
    ])("is refused after %s", async (_name, sql) => {
      const { database } = await open();
      await insertRun(database, "run", 1);
      const saver = createCheckpointer(database, { owner, fence: { run_id: "run", attempt: 1 } });
      const config = await putCheckpoint(saver, "thread", { n: 1 });
      await database.query(sql);
      await expect(putCheckpoint(saver, "thread", { n: 2 }, config)).rejects.toMatchObject(stale);
      await expect(saver.putWrites(config, [["n", 2]], "task")).rejects.toMatchObject(stale);
      expect(await valuesOf(saver, "thread")).toEqual([{ n: 1 }]);
      expect((await saver.getTuple(config))?.pendingWrites).toEqual([]);
    });

    it("is refused while the run is being taken over", async () => {
      const { database } = await open();
      await insertRun(database, "run", 1);
      const saver = createCheckpointer(database, { owner, fence: { run_id: "run", attempt: 1 } });
      const entered = Promise.withResolvers<void>();
      const leave = Promise.withResolvers<void>();
      const takeover = database.transaction(async (tx) => {
        await tx.query("UPDATE runs SET attempt = 2");
        entered.resolve();
        await leave.promise;
      });
      await entered.promise;
      // Heard from the start: of two connections, either may answer first.
      const late = expect(putCheckpoint(saver, "thread", { n: 1 })).rejects.toMatchObject(stale);
      await Promise.allSettled([database.query("SELECT 1"), database.query("SELECT 1")]);
      leave.resolve();
      await takeover;
      await late;
    });

    it("is refused where the run is another owner's", async () => {
      const { database } = await open();
      await insertRun(database, "run", 1);
      const saver = createCheckpointer(database, { owner: "eve", fence: { run_id: "run", attempt: 1 } });
      await expect(putCheckpoint(saver, "thread", { n: 1 })).rejects.toMatchObject(stale);
    });
  });

  describe("a checkpointer", () => {
    it("keeps the writes of a ten thousand wide step, in order, and the last of a special write", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      const config = await putCheckpoint(saver, "thread", {});
      const sends = Array.from({ length: 10_000 }, (_, index): [string, number] => ["__pregel_tasks", index]);
      await saver.putWrites(config, sends, "task");
      await saver.putWrites(config, [[INTERRUPT, "first"]], "asking");
      await saver.putWrites(
        config,
        [
          [INTERRUPT, "again"],
          [INTERRUPT, "last"],
        ],
        "asking",
      );
      const writes = (await saver.getTuple(config))?.pendingWrites ?? [];
      expect(writes[0]).toEqual(["asking", INTERRUPT, "last"]);
      expect(writes.slice(1).map(([, , value]) => value)).toEqual(sends.map(([, value]) => value));
    });

    it("gives the writes of a step in the order of its tasks' paths", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      const config = await putCheckpoint(saver, "thread", {});
      await saver.putWrites(config, [["c", 4]], "a", "~2");
      await saver.putWrites(config, [["c", 3]], "z", "~1");
      await saver.putWrites(
        config,
        [
          ["c", 1],
          ["c", 2],
        ],
        "m",
      );
      const writes = (await saver.getTuple(config))?.pendingWrites ?? [];
      expect(writes.map(([, , value]) => value)).toEqual([1, 2, 3, 4]);
    });

    it("refuses a value that would not come back, and stores nothing of it", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      const bad = { messages: [{ text: "fine" }, { callback() {} }] };
      await expect(putCheckpoint(saver, "thread", bad)).rejects.toMatchObject({
        code: "unrepresentable-value",
        message: expect.stringContaining("channel_values.messages[1].callback"),
      });
      expect(await valuesOf(saver, "thread")).toEqual([]);
    });

    it("lists page after page, newest first", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      for (let n = 0; n < 230; n++) await putCheckpoint(saver, "thread", { n });
      const all = await valuesOf(saver, "thread");
      expect(all).toEqual(Array.from({ length: 230 }, (_, index) => ({ n: 229 - index })));
      const filtered = await tuplesOf(saver, "thread", { filter: { step: 3 }, limit: 2 });
      expect(filtered.map(({ checkpoint }) => checkpoint.channel_values)).toEqual([{ n: 3 }]);
    });

    it("shows no owner another's threads", async () => {
      const { database } = await open();
      const ada = createCheckpointer(database, { owner });
      const eve = createCheckpointer(database, { owner: "eve" });
      const config = await putCheckpoint(ada, "thread", { secret: 1 });
      await ada.putWrites(config, [["secret", 2]], "task");
      expect(await eve.getTuple(config)).toBeUndefined();
      expect(await valuesOf(eve, "thread")).toEqual([]);
      await putCheckpoint(eve, "thread", { own: 1 });
      await eve.deleteThread("thread");
      expect((await ada.getTuple(config))?.pendingWrites).toEqual([["task", "secret", 2]]);
    });
  });

  describe("a thread's checkpoints", () => {
    it("are copied with their writes, and go on apart", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      const config = await putCheckpoint(saver, "from", { n: 1 });
      await saver.putWrites(config, [["n", 2]], "task");
      await database.transaction((tx) => copyThread(tx, owner, "from", "to"));
      await database.transaction((tx) => copyThread(tx, "eve", "from", "stolen"));
      await putCheckpoint(saver, "from", { n: 2 }, config);
      const [copied, ...others] = await tuplesOf(saver, "to");
      expect(others).toEqual([]);
      expect(copied?.checkpoint.channel_values).toEqual({ n: 1 });
      expect(copied?.pendingWrites).toEqual([["task", "n", 2]]);
      expect(await database.query("SELECT owner FROM checkpoints WHERE thread_id = 'stolen'")).toEqual([]);
    });

    it("lose what a run stored, and only that, when the run is rolled back", async () => {
      const { database } = await open();
      await insertRun(database, "kept", 1);
      await insertRun(database, "undone", 1);
      const kept = createCheckpointer(database, { owner, fence: { run_id: "kept", attempt: 1 } });
      const undone = createCheckpointer(database, { owner, fence: { run_id: "undone", attempt: 1 } });
      const update = createCheckpointer(database, { owner });
      const first = await putCheckpoint(kept, "thread", { n: 1 });
      await kept.putWrites(first, [["n", 2]], "kept task");
      await undone.putWrites(first, [["n", 9]], "undone task");
      const second = await putCheckpoint(undone, "thread", { n: 9 }, first);
      await update.putWrites(second, [["n", 10]], "update of what is undone");
      await putCheckpoint(undone, "elsewhere", { n: 9 });
      await database.transaction((tx) => deleteRunCheckpoints(tx, owner, "thread", "undone"));
      expect(await valuesOf(update, "thread")).toEqual([{ n: 1 }]);
      expect((await update.getTuple(first))?.pendingWrites).toEqual([["kept task", "n", 2]]);
      expect(await database.query("SELECT task_id FROM checkpoint_writes")).toEqual([{ task_id: "kept task" }]);
      expect(await valuesOf(update, "elsewhere")).toEqual([{ n: 9 }]);
    });

    it("are deleted as a whole", async () => {
      const { database } = await open();
      const saver = createCheckpointer(database, { owner });
      const config = await putCheckpoint(saver, "thread", { n: 1 });
      await saver.putWrites(config, [["n", 2]], "task");
      await putCheckpoint(saver, "other", { n: 1 });
      await database.transaction((tx) => deleteThreadCheckpoints(tx, owner, "thread"));
      expect(await database.query("SELECT thread_id FROM checkpoints")).toEqual([{ thread_id: "other" }]);
      expect(await database.query("SELECT thread_id FROM checkpoint_writes")).toEqual([]);
    });
  });
}

let checkpoints = 0;

async function putCheckpoint(
  saver: BaseCheckpointSaver,
  thread_id: string,
  channel_values: Record<string, unknown>,
  parent: { configurable?: Record<string, unknown> } = {},
) {
  const step = Number(channel_values.n ?? 0);
  const checkpoint: Checkpoint = { ...emptyCheckpoint(), id: uuid6(checkpoints++), channel_values };
  const config = { configurable: { ...parent.configurable, thread_id, checkpoint_ns: "" } };
  return await saver.put(config, checkpoint, { source: "loop", step, parents: {} }, {});
}

async function tuplesOf(
  saver: BaseCheckpointSaver,
  thread_id: string,
  options?: Parameters<BaseCheckpointSaver["list"]>[1],
): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = [];
  for await (const tuple of saver.list({ configurable: { thread_id } }, options)) tuples.push(tuple);
  return tuples;
}

async function valuesOf(saver: BaseCheckpointSaver, threadId: string) {
  return (await tuplesOf(saver, threadId)).map(({ checkpoint }) => checkpoint.channel_values);
}

async function insertRun(database: Database, runId: string, attempt: number): Promise<void> {
  await database.query(
    `INSERT INTO runs (run_id, owner, thread_id, assistant_id, status, request, metadata, multitask_strategy,
       trace_id, attempt, failures, lease_until, created_at, updated_at)
     VALUES ($1, $2, 'thread', 'assistant', 'running', $3, '{}', 'enqueue', 'trace', $4, 0, 1, 0, 0)`,
    [runId, owner, new Uint8Array([1]), attempt],
  );
}
