/** Feedback below HTTP: its rows, the signatures of its urls, and the outbox, against a receiver that a test plays. */
import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import pino from "pino";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { FeedbackDelivery, FeedbackReceiver } from "../../src/engine/feedback-outbox.ts";
import { createFeedbackOutbox } from "../../src/engine/feedback-outbox.ts";
import { createFeedbackUrls } from "../../src/engine/feedback-urls.ts";
import type { Database } from "../../src/storage/database.ts";
import {
  deleteFeedbackTargets,
  type FeedbackRecord,
  feedbackMeans,
  feedbackOfRun,
  findFeedbackTarget,
  insertFeedbackTarget,
  type NewFeedbackRecord,
  putFeedback,
} from "../../src/storage/tables/feedback.ts";
import { ensureSecret } from "../../src/storage/tables/secrets.ts";
import { describeDatabases } from "../support/databases.ts";

const hour = 3_600_000;

function feedback(fields: Partial<NewFeedbackRecord> = {}): NewFeedbackRecord {
  return {
    ...{ owner: "ada", run_id: randomUUID(), thread_id: randomUUID(), graph_id: "react", trace_id: "0".repeat(32) },
    ...{ feedback_id: randomUUID(), key: "helpful", source: "user", score: 1, comment: null, correction: null },
    ...fields,
  };
}

/** A receiver that does with each feedback what the test says, and tells of each request. */
function playReceiver(answer: (feedback: FeedbackRecord) => FeedbackDelivery = () => "taken") {
  const heard = new EventEmitter();
  const sent: FeedbackRecord[][] = [];
  const receiver: FeedbackReceiver & { down: boolean; answer: typeof answer } = {
    down: false,
    answer,
    async send(batch) {
      sent.push([...batch]);
      heard.emit("request");
      if (receiver.down) throw new Error("nobody listens");
      return batch.map((each) => receiver.answer(each));
    },
  };
  return { receiver, sent, request: () => once(heard, "request") };
}

describeDatabases("feedback's rows", (open) => {
  it("give the mean per graph and key, of one owner or of all, since a time", async () => {
    const { database } = await open();
    const put = (fields: Partial<NewFeedbackRecord>, now = 2_000) => putFeedback(database, feedback(fields), now);
    await put({ score: 1 });
    await put({ score: 0.5 });
    await put({ score: true, key: "gate" });
    await put({ score: false, key: "gate" });
    await put({ score: "rude" });
    await put({ score: null, comment: "hm" });
    await put({ score: 0, owner: "bob", graph_id: "routing" });
    await put({ score: -100 }, 1_000);
    expect(await feedbackMeans(database, { since: 2_000 })).toEqual([
      { graph_id: "react", key: "gate", mean: 0.5, count: 2 },
      { graph_id: "react", key: "helpful", mean: 0.75, count: 2 },
      { graph_id: "routing", key: "helpful", mean: 0, count: 1 },
    ]);
    expect(await feedbackMeans(database, { since: 0, owner: "bob" })).toEqual([
      { graph_id: "routing", key: "helpful", mean: 0, count: 1 },
    ]);
  });

  it("count a revision only where something has changed, and know the same id of two owners apart", async () => {
    const { database } = await open();
    const given = feedback({ correction: { text: ["é", 1n] }, comment: "a" });
    expect((await putFeedback(database, given, 1_000)).revision).toBe(1);
    expect(await putFeedback(database, given, 2_000)).toMatchObject({ revision: 1, updated_at: 1_000 });
    const changed = await putFeedback(database, { ...given, comment: "b" }, 3_000);
    expect(changed).toMatchObject({ revision: 2, created_at: 1_000, updated_at: 3_000, correction: given.correction });
    await putFeedback(database, { ...given, owner: "bob", comment: "bob's" }, 4_000);
    expect(
      (await feedbackOfRun(database, "ada", given.run_id, { limit: 10, offset: 0 })).map(({ comment }) => comment),
    ).toEqual(["b"]);
  });

  it("forget the runs whose time has passed", async () => {
    const { database } = await open();
    const [early, late] = [feedback(), feedback()];
    await database.transaction((tx) => {
      insertFeedbackTarget(tx, early, 1_000);
      insertFeedbackTarget(tx, late, 2_000);
    });
    await deleteFeedbackTargets(database, 2_000);
    expect(await findFeedbackTarget(database, "ada", early.run_id)).toBeUndefined();
    expect(await findFeedbackTarget(database, "ada", late.run_id)).toMatchObject({ trace_id: late.trace_id });
    expect(await findFeedbackTarget(database, "bob", late.run_id)).toBeUndefined();
  });

  it("have one secret for all servers", async () => {
    const { database } = await open();
    const secrets = await Promise.all(["a", "b", "c"].map((fresh) => ensureSecret(database, "urls", fresh)));
    expect(new Set(secrets).size).toBe(1);
  });
});

describeDatabases("the outbox", (open) => {
  /** From now on the outbox's pauses and limits pass when the test says so. */
  function holdTime() {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
  }

  /** Lets the pause pass that the outbox makes in the turn in which it warns. */
  async function passPause() {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1_000);
  }

  function start(database: Database, receiver: FeedbackReceiver, onWarning = () => {}) {
    const log = pino({ level: "warn" }, { write: onWarning });
    const outbox = createFeedbackOutbox({ database, receiver, log, maximumAge: hour });
    onTestFinished(() => outbox.drain());
    return outbox;
  }
  const all = async (database: Database) => await database.query<FeedbackRecord>("SELECT * FROM feedback");

  it("sends what it finds, oldest first, once", async () => {
    const { database } = await open();
    const now = Date.now();
    const given = Array.from({ length: 120 }, () => feedback());
    for (const [index, each] of given.entries()) await putFeedback(database, each, now - 1_000 + index);
    const { receiver, sent } = playReceiver();
    const outbox = start(database, receiver);
    outbox.wake();
    await outbox.drain();
    expect(sent.map((batch) => batch.length)).toEqual([50, 50, 20]);
    expect(sent.flat().map((each) => each.feedback_id)).toEqual(given.map((each) => each.feedback_id));
    expect((await all(database)).every(({ sent_at }) => Number(sent_at) >= now)).toBe(true);
    const again = start(database, receiver);
    again.wake();
    await again.drain();
    expect(sent.length).toBe(3);
  });

  it("leaves what is too old", async () => {
    const { database } = await open();
    await putFeedback(database, feedback(), Date.now() - 2 * hour);
    const { receiver, sent } = playReceiver();
    const outbox = start(database, receiver);
    outbox.wake();
    await outbox.drain();
    expect(sent).toEqual([]);
  });

  it("is not held up by what is refused for good, and notes the reason", async () => {
    const { database } = await open();
    const [bad, good] = [feedback({ key: "bad" }), feedback({ key: "good" })];
    await putFeedback(database, bad, Date.now() - 10);
    await putFeedback(database, good, Date.now());
    const { receiver, sent } = playReceiver(({ key }) => (key === "bad" ? { refused: "400: no such trace" } : "taken"));
    const outbox = start(database, receiver);
    outbox.wake();
    await outbox.drain();
    outbox.wake();
    expect(sent.length).toBe(1);
    const rows = new Map((await all(database)).map((row) => [row.key, row]));
    expect(rows.get("bad")).toMatchObject({ sent_at: null, refusal: "400: no such trace" });
    expect(rows.get("good")).toMatchObject({ sent_at: expect.any(Number), refusal: null });
  });

  it("tries again after an outage, and sends each once", async () => {
    const { database } = await open();
    holdTime();
    const { receiver, sent, request } = playReceiver();
    receiver.down = true;
    const warned = Promise.withResolvers<void>();
    const outbox = start(database, receiver, warned.resolve);
    await putFeedback(database, feedback(), Date.now());
    outbox.wake();
    await warned.promise;
    // While it is down, more feedback does not make more requests.
    for (let time = 0; time < 10; time++) {
      await putFeedback(database, feedback(), Date.now());
      outbox.wake();
    }
    expect(sent.length).toBe(1);
    receiver.down = false;
    const again = request();
    await passPause();
    await again;
    await outbox.drain();
    expect(sent.map((batch) => batch.length)).toEqual([1, 11]);
    expect((await all(database)).filter(({ sent_at }) => sent_at === null)).toEqual([]);
  });

  it("sends only the rest again where some were not taken", async () => {
    const { database } = await open();
    holdTime();
    const { receiver, sent, request } = playReceiver(({ key }) => (key === "slow" ? "again" : "taken"));
    const warned = Promise.withResolvers<void>();
    const outbox = start(database, receiver, warned.resolve);
    await putFeedback(database, feedback({ key: "slow" }), Date.now());
    await putFeedback(database, feedback({ key: "quick" }), Date.now());
    outbox.wake();
    await warned.promise;
    receiver.answer = () => "taken";
    const again = request();
    await passPause();
    await again;
    await outbox.drain();
    expect(sent.map((batch) => batch.map(({ key }) => key).sort())).toEqual([["quick", "slow"], ["slow"]]);
  });

  it("sends feedback again that was changed while it was on its way", async () => {
    const { database } = await open();
    const given = feedback({ score: 1 });
    await putFeedback(database, given, Date.now());
    const { receiver, sent } = playReceiver();
    const changing: FeedbackReceiver = {
      async send(batch, signal) {
        if (sent.length === 0) await putFeedback(database, { ...given, score: 0 }, Date.now());
        return await receiver.send(batch, signal);
      },
    };
    const outbox = start(database, changing);
    outbox.wake();
    await outbox.drain();
    const after = start(database, changing);
    after.wake();
    await after.drain();
    expect(sent.flat().map(({ score, revision }) => [score, revision])).toEqual([
      [1, 1],
      [0, 2],
    ]);
  });

  it("gives up a receiver that hangs when the server stops", async () => {
    const { database } = await open();
    holdTime();
    await putFeedback(database, feedback(), Date.now());
    const asked = Promise.withResolvers<void>();
    const hanging: FeedbackReceiver = {
      send(_, signal) {
        asked.resolve();
        return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const outbox = start(database, hanging);
    outbox.wake();
    await asked.promise;
    const drained = outbox.drain();
    vi.advanceTimersByTime(3_000);
    await drained;
    expect(await all(database)).toMatchObject([{ sent_at: null, refusal: null }]);
  });
});

describe("a signed url", () => {
  const urls = createFeedbackUrls("secret");
  const permit = { owner: "ada", run_id: randomUUID(), key: "thumbs up" };
  const tokenOf = (url: string) => url.split("/").at(-1) ?? "";

  it("gives back what it allows, until it expires", () => {
    const token = tokenOf(urls.sign("https://here", permit, 2_000));
    expect(urls.read(token, 1_999)).toEqual(permit);
    expect(() => urls.read(token, 2_000)).toThrow("expired at 1970-01-01T00:00:02.000Z");
  });

  it("of another server is refused", () => {
    const token = tokenOf(createFeedbackUrls("another secret").sign("https://here", permit, 2_000));
    expect(() => urls.read(token, 1_000)).toThrow("not made by this server");
  });
});
