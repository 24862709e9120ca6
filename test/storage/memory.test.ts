/** The long-term store does what LangGraph's InMemoryStore does, and keeps it. */
import { type BaseStore, InMemoryStore, type Item, type Operation } from "@langchain/langgraph-checkpoint";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore } from "../../src/storage/memory.ts";
import { describeDatabases } from "../support/databases.ts";

const items: [namespace: string[], key: string, value: Record<string, unknown>][] = [
  [["users", "ada"], "profile", { name: "Ada", age: 36, tags: ["math"] }],
  [["users", "ada", "notes"], "first", { text: "x", rank: 1 }],
  [["users", "ada", "notes"], "second", { text: "y", rank: "2" }],
  [["users", "adam"], "profile", { name: "Adam", age: 20, rank: null }],
  [["users", "eve", "notes"], "first", { text: "z", rank: 3 }],
  [["documents"], "a", { text: "it's %_ \" 日本語", $: "data" }],
  [["documents", "v1"], "a", { nested: { deep: { text: "x" } } }],
];

const searches: [prefix: string[], options: Parameters<BaseStore["search"]>[1]][] = [
  [[], {}],
  [[], { limit: 100 }],
  [["users"], {}],
  [["users", "ada"], {}],
  [["use"], {}],
  [["users"], { limit: 2, offset: 1 }],
  [["users"], { query: "who likes math?" }],
  [["users"], { filter: { name: "Ada" } }],
  [["users"], { filter: {} }],
  [["users"], { filter: { rank: { $gt: 1 } } }],
  [["users"], { filter: { rank: { $gte: 1, $lt: 3 } } }],
  [["users"], { filter: { rank: { $lte: 2 } } }],
  [["users"], { filter: { rank: { $eq: 1 } } }],
  [["users"], { filter: { rank: { $ne: 1 } } }],
  [["users"], { filter: { rank: { $in: [1, "2"] } } }],
  [["users"], { filter: { rank: { $nin: [1, "2"] } } }],
  [["users"], { filter: { rank: { $gt: 0, other: 1 } } }],
  [["users"], { filter: { rank: { $unknown: 1 } } }],
  [["users"], { filter: { text: "x", rank: 1 } }],
  [["users"], { filter: { tags: ["math"] } }],
  [["users"], { filter: { rank: null } }],
  [["users"], { filter: { missing: undefined }, limit: 2, offset: 1 }],
];

const listings: Parameters<BaseStore["listNamespaces"]>[0][] = [
  {},
  { prefix: ["users"] },
  { suffix: ["notes"] },
  { prefix: ["users"], suffix: ["notes"] },
  { prefix: ["*", "ada"] },
  { prefix: ["users", "*", "notes"] },
  { suffix: ["*", "notes"] },
  { prefix: ["users", "ada", "notes", "deeper"] },
  { maxDepth: 1 },
  { maxDepth: 2, prefix: ["users"] },
  { limit: 2, offset: 1 },
];

describeDatabases("the long-term store", (open) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  const both = async () => {
    const { database } = await open();
    const stores = { ours: createStore(database, { owner: "ada" }), reference: new InMemoryStore() };
    // Each item in a millisecond of its own, since their order is the order of their times.
    for (const [index, item] of items.entries()) {
      vi.setSystemTime(index);
      for (const store of Object.values(stores)) await store.put(...item);
    }
    return { ...stores, database };
  };

  it("finds what InMemoryStore finds", async () => {
    const { ours, reference } = await both();
    for (const [prefix, options] of searches) {
      const expected = (await reference.search(prefix, options)).map(withoutTimes);
      expect((await ours.search(prefix, options)).map(withoutTimes), JSON.stringify([prefix, options])).toEqual(
        expected,
      );
    }
    for (const options of listings) {
      expect(await ours.listNamespaces(options), JSON.stringify(options)).toEqual(
        await reference.listNamespaces(options),
      );
    }
    for (const [namespace, key] of [...items, [["users"], "none"] as const]) {
      const [found, expected] = [await ours.get([...namespace], key), await reference.get([...namespace], key)];
      expect(found && withoutTimes(found)).toEqual(expected && withoutTimes(expected));
    }
  });

  it("answers a batch as InMemoryStore does: reads first, the last put to a key counts", async () => {
    const { ours, reference } = await both();
    const batch: Operation[] = [
      { namespace: ["users", "ada"], key: "profile", value: { version: 1 } },
      { namespace: ["documents"], key: "a" },
      { namespace: ["users", "ada"], key: "profile", value: { version: 2 } },
      { namespacePrefix: ["documents"], limit: 10, offset: 0 },
      { matchConditions: undefined, limit: 3, offset: 0 },
      { namespace: ["users", "eve", "notes"], key: "first", value: null },
      { namespace: ["new"], key: "item", value: { n: 1 } },
    ];
    const comparable = (results: unknown[]) =>
      JSON.parse(JSON.stringify(results, (key, value) => (/^(created|updated)At$/.test(key) ? undefined : value)));
    expect(comparable(await ours.batch(batch))).toEqual(comparable(await reference.batch(batch)));
    const left = { limit: 100 };
    expect((await ours.search([], left)).map(withoutTimes)).toEqual(
      (await reference.search([], left)).map(withoutTimes),
    );
  });

  it("refuses what InMemoryStore refuses", async () => {
    const stores = await both();
    for (const store of [stores.ours, stores.reference]) {
      await expect(store.put([], "key", {})).rejects.toThrow(/empty/);
      await expect(store.put(["a.b"], "key", {})).rejects.toThrow(/period/);
      await expect(store.put(["langgraph"], "key", {})).rejects.toThrow(/langgraph/);
      await expect(store.search(["a:b"])).rejects.toThrow(/colon/);
      await expect(store.batch([{ namespace: ["a", ""], key: "key", value: {} }])).rejects.toThrow(/empty/);
    }
  });

  it("keeps when an item was made, and notes when it was changed", async () => {
    const { ours } = await both();
    vi.setSystemTime(1000);
    await ours.put(["users", "ada"], "profile", { name: "Ada Lovelace" });
    expect(await ours.get(["users", "ada"], "profile")).toEqual({
      namespace: ["users", "ada"],
      key: "profile",
      value: { name: "Ada Lovelace" },
      createdAt: new Date(0),
      updatedAt: new Date(1000),
    });
  });

  it("keeps any value exactly, and shows it to its owner only", async () => {
    const { ours, database } = await both();
    const value = { source: new URL("https://example.com"), big: 10n, seen: new Set(["a"]) };
    await ours.put(["exact"], "item", value);
    expect((await ours.get(["exact"], "item"))?.value).toStrictEqual(value);
    const eve = createStore(database, { owner: "eve" });
    expect(await eve.search([], { limit: 100 })).toEqual([]);
    expect(await eve.listNamespaces()).toEqual([]);
    await eve.delete(["exact"], "item");
    expect(await ours.get(["exact"], "item")).not.toBeNull();
  });

  it("stores all of a batch or none of it", async () => {
    const { ours } = await both();
    const batch = ours.batch([
      { namespace: ["batch"], key: "fine", value: { n: 1 } },
      { namespace: ["batch"], key: "lone \ud800", value: { n: 2 } },
    ]);
    await expect(batch).rejects.toMatchObject({ code: "unrepresentable-value" });
    expect(await ours.search(["batch"])).toEqual([]);
  });

  describe("a search with a filter", () => {
    it("goes through more items than fit a page", async () => {
      const { ours } = await both();
      const puts = Array.from({ length: 450 }, (_, n) => ({
        namespace: ["many"],
        key: String(n),
        value: { third: n % 3 },
      }));
      await ours.batch(puts);
      const found = await ours.search(["many"], { filter: { third: 0 }, limit: 1000 });
      expect(new Set(found.map(({ key }) => key)).size).toBe(150);
      expect(await ours.search(["many"], { filter: { third: 0 }, limit: 10, offset: 145 })).toHaveLength(5);
    });
  });
});

function withoutTimes({ createdAt: _created, updatedAt: _updated, ...item }: Item) {
  return item;
}
