/** What is written down of runs: their times, their calls, their cost, exactly. */
import { fileURLToPath } from "node:url";
import pino from "pino";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Engine, RunRequest } from "../../src/engine/contract.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { loadGraphs } from "../../src/engine/graphs.ts";
import { createMeasures, type Measures } from "../../src/engine/measures.ts";
import { costOf } from "../../src/llm/prices.ts";
import type { Database } from "../../src/storage/database.ts";
import { insertMeasures, type MeasureRecord, readMeasures } from "../../src/storage/tables/measures.ts";
import { gate, replaceGate } from "../fixtures/engine/gates.ts";
import { calling, scriptedModel } from "../llm/scripted-model.ts";
import { databaseKinds, describeDatabase, describeDatabases, type OpenTestDatabase } from "../support/databases.ts";
import { say } from "../support/engine.ts";

const owner = "ada";
const project = (path: string) => fileURLToPath(new URL(`../${path}/langgraph.json`, import.meta.url));
const usage = (input: number, output: number) => ({ usage: { prompt_tokens: input, completion_tokens: output } });

interface Setting {
  engine: Engine;
  measures: Measures;
  database: Database;
  logged: Record<string, unknown>[];
  /** Runs the request to its end. */
  run(request: RunRequest, threadId?: string | null): Promise<void>;
  /** What is in the database, oldest first. */
  records(): Promise<MeasureRecord[]>;
}

interface SettingOptions {
  graphs?: string;
  /** How many figures may wait to be written. */
  held?: number;
  drainMs?: number | undefined;
  /** Deaths of its process after which a run is given up. */
  attempts?: number | undefined;
}

async function setting(
  database: Database,
  { graphs = "fixtures/engine", held = 100, drainMs, attempts }: SettingOptions = {},
): Promise<Setting> {
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    { level: "warn", serializers: { error: pino.stdSerializers.err } },
    { write: (line: string) => void logged.push(JSON.parse(line)) },
  );
  const settings = readConfig({ API_KEYS: "ada:key-of-ada" });
  const { limits: usual } = settings;
  const changed = { drainMs: drainMs ?? usual.drainMs, runAttempts: attempts ?? usual.runAttempts };
  const config = { ...settings, limits: { ...usual, ...changed } };
  const limits = { measuresMs: config.limits.measuresMs, measuresHeld: held };
  const measures = createMeasures({ database, limits, log, costOf });
  const loaded = await loadGraphs(project(graphs));
  const engine = await createEngine({ database, graphs: loaded, config, log, observers: [measures] });
  onTestFinished(() => engine.drain());
  return {
    engine,
    measures,
    database,
    logged,
    async run(request, threadId = null) {
      const { result } = await engine.runs.createAndWait(owner, threadId, request);
      await result;
    },
    async records() {
      await measures.flush();
      const all = { since: 0, until: Date.now() + 1 };
      return (await readMeasures(database, all, { limit: 100 })).toReversed();
    },
  };
}

/** Has a model that is named like a real one, so that it has a price. */
async function withModel(name: string, ...replies: Parameters<typeof scriptedModel>): Promise<RunRequest["context"]> {
  const model = await scriptedModel(...replies);
  onTestFinished(() => model[Symbol.asyncDispose]());
  return { model: `openai:${name}` };
}

describeDatabases("The measures of runs", (open) => {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await open());
  });

  it("have the calls, the tokens and the cost of each model, and the calls of each tool", async () => {
    const { run, records } = await setting(database, { graphs: ".." });
    const context = await withModel(
      "gpt-4o-mini",
      { ...calling(["1", "calculator", '{"expression":"6*7"}']), ...usage(100, 10) },
      { content: "It is 42.", ...usage(200, 20) },
    );
    await run({ assistant_id: "react", input: say("What is 6 * 7?"), context });
    const [record] = await records();
    expect(record).toMatchObject({
      owner,
      attempt: 1,
      graph_id: "react",
      status: "success",
      error: null,
      input_chars: "What is 6 * 7?".length,
      interrupts: 0,
      route: null,
      tools: { calculator: { calls: 1, failures: 0 } },
    });
    expect(record?.models).toEqual({
      "gpt-4o-mini": {
        calls: 2,
        errors: 0,
        input_tokens: 300,
        output_tokens: 30,
        // 300 * 0.15 and 30 * 0.6 dollars per million
        cost_nanodollars: 63_000,
        unpriced_calls: 0,
        latency_ms: [expect.any(Number), expect.any(Number)],
        first_token_ms: [],
      },
    });
    expect(record?.latency_ms).toBeGreaterThanOrEqual(0);
    expect(record?.queue_ms).toBeGreaterThanOrEqual(0);
  });

  it("call a cost unknown where the model has no price, and count calls that fail", async () => {
    const { run, records } = await setting(database, { graphs: ".." });
    const refused = { error: { message: "no", type: "invalid_request_error" }, status: 400 };
    const context = await withModel("home-made", refused, { content: "Hello.", ...usage(7, 2) });
    await run({ assistant_id: "react", input: say("Hi"), context });
    await run({ assistant_id: "react", input: say("Hi"), context });
    const [failed, answered] = await records();
    expect(failed).toMatchObject({ status: "error", error: "SignalboxError" });
    expect(failed?.models["home-made"]).toMatchObject({ calls: 1, errors: 1, unpriced_calls: 0, latency_ms: [] });
    expect(answered?.models["home-made"]).toMatchObject({ calls: 1, unpriced_calls: 1, cost_nanodollars: 0 });
    expect(answered?.models["home-made"]).toMatchObject({ input_tokens: 7, output_tokens: 2 });
  });

  it("count the calls of tools that went wrong, also those that never came to a tool", async () => {
    const { run, records } = await setting(database, { graphs: ".." });
    const context = await withModel(
      "home-made",
      calling(
        ["1", "calculator", '{"expression":"6*"}'],
        ["2", "calculator", '{"wrong":1}'],
        ["3", "no_such\u0000tool", "{}"],
      ),
      { content: "I cannot." },
    );
    await run({ assistant_id: "react", input: say("What is 6 * ?"), context });
    const [record] = await records();
    expect(record?.tools).toEqual({
      calculator: { calls: 2, failures: 2 },
      [Object.keys(record?.tools ?? {}).find((name) => name.startsWith("no_such")) ?? ""]: { calls: 1, failures: 1 },
    });
  });

  it("tell when the first text came, to the user and of the model", async () => {
    const { run, records } = await setting(database);
    await run({ assistant_id: "tokens", input: say("go"), stream_mode: ["messages-tuple"] });
    await run({ assistant_id: "tokens", input: say("go") });
    const [streamed, whole] = await records();
    expect(streamed?.first_token_ms).toBeLessThanOrEqual(streamed?.latency_ms ?? -1);
    expect(Object.values(streamed?.models ?? {})[0]?.first_token_ms).toHaveLength(1);
    expect(whole?.first_token_ms).toBeNull();
  });

  it("say how a run failed, was cancelled, or came to wait for a human", async () => {
    const { engine, run, records } = await setting(database);
    await run({ assistant_id: "fail", input: say("go") });
    const { thread_id } = await engine.threads.create(owner, {});
    await run({ assistant_id: "ask", input: say("four") }, thread_id);
    await run({ assistant_id: "ask", command: { resume: "Ada" } }, thread_id);
    const waiting = await engine.threads.create(owner, {});
    const name = crypto.randomUUID();
    const request = { assistant_id: "gate", input: say("go", { gate: name }) };
    const { run: gated, result } = await engine.runs.createAndWait(owner, waiting.thread_id, request);
    await gate(name).reached.promise;
    await engine.runs.cancel(owner, waiting.thread_id, gated.run_id, { action: "interrupt", wait: true });
    await result;
    expect(await records()).toMatchObject([
      { graph_id: "fail", status: "error", error: "RangeError" },
      { graph_id: "ask", status: "success", interrupts: 1, input_chars: 4 },
      { graph_id: "ask", status: "success", interrupts: 0, input_chars: null },
      { graph_id: "gate", status: "interrupted", error: null },
    ]);
  });

  it("stay when threads are deleted, and of runs that never had one", async () => {
    const { engine, run, records } = await setting(database);
    const { thread_id } = await engine.threads.create(owner, {});
    await run({ assistant_id: "echo", input: say("hello") }, thread_id);
    await run({ assistant_id: "echo", input: say("hello") });
    await engine.threads.delete(owner, thread_id);
    expect(await records()).toHaveLength(2);
  });

  it("have each attempt of a run that a stop interrupted, whose end is that of the last one", async () => {
    const first = await setting(database, { drainMs: 1 });
    const name = crypto.randomUUID();
    const request = { assistant_id: "gate", input: say("go", { gate: name }) };
    const { thread_id } = await first.engine.threads.create(owner, {});
    const { run_id } = await first.engine.runs.create(owner, thread_id, request);
    await gate(name).reached.promise;
    await first.engine.drain();
    const second = await setting(database);
    gate(name).opened.resolve();
    await second.engine.recover();
    await second.engine.runs.join(owner, thread_id, run_id);
    expect(await second.records()).toMatchObject([
      { run_id, attempt: 1, status: "retried", queue_ms: expect.any(Number) },
      { run_id, attempt: 2, status: "success", queue_ms: null },
    ]);
  });

  it("tell of runs that were cancelled before their turn", async () => {
    const { engine, records } = await setting(database);
    const { thread_id } = await engine.threads.create(owner, {});
    const name = crypto.randomUUID();
    const request: RunRequest = { assistant_id: "gate", input: say("go", { gate: name }) };
    const holding = await engine.runs.create(owner, thread_id, request);
    await gate(name).reached.promise;
    const cancelled = await engine.runs.create(owner, thread_id, request);
    await engine.runs.cancel(owner, thread_id, cancelled.run_id, { action: "interrupt", wait: true });
    const superseded = await engine.runs.create(owner, thread_id, request);
    const last = await engine.runs.createAndWait(owner, thread_id, { ...request, multitask_strategy: "interrupt" });
    gate(name).opened.resolve();
    await last.result;
    const said = (await records()).map(({ run_id, attempt, status }) => [run_id, attempt, status]);
    expect(said.toSorted()).toEqual([
      [holding.run_id, 1, "interrupted"],
      [cancelled.run_id, 1, "interrupted"],
      [superseded.run_id, 1, "interrupted"],
      [last.run.run_id, 1, "success"],
    ]);
  });

  it.each([
    [
      "goes on",
      undefined,
      [
        { status: "retried", error: "process-died" },
        { attempt: 2, status: "success" },
      ],
    ],
    ["is given up", 1, [{ status: "error", error: "abandoned", latency_ms: expect.any(Number), interrupts: 0 }]],
  ])("tell of a run whose process died, which %s", async (_, attempts, expected) => {
    const dead = await setting(database, { drainMs: 1 });
    const name = crypto.randomUUID();
    const request = { assistant_id: "gate", input: say("go", { gate: name }) };
    const { thread_id } = await dead.engine.threads.create(owner, {});
    const { run_id } = await dead.engine.runs.create(owner, thread_id, request);
    await gate(name).reached.promise;
    // To a server that starts, whoever holds a run is dead.
    const { engine, records } = await setting(database, { attempts });
    replaceGate(name).opened.resolve();
    await engine.recover();
    await engine.runs.join(owner, thread_id, run_id);
    expect(await records()).toMatchObject(expected.map((record) => ({ run_id, attempt: 1, ...record })));
  });

  it("are written before the engine has stopped", async () => {
    const { engine, run } = await setting(database);
    await run({ assistant_id: "echo", input: say("hello") });
    await engine.drain();
    expect(await readMeasures(database, { since: 0, until: Date.now() + 1 }, { limit: 10 })).toHaveLength(1);
  });

  it("are deleted when they are too old", async () => {
    const { run, records } = await setting(database);
    const ninetyOneDays = 91 * 24 * 60 * 60 * 1000;
    const old: MeasureRecord = {
      ...{ owner, run_id: "old", attempt: 1, thread_id: "t", assistant_id: "a", graph_id: "echo", status: "success" },
      ...{ error: null, ended_at: Date.now() - ninetyOneDays, latency_ms: 1, queue_ms: 1, first_token_ms: null },
      ...{ input_chars: 5, route: null, interrupts: 0, models: {}, tools: {} },
    };
    await insertMeasures(database, [old]);
    expect(await records()).toHaveLength(1);
    await run({ assistant_id: "echo", input: say("hello") });
    expect((await records()).map(({ run_id }) => run_id)).not.toContain("old");
  });

  it("are taken twice without harm, as after an answer that was lost", async () => {
    const { run, records } = await setting(database);
    await run({ assistant_id: "echo", input: say("hello") });
    const before = await records();
    await insertMeasures(database, before);
    expect(await records()).toEqual(before);
  });
});

describe.each(databaseKinds)("A database that does not take measures, %s,", (kind) => {
  describeDatabase(kind, (open: OpenTestDatabase) => {
    it("fails no run; what waits is bounded, and what is lost is counted", async () => {
      const { database } = await open();
      let broken = true;
      const refusing: Database = {
        ...database,
        query(sql, values) {
          if (broken && sql.includes("INTO run_measures")) return Promise.reject(new Error("the disk is gone"));
          return database.query(sql, values);
        },
      };
      const { run, records, logged } = await setting(refusing, { held: 3 });
      for (const _ of [1, 2, 3, 4, 5]) await run({ assistant_id: "echo", input: say("hello") });
      expect(await records()).toEqual([]);
      expect(logged.at(-1)).toMatchObject({ waiting: 3, dropped: 2, error: { message: "the disk is gone" } });
      broken = false;
      expect(await records()).toHaveLength(3);
    });
  });
});
