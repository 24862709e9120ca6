/** The statistics as tables for a terminal. */
import type { ModelFigures, RunFigures, StatsReport } from "../../engine/stats/report.ts";
import { amount, cost, drift, failures, moment, nothing, percent, spread } from "./format.ts";

/** Several tables of text, each with its headings, and a line about the time that they are of. */
export function statsText(report: StatsReport): string {
  const { graphs, models, total, live } = report;
  const streams = live.open_streams === null ? "" : `, ${live.open_streams} open streams`;
  const title = `Runs from ${moment(report.since)} to ${moment(report.until)} UTC. Now: ${live.pending} pending, ${live.running} running${streams}.`;
  const partial = report.complete ? [] : ["There are more runs than are read: these are the newest."];
  if (total.runs === 0 && graphs.length === 0)
    return [title, ...partial, "No run has ended in this time.", ""].join("\n");
  const parts = [
    [title, ...partial].join("\n"),
    table([
      ["graph", "runs", "errors", "latency p50 / p95", "first token", "tokens in / out", "cost", "tools failed"],
      ...graphs.map((graph) => [graph.graph_id, ...runCells(graph)]),
      ...(graphs.length > 1 ? [["all", ...runCells(total)]] : []),
    ]),
    table([
      ["model", "calls", "errors", "latency p50 / p95", "first token", "tokens in / out", "cost"],
      ...models.map((model) => [model.model, ...modelCells(model)]),
    ]),
    table([
      ["tool", "graph", "calls", "failed"],
      ...graphs.flatMap(({ graph_id, tools }) =>
        tools.map(({ tool, calls, failures: failed }) => [tool, graph_id, String(calls), String(failed)]),
      ),
    ]),
    table([
      ["feedback", "graph", "mean", "scores"],
      ...graphs.flatMap(({ graph_id, feedback }) =>
        feedback.map(({ key, mean, count }) => [key, graph_id, mean.toFixed(2), String(count)]),
      ),
    ]),
    table([
      [`drift against ${moment(report.baseline_since)} on`, "input length", "routes", "tools"],
      ...graphs.map(({ graph_id, drift: of }) => [graph_id, drift(of.input_length), drift(of.routes), drift(of.tools)]),
    ]),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function runCells(figures: RunFigures): string[] {
  return [
    String(figures.runs),
    percent(figures.error_rate),
    spread(figures.latency_ms),
    spread(figures.first_token_ms),
    `${amount(figures.input_tokens)} / ${amount(figures.output_tokens)}`,
    figures.model_calls === 0 ? nothing : cost(figures.cost),
    failures(figures.tool_failures, figures.tool_calls),
  ];
}

function modelCells(figures: ModelFigures): string[] {
  return [
    String(figures.calls),
    percent(figures.error_rate),
    spread(figures.latency_ms),
    spread(figures.first_token_ms),
    `${amount(figures.input_tokens)} / ${amount(figures.output_tokens)}`,
    cost(figures.cost),
  ];
}

/** Columns as wide as their widest cell; nothing for headings alone. */
function table(rows: readonly (readonly string[])[]): string {
  if (rows.length < 2) return "";
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
