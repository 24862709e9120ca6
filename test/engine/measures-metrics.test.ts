/** The counters of /metrics, from records of runs. */
import { expect, it } from "vitest";
import { createMetrics } from "../../src/engine/measures-metrics.ts";
import { describeDatabase } from "../support/databases.ts";
import { measure, modelCalls } from "../support/measures.ts";

describeDatabase("sqlite", (open) => {
  async function textOf(...records: ReturnType<typeof measure>[]): Promise<string> {
    const metrics = createMetrics((await open()).database);
    for (const record of records) metrics.count(record);
    return (await metrics.text(0)).text;
  }

  it("Metrics have tokens, cost and failures of tools, with times in seconds", async () => {
    const models = {
      "gpt-4o-mini": modelCalls({
        calls: 2,
        errors: 1,
        input_tokens: 30,
        output_tokens: 4,
        cost_nanodollars: 2_000_000,
      }),
    };
    const tools = { calculator: { calls: 3, failures: 1 } };
    const text = await textOf(measure({ models, tools, latency_ms: 400, first_token_ms: 60 }));
    expect(text.split("\n")).toEqual(
      expect.arrayContaining([
        'signalbox_tokens_total{graph="react",model="gpt-4o-mini",direction="input"} 30',
        'signalbox_tokens_total{graph="react",model="gpt-4o-mini",direction="output"} 4',
        'signalbox_cost_dollars_total{graph="react",model="gpt-4o-mini"} 0.002',
        'signalbox_model_calls_total{graph="react",model="gpt-4o-mini",outcome="error"} 1',
        'signalbox_tool_calls_total{graph="react",tool="calculator"} 3',
        'signalbox_tool_failures_total{graph="react",tool="calculator"} 1',
        'signalbox_run_duration_seconds_bucket{le="0.25",graph="react"} 0',
        'signalbox_run_duration_seconds_bucket{le="0.5",graph="react"} 1',
        'signalbox_time_to_first_token_seconds_sum{graph="react"} 0.06',
      ]),
    );
  });

  it("Metrics count an attempt that goes on elsewhere, but not its time as a run's", async () => {
    const text = await textOf(measure({ status: "retried" }), measure({ status: "success" }));
    expect(text).toContain('signalbox_runs_total{graph="react",status="retried"} 1');
    expect(text).toContain('signalbox_run_duration_seconds_count{graph="react"} 1');
  });

  it("Metrics have a bounded number of names that users choose, and escape them", async () => {
    const records = Array.from({ length: 200 }, (_, index) =>
      measure({ models: { [`model-${index}`]: modelCalls({ input_tokens: 1 }) } }),
    );
    const text = await textOf(measure({ tools: { 'a"b\\c': { calls: 1, failures: 0 } } }), ...records);
    expect(text.match(/signalbox_tokens_total\{.*direction="input"/g)).toHaveLength(51);
    expect(text).toContain('signalbox_tokens_total{graph="react",model="other",direction="input"} 150');
    expect(text).toContain('tool="a\\"b\\\\c"');
  });

  it("Metrics count runs also where nobody has asked for a long time", async () => {
    const text = await textOf(...Array.from({ length: 2_500 }, () => measure()));
    expect(text).toContain('signalbox_runs_total{graph="react",status="success"} 2500');
  });
});
