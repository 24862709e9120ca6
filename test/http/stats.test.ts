/** GET /stats and GET /metrics of a real server, and of two users. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatsReport } from "../../src/engine/stats/report.ts";
import { statsResult } from "../../src/http/platform/schemas-stats.ts";
import { gate } from "../fixtures/engine/gates.ts";
import { plainRequest, postJson, sdkClient } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const keys = { alice: "alice-key-1", bob: "bobs-key-22" };
const input = { messages: [{ role: "user", content: "hello" }] };

describe.each(["sqlite", "postgres"] as const)("Monitoring on %s", (database) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ database, environment: { API_KEYS: `alice:${keys.alice},bob:${keys.bob}` } });
    const run = (key: string, assistant_id: string, rest: object = {}) =>
      postJson(`${server.url}/runs/wait`, { assistant_id, input, ...rest }, { "x-api-key": key });
    await run(keys.alice, "echo");
    await run(keys.alice, "echo");
    await run(keys.alice, "fail");
    await run(keys.bob, "echo");
    await run(keys.bob, "tokens", { context: { words: 2 } });
  });
  afterAll(() => server.close());

  const get = (path: string, key?: string) =>
    plainRequest(`${server.url}${path}`, { headers: key === undefined ? {} : { "x-api-key": key } });
  const stats = async (key: string, query = ""): Promise<StatsReport> =>
    JSON.parse((await get(`/stats${query}`, key)).text);

  describe("GET /stats", () => {
    it("has the caller's own runs, those that have just ended included", async () => {
      const report = await stats(keys.alice);
      expect(report.graphs).toMatchObject([
        { graph_id: "echo", runs: 2, errors: 0, error_rate: 0, latency_ms: { count: 2 } },
        { graph_id: "fail", runs: 1, errors: 1, error_rate: 1 },
      ]);
      expect(report.total.runs).toBe(3);
      expect((await stats(keys.bob)).graphs.map(({ graph_id, runs }) => [graph_id, runs])).toEqual([
        ["echo", 1],
        ["tokens", 1],
      ]);
    });

    it("calls the cost of a model without a price unknown, and not nothing", async () => {
      const { models } = await stats(keys.bob);
      expect(models).toMatchObject([{ calls: 1, cost: { dollars: null, unknown_calls: 1 } }]);
    });

    it("is what its schema says", async () => {
      expect(statsResult.strict().safeParse(await stats(keys.alice)).error).toBeUndefined();
    });

    it("takes a time and a graph", async () => {
      expect((await stats(keys.alice, "?since=7d&graph=fail")).graphs.map(({ graph_id }) => graph_id)).toEqual([
        "fail",
      ]);
      expect((await stats(keys.alice, "?since=30m&graph=none")).graphs).toEqual([]);
    });

    it.each(["since=yesterday", "since=", "since=24h&since=7d", "since=1e9d", "graph=", "graph=%00"])(
      "refuses ?%s",
      async (query) => {
        const { status, text } = await get(`/stats?${query}`, keys.alice);
        expect(status, text).toBe(422);
        expect(text).toMatch(/since|graph/);
      },
    );

    it("counts the caller's open streams, and the runs that execute, while they do", async () => {
      const name = crypto.randomUUID();
      const alice = sdkClient(server.url, { apiKey: keys.alice });
      const stream = alice.runs.stream(null, "gate", { input: { ...input, gate: name } });
      const first = await stream[Symbol.asyncIterator]().next();
      expect(first.done).toBe(false);
      await gate(name).reached.promise;
      expect((await stats(keys.alice)).live).toEqual({ pending: 0, running: 1, open_streams: 1 });
      expect((await stats(keys.bob)).live).toEqual({ pending: 0, running: 0, open_streams: 0 });
      const { text } = await get("/metrics", keys.bob);
      expect(text).toContain("signalbox_active_runs 1\n");
      expect(text).toContain("signalbox_open_streams 1\n");
      gate(name).opened.resolve();
      for await (const _ of stream) if (_.event === "end") break;
    });
  });

  describe("GET /metrics", () => {
    it("has the counters of all users, and none of their names", async () => {
      const { status, headers, text } = await get("/metrics", keys.bob);
      expect(status).toBe(200);
      expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(text).toContain('signalbox_runs_total{graph="echo",status="success"} 3\n');
      expect(text).toContain('signalbox_runs_total{graph="fail",status="error"} 1\n');
      expect(text).toContain('signalbox_run_duration_seconds_count{graph="echo"} 3\n');
      expect(text).toContain('signalbox_model_calls_total{graph="tokens",model="unknown",outcome="success"} 1\n');
      expect(text).toContain('signalbox_unpriced_calls_total{graph="tokens",model="unknown"} 1\n');
      expect(text).toContain("signalbox_queue_depth 0\n");
      expect(text).not.toContain("signalbox_cost_dollars_total{");
      expect(text).not.toMatch(/alice|bob/);
    });

    it("counts each run once, however often it is asked", async () => {
      await get("/metrics", keys.alice);
      const { text } = await get("/metrics", keys.alice);
      expect(text).toContain('signalbox_runs_total{graph="fail",status="error"} 1\n');
    });

    it("has the mean of feedback", async () => {
      const alice = sdkClient(server.url, { apiKey: keys.alice });
      const { thread_id } = await alice.threads.create();
      const run = await alice.runs.create(thread_id, "echo", { input });
      await alice.runs.join(thread_id, run.run_id);
      const given = { key: "helpful", score: 0.5 };
      const answer = await postJson(`${server.url}/runs/${run.run_id}/feedback`, given, { "x-api-key": keys.alice });
      expect(answer.status, answer.text).toBeLessThan(300);
      expect((await get("/metrics", keys.bob)).text).toContain(
        'signalbox_feedback_mean{graph="echo",key="helpful"} 0.5\n',
      );
      const { graphs } = await stats(keys.alice);
      expect(graphs[0]?.feedback).toEqual([{ key: "helpful", mean: 0.5, count: 1 }]);
      expect((await stats(keys.bob)).graphs[0]?.feedback).toEqual([]);
    });
  });

  it.each(["/stats", "/metrics"])("%s needs a key", async (path) => {
    expect((await get(path)).status).toBe(401);
    expect((await get(path, "wrong-key")).status).toBe(401);
  });
});
