/** The statistics as one page that loads nothing and runs nothing: plots, then tables. */
import type { Drift, GraphFigures, ModelFigures, StatsReport, Tokens } from "../../engine/stats/report.ts";
import { type Bar, barChart, escapeHtml, lineChart, rowChart } from "./charts.ts";
import { amount, cost, drift, duration, failures, moment, nothing, percent, spread } from "./format.ts";
import { style } from "./style.ts";

export function statsPage(report: StatsReport): string {
  const { graphs, models, total, series, live } = report;
  const points = series.points;
  const times = points.map(({ start }) => moment(start));
  const [since, until] = [moment(report.since), moment(report.until)];
  const figures: [string, string][] = [
    ["runs", String(total.runs)],
    ["errors", percent(total.error_rate)],
    ["latency p50 / p95", spread(total.latency_ms)],
    ["first token p50 / p95", spread(total.first_token_ms)],
    ["tokens in / out", `${amount(total.input_tokens)} / ${amount(total.output_tokens)}`],
    ["cost", total.model_calls === 0 ? nothing : cost(total.cost)],
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Signalbox: runs until ${escapeHtml(until)}</title><style>${style}</style></head><body>
<h1>Signalbox</h1>
<p>Runs from ${escapeHtml(since)} to ${escapeHtml(until)} UTC. Now: ${live.pending} pending, ${live.running} running.${report.complete ? "" : " There are more runs than are read: these are the newest."}</p>
<dl>${figures.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join("")}</dl>
<section>
${barChart({
  title: `Runs, each ${stretch(series.step_ms)}`,
  times,
  show: amount,
  series: [
    { name: "ended well", color: "c1", values: points.map(({ runs, errors }) => runs - errors) },
    { name: "failed", color: "bad", values: points.map(({ errors }) => errors) },
  ],
})}
${lineChart({
  title: "Latency",
  times,
  show: (ms) => duration(Math.round(ms)),
  series: [
    { name: "p95", color: "c2", values: points.map(({ latency_ms }) => latency_ms?.p95 ?? null) },
    { name: "p50", color: "c1", values: points.map(({ latency_ms }) => latency_ms?.p50 ?? null) },
  ],
})}
${barChart({
  title: "Tokens",
  times,
  show: amount,
  series: [
    { name: "read", color: "c1", values: points.map(({ input_tokens }) => input_tokens) },
    { name: "written", color: "c2", values: points.map(({ output_tokens }) => output_tokens) },
  ],
})}
${rowChart(
  `Drift (PSI) against the time from ${moment(report.baseline_since)}: lines at 0.1 and 0.25`,
  graphs.flatMap(driftBars),
  { top: 0.5, marks: [0.1, 0.25] },
)}
${rowChart(
  "Tokens by graph, read and written",
  graphs.map((graph) => tokensBar(graph.graph_id, graph)),
)}
${rowChart(
  "Cost by graph, where prices are known",
  graphs.map((graph) => costBar(graph.graph_id, graph, graph.model_calls)),
)}
${rowChart(
  "Tokens by model, read and written",
  models.map((model) => tokensBar(model.model, model)),
)}
${rowChart(
  "Cost by model, where prices are known",
  models.map((model) => costBar(model.model, model, model.calls)),
)}
</section>
<h2>Graphs</h2>
${graphTable(graphs)}
<h2>Models</h2>
${modelTable(models)}
<h2>Tools</h2>
${table(
  ["tool", "graph", "calls", "failed"],
  graphs.flatMap((graph) =>
    graph.tools.map((tool) => [tool.tool, graph.graph_id, `${tool.calls}`, `${tool.failures}`]),
  ),
)}
<h2>Feedback</h2>
${table(
  ["key", "graph", "mean", "scores"],
  graphs.flatMap((graph) =>
    graph.feedback.map(({ key, mean, count }) => [key, graph.graph_id, mean.toFixed(2), `${count}`]),
  ),
)}
<h2>Drift</h2>
${table(
  ["graph", "input length", "routes", "tools"],
  graphs.map((graph) => [
    graph.graph_id,
    drift(graph.drift.input_length),
    drift(graph.drift.routes),
    drift(graph.drift.tools),
  ]),
)}
</body></html>
`;
}

function stretch(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 1_440 ? `${minutes / 60} h` : `${minutes / 1_440} d`;
}

function tokensBar(name: string, { input_tokens, output_tokens }: Tokens): Bar {
  const parts = [
    { value: input_tokens, color: "c1" },
    { value: output_tokens, color: "c2" },
  ];
  return { name, parts, label: `${amount(input_tokens)} / ${amount(output_tokens)}` };
}

function costBar(name: string, figures: Tokens, calls: number): Bar {
  const label = calls === 0 ? nothing : cost(figures.cost);
  return { name, parts: [{ value: figures.cost.dollars ?? 0, color: "c3" }], label };
}

function driftBars({ graph_id, drift: { input_length, routes, tools } }: GraphFigures): Bar[] {
  const bars = (what: string, found: Drift): Bar[] => {
    if (found.psi === null) return [];
    const color = found.verdict === "significant" ? "bad" : found.verdict === "moderate" ? "c2" : "c1";
    return [{ name: `${graph_id}: ${what}`, parts: [{ value: found.psi, color }], label: drift(found) }];
  };
  return [...bars("input length", input_length), ...bars("routes", routes), ...bars("tools", tools)];
}

function graphTable(graphs: readonly GraphFigures[]): string {
  return table(
    ["graph", "runs", "errors", "cancelled", "waiting", "latency", "queue", "first token", "tools failed", "cost"],
    graphs.map((graph) => [
      graph.graph_id,
      String(graph.runs),
      percent(graph.error_rate),
      String(graph.cancelled),
      String(graph.paused),
      spread(graph.latency_ms),
      spread(graph.queue_ms),
      spread(graph.first_token_ms),
      failures(graph.tool_failures, graph.tool_calls),
      graph.model_calls === 0 ? nothing : cost(graph.cost),
    ]),
  );
}

function modelTable(models: readonly ModelFigures[]): string {
  return table(
    ["model", "runs", "calls", "errors", "latency of a call", "first token", "cost"],
    models.map((model) => [
      model.model,
      String(model.runs),
      String(model.calls),
      percent(model.error_rate),
      spread(model.latency_ms),
      spread(model.first_token_ms),
      cost(model.cost),
    ]),
  );
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "<p>None.</p>";
  const cells = (tag: string, values: readonly string[]) =>
    `<tr>${values.map((value) => `<${tag}>${escapeHtml(value)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) => cells("td", row)).join("\n");
  return `<div class="wide"><table>${cells("th", headings)}\n${body}</table></div>`;
}
