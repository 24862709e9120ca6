import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Engine } from "../../src/engine/contract.ts";
import { gate } from "../fixtures/engine/gates.ts";
import { describeDatabases } from "../support/databases.ts";
import { say, startEngine, texts } from "../support/engine.ts";

const owner = "ada";

describeDatabases("the state of a thread", (open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine((await open()).database);
  });
  afterAll(() => engine.drain());

  async function threadOf(assistant_id: string, ...inputs: string[]) {
    const { thread_id } = await engine.threads.create(owner, {});
    for (const text of inputs) {
      const { result } = await engine.runs.createAndWait(owner, thread_id, { assistant_id, input: say(text) });
      await result;
    }
    return thread_id;
  }

  it("is empty before the first run", async () => {
    const { thread_id } = await engine.threads.create(owner, {});
    expect(await engine.threads.state(owner, thread_id)).toMatchObject({
      values: {},
      next: [],
      checkpoint: { thread_id },
    });
    expect(await engine.threads.history(owner, thread_id, { limit: 10 })).toEqual([]);
  });

  it("has a checkpoint for each superstep, newest first, a page at a time", async () => {
    const thread_id = await threadOf("family", "hi");
    const history = await engine.threads.history(owner, thread_id, { limit: 10 });
    expect(history.map(({ next }) => next)).toEqual([[], ["child"], ["parent"], ["__start__"]]);
    expect(history[0]?.parent_checkpoint?.checkpoint_id).toBe(history[1]?.checkpoint.checkpoint_id);
    const before = history[1]?.checkpoint;
    const older = await engine.threads.history(owner, thread_id, { limit: 1, before });
    expect(older).toEqual([history[2]]);
    const [run] = await engine.runs.list(owner, thread_id, { limit: 1, offset: 0 });
    const ofRun = await engine.threads.history(owner, thread_id, { limit: 10, metadata: { run_id: run?.run_id } });
    expect(ofRun).toEqual(history);
    expect(await engine.threads.history(owner, thread_id, { limit: 10, metadata: { run_id: "other" } })).toEqual([]);
  });

  it("is read as it was at a checkpoint; an unknown one is named", async () => {
    const thread_id = await threadOf("family", "hi");
    const [, before] = await engine.threads.history(owner, thread_id, { limit: 10 });
    const checkpoint_id = before?.checkpoint.checkpoint_id ?? "";
    const state = await engine.threads.state(owner, thread_id, { checkpoint: { checkpoint_id } });
    expect(texts(state.values)).toEqual(["hi", "parent speaks"]);
    const unknown = engine.threads.state(owner, thread_id, { checkpoint: { checkpoint_id: randomUUID() } });
    await expect(unknown).rejects.toMatchObject({ code: "checkpoint-not-found" });
  });

  it("shows the state inside a subgraph that waits", async () => {
    const { thread_id } = await engine.threads.create(owner, {});
    const request = { assistant_id: "family", input: say("hi"), interrupt_before: ["child"] };
    await (await engine.runs.createAndWait(owner, thread_id, request)).result;
    const state = await engine.threads.state(owner, thread_id, { subgraphs: true });
    expect(state.tasks[0]).toMatchObject({ name: "child", state: { values: expect.anything() } });
  });

  it("is forked from the middle by a run, and by an update", async () => {
    const thread_id = await threadOf("echo", "one", "two");
    const history = await engine.threads.history(owner, thread_id, { limit: 20 });
    const afterOne = history.find(({ values, next }) => next.length === 0 && texts(values).length === 2);
    const { result } = await engine.runs.createAndWait(owner, thread_id, {
      assistant_id: "echo",
      input: say("instead"),
      checkpoint_id: afterOne?.checkpoint.checkpoint_id,
    });
    expect(texts(await result)).toEqual(["one", "echo: one", "instead", "echo: instead"]);
    const { checkpoint } = await engine.threads.updateState(owner, thread_id, {
      values: { note: "forked" },
      as_node: "repeat",
      checkpoint: afterOne?.checkpoint,
    });
    const state = await engine.threads.state(owner, thread_id);
    expect(state.checkpoint.checkpoint_id).toBe(checkpoint.checkpoint_id);
    expect(state.values).toMatchObject({ note: "forked" });
    expect(texts(state.values)).toEqual(["one", "echo: one"]);
  });

  it("is updated as by a node, but not while a run is active or with what does not fit", async () => {
    const thread_id = await threadOf("echo", "one");
    await engine.threads.updateState(owner, thread_id, { values: say("more"), as_node: "repeat" });
    expect(texts((await engine.threads.get(owner, thread_id)).values)).toEqual(["one", "echo: one", "more"]);
    const nobody = engine.threads.updateState(owner, thread_id, { values: say("more"), as_node: "nobody" });
    await expect(nobody).rejects.toMatchObject({ code: "invalid-request" });
    const name = randomUUID();
    const run = await engine.runs.create(owner, thread_id, { assistant_id: "gate", input: say("hi", { gate: name }) });
    const busy = engine.threads.updateState(owner, thread_id, { values: say("more") });
    await expect(busy).rejects.toMatchObject({ code: "thread-busy" });
    gate(name).opened.resolve();
    await engine.runs.join(owner, thread_id, run.run_id);
  });

  it("is updated before or after a run that comes at the same time, never in its midst", async () => {
    const thread_id = await threadOf("echo", "one");
    const [update, run] = await Promise.allSettled([
      engine.threads.updateState(owner, thread_id, { values: { note: "written" }, as_node: "repeat" }),
      engine.runs.createAndWait(owner, thread_id, { assistant_id: "echo", input: say("two") }),
    ]);
    if (run.status === "rejected") throw run.reason;
    expect(texts(await run.value.result)).toEqual(["one", "echo: one", "two", "echo: two"]);
    const { values } = await engine.threads.get(owner, thread_id);
    if (update.status === "fulfilled") expect(values).toMatchObject({ note: "written" });
    else expect(update.reason).toMatchObject({ code: "thread-busy" });
  });

  it("is written at creation by supersteps, all of them or no thread at all", async () => {
    const supersteps = [{ updates: [{ values: say("given"), as_node: "__start__" }] }];
    const thread = await engine.threads.create(owner, { metadata: { graph_id: "echo" }, supersteps });
    expect(texts(thread.values)).toEqual(["given"]);
    const thread_id = randomUUID();
    const refused = engine.threads.create(owner, { thread_id, supersteps });
    await expect(refused).rejects.toMatchObject({ code: "invalid-request" });
    await expect(engine.threads.get(owner, thread_id)).rejects.toMatchObject({ code: "thread-not-found" });
  });

  it("is copied with its history, and the two go on apart", async () => {
    const thread_id = await threadOf("echo", "one");
    const copy = await engine.threads.copy(owner, thread_id);
    expect(texts(copy.values)).toEqual(["one", "echo: one"]);
    await (await engine.runs.createAndWait(owner, copy.thread_id, { assistant_id: "echo", input: say("two") })).result;
    expect(texts((await engine.threads.get(owner, thread_id)).values)).toHaveLength(2);
    expect(await engine.threads.history(owner, copy.thread_id, { limit: 20 })).toHaveLength(6);
  });

  it("finds threads by metadata, status and values", async () => {
    const marker = randomUUID();
    const { thread_id } = await engine.threads.create(owner, { metadata: { marker, nested: { deep: [1, 2] } } });
    await (await engine.runs.createAndWait(owner, thread_id, { assistant_id: "ask", input: say(marker) })).result;
    const page = { limit: 10, offset: 0 };
    for (const filter of [
      { metadata: { marker } },
      { metadata: { marker, nested: { deep: [1] } }, status: "interrupted" as const },
      { ids: [thread_id] },
    ]) {
      const found = await engine.threads.search(owner, { ...filter, ...page });
      expect(found).toMatchObject({ items: [{ thread_id }], total: 1 });
    }
    const echoed = await threadOf("echo", "hi");
    await engine.threads.updateState(owner, echoed, { values: { note: marker }, as_node: "repeat" });
    const byValues = await engine.threads.search(owner, { values: { note: marker }, ...page });
    expect(byValues.items.map((thread) => thread.thread_id)).toEqual([echoed]);
    expect((await engine.threads.search("bob", { metadata: { marker }, ...page })).items).toEqual([]);
  });
});
