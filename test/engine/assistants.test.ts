import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultAssistantId } from "../../src/engine/assistants.ts";
import type { Engine } from "../../src/engine/contract.ts";
import { describeDatabases } from "../support/databases.ts";
import { say, startEngine } from "../support/engine.ts";

const owner = "ada";
const page = { limit: 100, offset: 0 };

describeDatabases("assistants", (open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine((await open()).database);
  });
  afterAll(() => engine.drain());

  it("has a default one for each graph and owner, found by the graph's name or its id", async () => {
    for (const user of ["ada", "bob"]) {
      const { items } = await engine.assistants.search(user, { metadata: { created_by: "system" }, ...page });
      expect(items.map((assistant) => assistant.graph_id).sort()).toEqual(
        engine
          .graphs()
          .map((graph) => graph.graph_id)
          .sort(),
      );
    }
    const byName = await engine.assistants.get(owner, "echo");
    expect(byName).toMatchObject({ name: "echo", version: 1, description: "Repeats the last message." });
    expect(await engine.assistants.get(owner, defaultAssistantId("echo"))).toEqual(byName);
  });

  it("keeps each version, and goes back to one with all of its settings", async () => {
    const made = await engine.assistants.create(owner, { graph_id: "echo", name: "first", context: { prefix: "a" } });
    const { assistant_id } = made;
    const changed = await engine.assistants.update(owner, assistant_id, {
      graph_id: "family",
      context: { prefix: "b" },
      metadata: { team: "x" },
    });
    expect(changed).toMatchObject({ version: 2, name: "first", graph_id: "family", metadata: { team: "x" } });
    const versions = await engine.assistants.versions(owner, assistant_id, page);
    expect(versions.map(({ version, graph_id }) => [version, graph_id])).toEqual([
      [2, "family"],
      [1, "echo"],
    ]);
    await engine.assistants.setLatest(owner, assistant_id, 1);
    expect(await engine.assistants.get(owner, assistant_id)).toMatchObject({
      version: 1,
      graph_id: "echo",
      context: { prefix: "a" },
      metadata: {},
    });
    expect((await engine.assistants.update(owner, assistant_id, { name: "third" })).version).toBe(3);
    const unknown = engine.assistants.setLatest(owner, assistant_id, 9);
    await expect(unknown).rejects.toMatchObject({ code: "assistant-not-found" });
  });

  it("refuses an id that is taken, unless told to leave it, and a graph that is not there", async () => {
    const assistant_id = randomUUID();
    await engine.assistants.create(owner, { assistant_id, graph_id: "echo", name: "mine" });
    const again = engine.assistants.create(owner, { assistant_id, graph_id: "ask" });
    await expect(again).rejects.toMatchObject({ code: "assistant-exists" });
    const left = await engine.assistants.create(owner, { assistant_id, graph_id: "ask", if_exists: "do_nothing" });
    expect(left).toMatchObject({ name: "mine", graph_id: "echo" });
    await expect(engine.assistants.create(owner, { graph_id: "nothing" })).rejects.toMatchObject({
      code: "assistant-not-found",
    });
  });

  it("finds them by graph, part of the name and metadata, sorted and counted", async () => {
    const marker = randomUUID();
    for (const name of ["Bravo", "alpha", "Charlie"])
      await engine.assistants.create(owner, { graph_id: "ask", name: `${name} ${marker}`, metadata: { marker } });
    const found = await engine.assistants.search(owner, {
      name: marker.toUpperCase(),
      graph_id: "ask",
      sort_by: "name",
      sort_order: "asc",
      limit: 2,
      offset: 1,
    });
    expect(found.total).toBe(3);
    expect(found.items.map(({ name }) => name.split(" ")[0])).toEqual(["Charlie", "alpha"]);
    expect((await engine.assistants.search(owner, { metadata: { marker }, ...page })).total).toBe(3);
    expect((await engine.assistants.search("bob", { metadata: { marker }, ...page })).total).toBe(0);
  });

  it("is deleted with its versions, and with its threads where asked", async () => {
    const { assistant_id } = await engine.assistants.create(owner, { graph_id: "echo" });
    const { thread_id } = await engine.threads.create(owner, {});
    await (await engine.runs.createAndWait(owner, thread_id, { assistant_id, input: say("hi") })).result;
    await engine.assistants.delete(owner, assistant_id, { deleteThreads: true });
    await expect(engine.assistants.get(owner, assistant_id)).rejects.toMatchObject({ code: "assistant-not-found" });
    await expect(engine.threads.get(owner, thread_id)).rejects.toMatchObject({ code: "thread-not-found" });
  });

  it("shows its graph, its subgraphs and their schemas", async () => {
    const drawing = await engine.assistants.graph(owner, "family", { xray: false });
    expect(drawing).toMatchObject({ nodes: expect.any(Array), edges: expect.any(Array) });
    const schemas = await engine.assistants.schemas(owner, "echo");
    expect(schemas).toMatchObject({ graph_id: "echo", context_schema: { properties: { prefix: { type: "string" } } } });
    const subgraphs = await engine.assistants.subgraphs(owner, "family", { recurse: true });
    expect(Object.keys(subgraphs)).toEqual(["child"]);
  });
});
