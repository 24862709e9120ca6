import { describe, expect, it } from "vitest";
import { createEventHub } from "../../src/engine/events.ts";
import { collect } from "../support/engine.ts";

const hub = (limits = {}) =>
  createEventHub({ runLogBytes: 100, resumableLogBytes: 1_000, eventTtlMs: 60_000, ...limits });

const succeeded = { status: "success" } as const;

describe("the log of a run", () => {
  it("gives each reader the events from its place on, numbered without gap, and then the end", async () => {
    const log = hub().open("run");
    log.publish("values", "1");
    const fromStart = collect(log.read("start"));
    const fromNow = collect(log.read("now"));
    log.publish("values", "2");
    log.finish(succeeded);
    expect((await fromStart).map(({ id, data }) => [id, data])).toEqual([
      [0, "1"],
      [1, "2"],
      [2, '{"run_id":"run","status":"success"}'],
    ]);
    expect((await fromNow).map(({ id }) => id)).toEqual([1, 2]);
    expect((await collect(log.read(0))).map(({ id }) => id)).toEqual([1, 2]);
  });

  it("takes a reader's place when it asks, not when it first reads", async () => {
    const log = hub().open("run");
    const reader = log.read("now");
    log.publish("values", "1");
    log.finish(succeeded);
    expect((await collect(reader)).map(({ id }) => id)).toEqual([0, 1]);
  });

  it("keeps no more than its bound, and says what it does not hold", () => {
    const log = hub().open("run");
    for (let event = 0; event < 30; event++) log.publish("values", "x".repeat(5));
    expect(log.holds("start")).toBe(false);
    expect(log.holds(8)).toBe(false);
    expect(log.holds(9)).toBe(true);
    expect(log.holds(29)).toBe(true);
    expect(log.holds(30)).toBe(false);
    expect(log.holds("now")).toBe(true);
  });

  it("lets a reader go, without an end, who fell out of the bound", async () => {
    const log = hub().open("run");
    const reader = log.read("start");
    log.publish("values", "first");
    expect((await reader.next()).value).toMatchObject({ id: 0 });
    for (let event = 0; event < 30; event++) log.publish("values", "x".repeat(5));
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it("has room for a superstep of events that are larger than its bound", async () => {
    const log = hub().open("run");
    const reader = log.read("start");
    for (const mode of ["values", "updates", "debug", "tasks", "checkpoints"]) log.publish(mode, "x".repeat(500));
    log.finish(succeeded);
    expect(await collect(reader)).toHaveLength(6);
  });

  it("numbers ten thousand events rightly, though old ones are dropped", async () => {
    const log = hub({ runLogBytes: 5_000 }).open("run");
    const reader = log.read("start");
    for (let event = 0; event < 10_000; event++) {
      log.publish("values", `"${event}"`);
      expect((await reader.next()).value).toEqual({ id: event, event: "values", data: `"${event}"` });
    }
  });

  it("ends once: what comes later is not heard", async () => {
    const log = hub().open("run");
    log.finish({ status: "error", error: { error: "RangeError", message: "no" } });
    log.publish("values", "late");
    log.finish(succeeded);
    const events = await collect(log.read("start"));
    expect(events).toEqual([{ id: 0, event: "error", data: '{"error":"RangeError","message":"no"}' }]);
    expect(await log.ended).toMatchObject({ status: "error" });
  });

  it("is forgotten at the end of its run, unless it is resumable", async () => {
    const logs = hub();
    const plain = logs.open("plain");
    const resumable = logs.open("resumable", { resumable: true });
    for (const log of [plain, resumable]) log.finish(succeeded);
    await Promise.all([plain.ended, resumable.ended]);
    expect(logs.find("plain")).toBeUndefined();
    expect(logs.find("resumable")).toBe(resumable);
  });

  it("lets readers and waiters go when the server stops", async () => {
    const logs = hub();
    const log = logs.open("run");
    const reader = collect(log.read("start"));
    logs.close();
    expect(await reader).toEqual([]);
    expect(await log.ended).toBeUndefined();
  });
});
