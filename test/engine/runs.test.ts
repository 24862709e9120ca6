import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/engine/contract.ts";
import type { Database } from "../../src/storage/database.ts";
import { gate } from "../fixtures/engine/gates.ts";
import { describeDatabases } from "../support/databases.ts";
import { collect, say, startEngine, texts } from "../support/engine.ts";

const owner = "ada";

/** The database, with transactions that fail as often as `failing` says, and then claims as often as `lost` says. */
function unreliable(database: Database) {
  const faults = { failing: 0, lost: 0 };
  const transaction: Database["transaction"] = async (work) => {
    if (faults.failing-- > 0) throw new Error("the disk is full");
    return await database.transaction(work);
  };
  const query: Database["query"] = async (sql, values) => {
    if (sql.includes("attempt = attempt + 1") && faults.lost-- > 0) throw new Error("the connection is lost");
    return await database.query(sql, values);
  };
  return { faults, database: { ...database, dialect: database.dialect, transaction, query } satisfies Database };
}

describeDatabases("with a database that fails now and then, a run", (open) => {
  it("that could not be claimed is claimed later", async () => {
    const { faults, database } = unreliable((await open()).database);
    const engine = await startEngine(database);
    faults.lost = 1;
    const { result } = await engine.runs.createAndWait(owner, null, { assistant_id: "echo", input: say("hi") });
    expect(texts(await result)).toEqual(["hi", "echo: hi"]);
    expect(faults.lost).toBeLessThan(1);
    await engine.drain();
  });

  it("whose end could not be stored is stored later, and whoever waits gets the answer", async () => {
    const { faults, database } = unreliable((await open()).database);
    const engine = await startEngine(database);
    const name = randomUUID();
    const input = say("hello", { gate: name });
    const { run, result } = await engine.runs.createAndWait(owner, null, {
      assistant_id: "gate",
      input,
      on_completion: "keep",
    });
    await gate(name).reached.promise;
    faults.failing = 3;
    gate(name).opened.resolve();
    expect(texts(await result)).toEqual(["hello", "begun", `through ${name}`]);
    expect((await engine.runs.find(owner, run.run_id)).status).toBe("success");
    expect(faults.failing).toBeLessThan(0);
    await engine.drain();
  });
});

describeDatabases("runs", (open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine((await open()).database);
  });
  afterAll(() => engine.drain());

  const newThread = async () => (await engine.threads.create(owner, {})).thread_id;

  /** A run that has reached its gate, and the name of the gate. */
  async function runAtGate(threadId: string, request: Record<string, unknown> = {}) {
    const name = randomUUID();
    const run = await engine.runs.create(owner, threadId, {
      assistant_id: "gate",
      input: say("hello", { gate: name }),
      ...request,
    });
    return { run, name, reached: gate(name).reached.promise };
  }

  describe("waited for", () => {
    it("gives the final values", async () => {
      const threadId = await newThread();
      const { run, result } = await engine.runs.createAndWait(owner, threadId, {
        assistant_id: "echo",
        input: say("hi"),
      });
      expect(texts(await result)).toEqual(["hi", "echo: hi"]);
      const ended = await engine.runs.get(owner, threadId, run.run_id);
      expect(ended).toMatchObject({ status: "success", attempt: 1, trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect((await engine.threads.get(owner, threadId)).status).toBe("idle");
    });

    it("goes on with the thread's messages on the next turn", async () => {
      const threadId = await newThread();
      for (const text of ["one", "two"]) {
        const { result } = await engine.runs.createAndWait(owner, threadId, { assistant_id: "echo", input: say(text) });
        await result;
      }
      const { values } = await engine.threads.get(owner, threadId);
      expect(texts(values)).toEqual(["one", "echo: one", "two", "echo: two"]);
    });

    it("gives the error of a node that throws, and the thread goes on afterwards", async () => {
      const threadId = await newThread();
      const { run, result } = await engine.runs.createAndWait(owner, threadId, {
        assistant_id: "fail",
        input: say("hi"),
      });
      expect(JSON.parse(await result)).toEqual({ __error__: { error: "RangeError", message: "the boiler is cold" } });
      expect((await engine.runs.get(owner, threadId, run.run_id)).status).toBe("error");
      expect(await engine.threads.get(owner, threadId)).toMatchObject({
        status: "error",
        error: { error: "RangeError" },
      });
      const next = await engine.runs.createAndWait(owner, threadId, { assistant_id: "echo", input: say("again") });
      expect(texts(await next.result).at(-1)).toBe("echo: again");
    });

    it.each([
      ["a role that there is not", [{ role: "martian", content: 5 }]],
      ["no message at all", [null]],
      ["a number", [5]],
    ])(
      "ends as an error where the state cannot take its input (%s), and the thread stays readable",
      async (_, messages) => {
        const threadId = await newThread();
        const request = { assistant_id: "echo", input: { messages } };
        const { result } = await engine.runs.createAndWait(owner, threadId, request);
        expect(JSON.parse(await result)).toHaveProperty("__error__");
        expect(await engine.threads.get(owner, threadId)).toMatchObject({ status: "error", values: { messages: [] } });
        expect(await engine.threads.state(owner, threadId)).toMatchObject({ values: { messages: [] } });
        const next = await engine.runs.createAndWait(owner, threadId, { assistant_id: "echo", input: say("well") });
        expect(texts(await next.result)).toEqual(["well", "echo: well"]);
      },
    );

    it("stops an endless loop at its recursion limit, with a typed error", async () => {
      const { result } = await engine.runs.createAndWait(owner, await newThread(), {
        assistant_id: "loop",
        input: say("round"),
        config: { recursion_limit: 5 },
      });
      expect(JSON.parse(await result).__error__.error).toBe("GraphRecursionError");
    });

    it("takes settings from the assistant, and the request's over them", async () => {
      const assistant = await engine.assistants.create(owner, { graph_id: "echo", context: { prefix: "assistant" } });
      const { assistant_id } = assistant;
      const first = await engine.runs.createAndWait(owner, null, { assistant_id, input: say("hi") });
      expect(texts(await first.result).at(-1)).toBe("assistant: hi");
      const config = { configurable: { prefix: "request" } };
      const second = await engine.runs.createAndWait(owner, null, { assistant_id, input: say("hi"), config });
      expect(texts(await second.result).at(-1)).toBe("request: hi");
    });

    it("leaves nothing of a stateless run, unless it is to be kept", async () => {
      const gone = await engine.runs.createAndWait(owner, null, { assistant_id: "echo", input: say("hi") });
      expect(texts(await gone.result)).toEqual(["hi", "echo: hi"]);
      await expect(engine.threads.get(owner, gone.run.thread_id)).rejects.toMatchObject({ code: "thread-not-found" });
      const request = { assistant_id: "echo", input: say("hi"), on_completion: "keep" } as const;
      const kept = await engine.runs.createAndWait(owner, null, request);
      await kept.result;
      expect((await engine.threads.get(owner, kept.run.thread_id)).status).toBe("idle");
    });
  });

  it("reach the owner's long-term memory, in subgraphs too, and nobody else's", async () => {
    const recall = async (user: string, text: string) => {
      const { result } = await engine.runs.createAndWait(user, null, { assistant_id: "remember", input: say(text) });
      return texts(await result).slice(1);
    };
    expect(await recall(owner, "one")).toEqual(["before: nothing", "before: one"]);
    expect(await recall(owner, "two")).toEqual(["before: before: nothing", "before: two"]);
    expect(await recall("bob", "three")).toEqual(["before: nothing", "before: three"]);
    expect((await engine.store(owner).get(["notes"], "last"))?.value).toEqual({ text: "before: before: nothing" });
  });

  it("wait in a node without a timer that looks for work", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const threadId = await newThread();
    const before = timers();
    const { run, name, reached } = await runAtGate(threadId);
    await reached;
    // A connection that rests has a timer too, and so has vitest; theirs end by themselves. One that looks for work is
    // there in every turn.
    while (timers() > before) await new Promise(setImmediate);
    gate(name).opened.resolve();
    await engine.runs.join(owner, threadId, run.run_id);
  });

  describe("refused", () => {
    it.each([
      ["an unknown assistant", { assistant_id: "nobody" }, "assistant-not-found"],
      ["input that does not fit the state", { assistant_id: "echo", input: { note: 5 } }, "invalid-request"],
      ["a context that does not fit", { assistant_id: "echo", context: { prefix: 5 } }, "invalid-request"],
    ])("%s", async (_what, request, code) => {
      const threadId = await newThread();
      await expect(engine.runs.create(owner, threadId, request)).rejects.toMatchObject({ code });
      expect(await engine.runs.list(owner, threadId, { limit: 10, offset: 0 })).toEqual([]);
    });

    it("a thread that does not exist, which is made where the request says so", async () => {
      const threadId = randomUUID();
      const request = { assistant_id: "echo", input: say("hi") };
      await expect(engine.runs.create(owner, threadId, request)).rejects.toMatchObject({ code: "thread-not-found" });
      const { result } = await engine.runs.createAndWait(owner, threadId, { ...request, if_not_exists: "create" });
      expect(texts(await result)).toEqual(["hi", "echo: hi"]);
    });

    it("another user's thread, run and assistant", async () => {
      const threadId = await newThread();
      const { run, result } = await engine.runs.createAndWait(owner, threadId, {
        assistant_id: "echo",
        input: say("hi"),
      });
      await result;
      await expect(engine.threads.get("bob", threadId)).rejects.toMatchObject({ code: "thread-not-found" });
      await expect(engine.runs.get("bob", threadId, run.run_id)).rejects.toMatchObject({ code: "run-not-found" });
      await expect(engine.runs.join("bob", threadId, run.run_id)).rejects.toMatchObject({ code: "run-not-found" });
      const { assistant_id } = await engine.assistants.create(owner, { graph_id: "echo" });
      await expect(engine.runs.create("bob", null, { assistant_id })).rejects.toMatchObject({
        code: "assistant-not-found",
      });
    });
  });

  describe("streamed", () => {
    it("has consecutive ids, metadata first and the end last", async () => {
      const request = { assistant_id: "echo", input: say("hi"), stream_mode: ["values", "updates"] as const };
      const { run, events } = await engine.runs.createAndStream(owner, await newThread(), {
        ...request,
        stream_mode: [...request.stream_mode],
      });
      const all = await collect(events);
      expect(all.map((event) => event.id)).toEqual(all.map((_, index) => index));
      expect(all[0]).toMatchObject({ event: "metadata", data: JSON.stringify({ run_id: run.run_id, attempt: 1 }) });
      expect(all.map(({ event }) => event)).toEqual(["metadata", "values", "updates", "values", "end"]);
    });

    it("gives messages token by token, as tuples and accumulated", async () => {
      const { events } = await engine.runs.createAndStream(owner, null, {
        assistant_id: "tokens",
        input: say("go"),
        context: { words: 4 },
        stream_mode: ["messages", "messages-tuple"],
      });
      const all = await collect(events);
      const tuples = all.filter(({ event }) => event === "messages").map(({ data }) => JSON.parse(data)[0]);
      expect(tuples.map(({ content }) => content).join("")).toBe("w0 w1 w2 w3 ");
      expect(tuples.every(({ type }) => type === "ai" || type === "AIMessageChunk")).toBe(true);
      const partials = all.filter(({ event }) => event === "messages/partial").map(({ data }) => JSON.parse(data)[0]);
      expect(partials.at(-1).content).toBe("w0 w1 w2 w3 ");
    });

    it("gives LangChain's own events beside the other modes", async () => {
      const { events } = await engine.runs.createAndStream(owner, null, {
        assistant_id: "tokens",
        input: say("go"),
        stream_mode: ["events", "values", "messages-tuple"],
      });
      const all = await collect(events);
      const inner = all.filter(({ event }) => event === "events").map(({ data }) => JSON.parse(data).event);
      for (const name of ["on_chain_start", "on_chat_model_stream", "on_chat_model_end", "on_chain_end"])
        expect(inner).toContain(name);
      const tuples = all.filter(({ event }) => event === "messages").map(({ data }) => JSON.parse(data)[0].content);
      expect(tuples.join("")).toBe("w0 w1 w2 ");
      const values = all.filter(({ event }) => event === "values").at(-1);
      expect(texts(values?.data)).toEqual(["go", "w0 w1 w2 "]);
      expect(all.at(-1)?.event).toBe("end");
    });

    it("shows checkpoints without what the server put into their config", async () => {
      const { events } = await engine.runs.createAndStream(owner, null, {
        assistant_id: "family",
        input: say("hi"),
        stream_mode: ["debug", "checkpoints", "tasks", "messages-tuple"],
        stream_subgraphs: true,
      });
      const all = await collect(events);
      expect(all.map(({ data }) => data).join("")).not.toContain("callbacks");
      const [checkpoint] = all.filter(({ event }) => event === "checkpoints");
      expect(Object.keys(JSON.parse(checkpoint?.data ?? ""))).toEqual(["values", "metadata", "next"]);
      const [debug] = all.filter(({ event }) => event === "debug").map(({ data }) => JSON.parse(data));
      expect(debug).toMatchObject({
        type: "checkpoint",
        payload: { config: { configurable: { graph_id: "family" } } },
      });
    });

    it("names what comes from a subgraph by its namespace, where subgraphs are asked for", async () => {
      const request = { assistant_id: "family", input: say("hi"), stream_mode: ["custom" as const] };
      const without = await engine.runs.createAndStream(owner, null, request);
      const customs = (await collect(without.events)).filter(({ event }) => event.startsWith("custom"));
      expect(customs.map(({ event }) => event)).not.toContainEqual(expect.stringMatching(/^custom\|child/));
      const withThem = await engine.runs.createAndStream(owner, null, { ...request, stream_subgraphs: true });
      const names = (await collect(withThem.events)).map(({ event }) => event);
      expect(names).toContain("custom");
      expect(names).toContainEqual(expect.stringMatching(/^custom\|child:/));
    });

    it("ends with the error of a run that fails", async () => {
      const { events } = await engine.runs.createAndStream(owner, null, { assistant_id: "fail", input: say("hi") });
      const last = (await collect(events)).at(-1);
      expect(last?.event).toBe("error");
      expect(JSON.parse(last?.data ?? "")).toEqual({ error: "RangeError", message: "the boiler is cold" });
    });

    it("can be joined while it runs, from now or from its start, and after its end", async () => {
      const threadId = await newThread();
      const { run, name, reached } = await runAtGate(threadId, { stream_mode: ["updates"] });
      await reached;
      const late = await engine.runs.stream(owner, threadId, run.run_id, { position: "now" });
      const whole = await engine.runs.stream(owner, threadId, run.run_id, { position: "start" });
      const lateEvents = collect(late);
      const wholeEvents = collect(whole);
      gate(name).opened.resolve();
      expect((await wholeEvents).map(({ event }) => event)).toEqual(["metadata", "updates", "updates", "end"]);
      expect((await lateEvents).map(({ event }) => event)).toEqual(["updates", "end"]);
      const after = await collect(await engine.runs.stream(owner, threadId, run.run_id, { position: 1 }));
      expect(after.map(({ event }) => event)).toEqual(["metadata", "values", "end"]);
      expect(JSON.parse(after[0]?.data ?? "")).toMatchObject({ reset: true });
    });

    it("is joined by whoever comes at the very moment of its end", async () => {
      const threadId = await newThread();
      for (let turn = 0; turn < 15; turn++) {
        const request = { assistant_id: "echo", input: say(`turn ${turn}`) };
        const { run, result } = await engine.runs.createAndWait(owner, threadId, request);
        const joins: Promise<string>[] = [];
        let looking = 0;
        for (let ended = false; !ended; ) {
          // Whoever joins looks at the run's row. Were there more at once than Postgres answers, the run would wait
          // behind them for its own connections, more from turn to turn, and never end.
          if (looking < 2) {
            looking++;
            joins.push(engine.runs.join(owner, threadId, run.run_id));
            void engine.runs.get(owner, threadId, run.run_id).finally(() => looking--);
          }
          ended = await Promise.race([result.then(() => true), new Promise<boolean>((go) => setImmediate(go, false))]);
        }
        for (const joined of await Promise.all(joins)) expect(texts(joined)).toEqual(texts(await result));
      }
    });

    it("is replayed after its end without gap or double where it is resumable", async () => {
      const threadId = await newThread();
      const { run, events } = await engine.runs.createAndStream(owner, threadId, {
        assistant_id: "echo",
        input: say("hi"),
        stream_resumable: true,
        stream_mode: ["values", "updates"],
      });
      const all = await collect(events);
      for (const { id } of all) {
        const rest = await collect(await engine.runs.stream(owner, threadId, run.run_id, { position: id }));
        expect(rest).toEqual(all.slice(id + 1));
      }
    });
  });

  describe("cancelled", () => {
    it("while it runs: ends as interrupted, and never runs on", async () => {
      const threadId = await newThread();
      const { run, reached } = await runAtGate(threadId);
      await reached;
      await engine.runs.cancel(owner, threadId, run.run_id, { action: "interrupt", wait: true });
      expect((await engine.runs.get(owner, threadId, run.run_id)).status).toBe("interrupted");
      const thread = await engine.threads.get(owner, threadId);
      expect(texts(thread.values)).toEqual(["hello", "begun"]);
      expect(thread.status).toBe("interrupted");
    });

    it("with rollback: leaves the thread as it was before", async () => {
      const threadId = await newThread();
      await (await engine.runs.createAndWait(owner, threadId, { assistant_id: "echo", input: say("before") })).result;
      const { run, reached } = await runAtGate(threadId);
      await reached;
      await engine.runs.cancel(owner, threadId, run.run_id, { action: "rollback", wait: true });
      await expect(engine.runs.get(owner, threadId, run.run_id)).rejects.toMatchObject({ code: "run-not-found" });
      const thread = await engine.threads.get(owner, threadId);
      expect(texts(thread.values)).toEqual(["before", "echo: before"]);
      expect(thread.status).toBe("idle");
    });

    it("while it is pending: ends without having run", async () => {
      const threadId = await newThread();
      const first = await runAtGate(threadId);
      const second = await runAtGate(threadId);
      await first.reached;
      await engine.runs.cancel(owner, threadId, second.run.run_id, { action: "interrupt", wait: true });
      expect((await engine.runs.get(owner, threadId, second.run.run_id)).status).toBe("interrupted");
      gate(first.name).opened.resolve();
      await engine.runs.join(owner, threadId, first.run.run_id);
      expect((await engine.runs.get(owner, threadId, second.run.run_id)).attempt).toBe(0);
      expect((await engine.threads.get(owner, threadId)).status).toBe("idle");
    });

    it("while it is pending and stateless: leaves nothing", async () => {
      const slow = await startEngine((await open()).database, { MAX_CONCURRENT_RUNS: "1" });
      const name = randomUUID();
      const first = await slow.runs.create(owner, null, { assistant_id: "gate", input: say("hi", { gate: name }) });
      await gate(name).reached.promise;
      const second = await slow.runs.create(owner, null, { assistant_id: "echo", input: say("hi") });
      await slow.runs.cancel(owner, second.thread_id, second.run_id, { action: "interrupt", wait: true });
      await expect(slow.runs.find(owner, second.run_id)).rejects.toMatchObject({ code: "run-not-found" });
      await expect(slow.threads.get(owner, second.thread_id)).rejects.toMatchObject({ code: "thread-not-found" });
      gate(name).opened.resolve();
      await slow.runs.join(owner, first.thread_id, first.run_id);
      await slow.drain();
    });

    it("together with its thread, when that is deleted", async () => {
      const threadId = await newThread();
      const { run, reached } = await runAtGate(threadId);
      await reached;
      await engine.threads.delete(owner, threadId);
      await expect(engine.runs.find(owner, run.run_id)).rejects.toMatchObject({ code: "run-not-found" });
    });
  });

  describe("on a thread that is busy", () => {
    it("waits its turn in order (enqueue)", async () => {
      const threadId = await newThread();
      const first = await runAtGate(threadId);
      await first.reached;
      const later = ["a", "b", "c"].map((text) => ({ assistant_id: "echo", input: say(text) }));
      const waiting = [];
      for (const request of later) waiting.push(await engine.runs.createAndWait(owner, threadId, request));
      expect((await engine.threads.get(owner, threadId)).status).toBe("busy");
      gate(first.name).opened.resolve();
      const results = await Promise.all(waiting.map(({ result }) => result));
      expect(texts(results[2]).slice(-6)).toEqual(["a", "echo: a", "b", "echo: b", "c", "echo: c"]);
      // A run's result is its own, though the thread has gone on.
      expect(texts(results[0]).at(-1)).toBe("echo: a");
      const [, , oldest] = await engine.runs.list(owner, threadId, { limit: 10, offset: 0 });
      expect(texts(await engine.runs.join(owner, threadId, oldest?.run_id ?? "")).at(-1)).toBe("echo: a");
    });

    it("is refused (reject)", async () => {
      const threadId = await newThread();
      const first = await runAtGate(threadId);
      const request = { assistant_id: "echo", input: say("hi"), multitask_strategy: "reject" as const };
      await expect(engine.runs.create(owner, threadId, request)).rejects.toMatchObject({ code: "thread-busy" });
      gate(first.name).opened.resolve();
      await engine.runs.join(owner, threadId, first.run.run_id);
      const { result } = await engine.runs.createAndWait(owner, threadId, request);
      expect(texts(await result).at(-1)).toBe("echo: hi");
    });

    it.each([
      ["interrupt", ["hello", "begun", "hi", "echo: hi"]],
      ["rollback", ["hi", "echo: hi"]],
    ] as const)("takes the place of the others (%s)", async (multitask_strategy, left) => {
      const threadId = await newThread();
      const running = await runAtGate(threadId);
      const pending = await runAtGate(threadId);
      await running.reached;
      const request = { assistant_id: "echo", input: say("hi"), multitask_strategy };
      const { result } = await engine.runs.createAndWait(owner, threadId, request);
      expect(texts(await result)).toEqual(left);
      for (const { run } of [running, pending]) {
        const other = engine.runs.get(owner, threadId, run.run_id);
        if (multitask_strategy === "interrupt") expect((await other).status).toBe("interrupted");
        else await expect(other).rejects.toMatchObject({ code: "run-not-found" });
      }
    });
  });

  describe("with an Idempotency-Key", () => {
    const request = { assistant_id: "echo", input: say("once") };

    it("is made once, however often it is sent, at the same time too", async () => {
      const threadId = await newThread();
      const options = { idempotencyKey: randomUUID() };
      const runs = await Promise.all(
        Array.from({ length: 5 }, () => engine.runs.create(owner, threadId, request, options)),
      );
      const ids = new Set(runs.map((run) => run.run_id));
      expect(ids.size).toBe(1);
      const again = await engine.runs.createAndWait(owner, threadId, request, options);
      expect(ids).toContain(again.run.run_id);
      expect(texts(await again.result)).toEqual(["once", "echo: once"]);
    });

    it("is refused with another body, and free for another user", async () => {
      const options = { idempotencyKey: randomUUID() };
      await engine.runs.create(owner, null, { ...request, on_completion: "keep" }, options);
      const other = engine.runs.create(owner, null, { ...request, input: say("twice") }, options);
      await expect(other).rejects.toMatchObject({ code: "idempotency-mismatch" });
      await expect(engine.runs.create("bob", null, request, options)).resolves.toMatchObject({ status: "pending" });
    });
  });
});
