/** What the records of runs come to, exactly. */
import { beforeEach, describe, expect, it } from "vitest";
import { quantile } from "../../src/engine/stats/numbers.ts";
import { readStats } from "../../src/engine/stats/stats.ts";
import { readDuration, stepOf } from "../../src/engine/stats/window.ts";
import type { Database } from "../../src/storage/database.ts";
import { insertMeasures } from "../../src/storage/tables/measures.ts";
import { describeDatabases } from "../support/databases.ts";
import { measure, modelCalls } from "../support/measures.ts";

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const limits = { statsRuns: 100_000 };
const sinceMs = day;

describeDatabases("Statistics", (open) => {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await open());
  });

  it("of no runs at all are empty, and no rate is made up", async () => {
    const report = await readStats(database, { sinceMs }, limits);
    expect(report).toMatchObject({ complete: true, graphs: [], models: [], live: { pending: 0, running: 0 } });
    expect(report.total).toMatchObject({ runs: 0, error_rate: null, latency_ms: null, cost: { dollars: 0 } });
    expect(report.series.points.every(({ runs }) => runs === 0)).toBe(true);
  });

  it("count runs by how they ended, and give nearest-rank quantiles", async () => {
    const latencies = Array.from({ length: 20 }, (_, index) => (index + 1) * 100);
    await insertMeasures(
      database,
      latencies.map((latency_ms) => measure({ latency_ms })),
    );
    await insertMeasures(database, [
      measure({ graph_id: "routing", status: "error", latency_ms: 7, first_token_ms: 3, queue_ms: 9 }),
      measure({ graph_id: "routing", status: "timeout", latency_ms: 9 }),
      measure({ graph_id: "routing", status: "interrupted", latency_ms: 1 }),
      measure({ graph_id: "routing", interrupts: 2, latency_ms: 3 }),
    ]);
    const { graphs, total } = await readStats(database, { sinceMs }, limits);
    expect(graphs).toMatchObject([
      { graph_id: "react", runs: 20, errors: 0, error_rate: 0, latency_ms: { p50: 1000, p95: 1900, count: 20 } },
      {
        ...{ graph_id: "routing", runs: 4, errors: 2, error_rate: 0.5, cancelled: 1, paused: 1 },
        ...{
          // A run that was cancelled has none.
          latency_ms: { p50: 7, p95: 9, count: 3 },
          first_token_ms: { p50: 3, p95: 3, count: 1 },
          queue_ms: { p50: 5, p95: 9 },
        },
      },
    ]);
    expect(total).toMatchObject({ runs: 24, errors: 2, error_rate: 0.0833 });
  });

  it("add up tokens and cost, and call unknown what is unknown", async () => {
    const priced = modelCalls({ input_tokens: 100, output_tokens: 10, cost_nanodollars: 21_000, latency_ms: [40] });
    const unpriced = modelCalls({ calls: 3, errors: 1, unpriced_calls: 2, input_tokens: 7, latency_ms: [10, 30] });
    await insertMeasures(database, [
      measure({ models: { "gpt-4o-mini": priced } }),
      measure({ models: { "gpt-4o-mini": priced, mine: unpriced } }),
      measure({ graph_id: "routing", models: { mine: unpriced } }),
    ]);
    const { graphs, models } = await readStats(database, { sinceMs }, limits);
    expect(graphs).toMatchObject([
      { graph_id: "react", model_calls: 5, input_tokens: 207, cost: { dollars: 0.000042, unknown_calls: 2 } },
      { graph_id: "routing", model_calls: 3, input_tokens: 7, cost: { dollars: null, unknown_calls: 2 } },
    ]);
    expect(models).toEqual([
      expect.objectContaining({
        ...{ model: "mine", runs: 2, calls: 6, errors: 2, error_rate: 0.3333, input_tokens: 14, output_tokens: 0 },
        ...{ cost: { dollars: null, unknown_calls: 4 }, latency_ms: { p50: 10, p95: 30, count: 4 } },
      }),
      expect.objectContaining({
        ...{ model: "gpt-4o-mini", runs: 2, calls: 2, errors: 0, error_rate: 0, input_tokens: 200, output_tokens: 20 },
        ...{ cost: { dollars: 0.000042, unknown_calls: 0 }, latency_ms: { p50: 40, p95: 40, count: 2 } },
      }),
    ]);
  });

  it("count a run once, however many attempts it took, and what they all used", async () => {
    const models = { offline: modelCalls({ input_tokens: 5 }) };
    const first = measure({ status: "retried", models });
    await insertMeasures(database, [first, { ...first, attempt: 2, status: "success", queue_ms: null }]);
    const { total, models: used } = await readStats(database, { sinceMs }, limits);
    expect(total).toMatchObject({ runs: 1, model_calls: 2, input_tokens: 10, queue_ms: null });
    expect(used).toMatchObject([{ model: "offline", runs: 1, calls: 2, cost: { dollars: 0, unknown_calls: 0 } }]);
  });

  it("are of the owner, the graph and the time that are asked for", async () => {
    await insertMeasures(database, [
      measure(),
      measure({ owner: "bob" }),
      measure({ graph_id: "routing" }),
      measure({ ended_at: Date.now() - 25 * hour }),
    ]);
    const runs = async (options: object) => (await readStats(database, { sinceMs, ...options }, limits)).total.runs;
    expect(await runs({})).toBe(3);
    expect(await runs({ owner: "ada" })).toBe(2);
    expect(await runs({ owner: "ada", graph: "react" })).toBe(1);
    expect(await runs({ graph: "routing" })).toBe(1);
    expect(await runs({ owner: "carol" })).toBe(0);
    expect(await runs({ sinceMs: 2 * day })).toBe(4);
    expect(await runs({ owner: "' OR 1=1 --" })).toBe(0);
  });

  it("show the time in stretches, each with its own runs", async () => {
    await insertMeasures(database, [
      measure({ ended_at: Date.now() - 30_000, latency_ms: 10 }),
      measure({ ended_at: Date.now() - 90_000, latency_ms: 20, status: "error" }),
      measure({ ended_at: Date.now() - 95_000, latency_ms: 30 }),
    ]);
    const { series } = await readStats(database, { sinceMs: 3 * 60_000 }, limits);
    expect(series.step_ms).toBe(60_000);
    expect(series.points).toMatchObject([
      { runs: 0, latency_ms: null },
      { runs: 2, errors: 1, latency_ms: { p50: 20, p95: 30 } },
      { runs: 1, errors: 0, latency_ms: { p50: 10 } },
    ]);
  });

  it("name the calls and failures of each tool", async () => {
    await insertMeasures(database, [
      measure({ tools: { calculator: { calls: 2, failures: 1 } } }),
      measure({ tools: { calculator: { calls: 1, failures: 0 }, ["__proto__"]: { calls: 5, failures: 5 } } }),
    ]);
    const { graphs } = await readStats(database, { sinceMs }, limits);
    expect(graphs[0]).toMatchObject({ tool_calls: 8, tool_failures: 6 });
    expect(graphs[0]?.tools).toEqual([
      { tool: "__proto__", calls: 5, failures: 5 },
      { tool: "calculator", calls: 3, failures: 1 },
    ]);
  });

  it("read the newest runs where there are more than the limit, page by page, and say so", async () => {
    const many = Array.from({ length: 4_500 }, (_, index) => measure({ ended_at: Date.now() - 1_000 - index }));
    await insertMeasures(database, many);
    expect(await readStats(database, { sinceMs }, limits)).toMatchObject({ complete: true, total: { runs: 4_500 } });
    const cut = await readStats(database, { sinceMs }, { statsRuns: 2_500 });
    expect(cut).toMatchObject({ complete: false, total: { runs: 2_500 } });
  });

  it("tell drift of a graph against the seven days before, of 200 runs or more", async () => {
    const before = Date.now() - 2 * day;
    const runs = (count: number, fields: Parameters<typeof measure>[0]) =>
      Array.from({ length: count }, () => measure({ graph_id: "routing", ...fields }));
    const tools = { calculator: { calls: 1, failures: 0 } };
    await insertMeasures(database, [
      ...runs(100, { ended_at: before, route: "code", input_chars: 10, tools }),
      ...runs(100, { ended_at: before, route: "data", input_chars: 20, tools }),
      ...runs(300, { route: "code", input_chars: 10 }),
      ...runs(100, { route: "data", input_chars: 20 }),
      ...runs(50, { ended_at: Date.now() - 9 * day, route: "data" }),
      measure(),
    ]);
    const { graphs } = await readStats(database, { sinceMs }, limits);
    // Halves that became three quarters and a quarter: 0.25 ln 3.
    const counts = { baseline_count: 200, current_count: 400 };
    expect(graphs.find(({ graph_id }) => graph_id === "routing")?.drift).toEqual({
      input_length: expect.objectContaining({ verdict: "significant", psi: expect.any(Number), ...counts }),
      routes: { verdict: "significant", psi: 0.2747, by_chance: 0.0075, ...counts },
      tools: { verdict: "insufficient data", psi: null, by_chance: null, baseline_count: 200, current_count: 0 },
    });
    expect(graphs.find(({ graph_id }) => graph_id === "react")?.drift.input_length.verdict).toBe("insufficient data");
  });
});

describe("A quantile", () => {
  it.each([
    [[5], 0.5, 5],
    [[1, 2], 0.5, 1],
    [[1, 2, 3], 0.5, 2],
    [[1, 2, 3, 4], 0.95, 4],
    [[], 0.5, undefined],
  ])("of %j at %d is %j", (sorted, share, expected) => {
    expect(quantile(sorted, share)).toBe(expected);
  });
});

describe("A length of time", () => {
  it.each([
    ["30m", 30 * 60_000],
    ["24h", day],
    ["7d", 7 * day],
    ["2w", 14 * day],
  ])("%s is %d ms", (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it.each(["", "24", "h", "0h", "-1h", "1.5h", "24 h", "1y", "9999999h", "999999w", "24h; DROP TABLE runs"])(
    "is not %j",
    (text) => {
      expect(readDuration(text)).toBeUndefined();
    },
  );

  it.each([
    [hour, 60_000],
    [day, hour],
    [7 * day, 3 * hour],
    [3650 * day, 7 * day],
  ])("of %d ms is shown in stretches of %d ms", (length, step) => {
    expect(stepOf(0, length)).toBe(step);
  });
});
