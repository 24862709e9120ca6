/** The charts of the report page. */
import type { Estimate } from "../contract.ts";
import { html, type Markup } from "./markup.ts";
import { chart, horizontal, plot, type Tick, ticks, vertical } from "./svg.ts";

export interface Point {
  /** Said when the pointer rests on it. */
  readonly title: string;
  readonly estimate: Estimate;
  /** The run that the page is about. */
  readonly isNow: boolean;
}

const shares: readonly Tick[] = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: `${at * 100}%` }));

function whisker(at: number, y: (value: number) => number, { low, high }: Estimate): Markup {
  return html`<line class="whisker" x1="${at}" x2="${at}" y1="${y(low)}" y2="${y(high)}"/>`;
}

function dot(at: number, height: number, { title, isNow }: Pick<Point, "title" | "isNow">): Markup {
  return html`<circle class="${isNow ? "now" : "before"}" cx="${at}" cy="${height}" r="${isNow ? 4.5 : 3.5}"><title>${title}</title></circle>`;
}

/** Shares with their intervals, run after run. */
export function historyChart(points: readonly Point[]): Markup {
  // Half a place is left free at both ends.
  const x = horizontal(-0.5, points.length - 0.5);
  const y = vertical(0, 1);
  const line = points.map(({ estimate }, index) => `${x(index)},${y(estimate.value)}`).join(" ");
  const marks = points.map(
    (point, index) => html`${whisker(x(index), y, point.estimate)}${dot(x(index), y(point.estimate.value), point)}`,
  );
  const last = points.length - 1;
  const ends = last > 0 ? [{ at: 0, label: "oldest" }] : [];
  return chart(
    "Pass rate with its 95 % interval, run after run",
    { x, y, xTicks: [...ends, { at: last, label: "now" }], yTicks: shares, xLabel: "run", yLabel: "passed" },
    [html`<polyline class="line" points="${line}"/>`, ...marks],
  );
}

/** One bar of the parts that passed, failed, could not be scored, and were skipped; for a cell of a table. */
export function outcomeBar(counts: Readonly<Record<"passed" | "failed" | "errors" | "skipped", number>>): Markup {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const total = parts.reduce((sum, [, count]) => sum + count, 0);
  let from = 0;
  const bars = parts.map(([kind, count]) => {
    const width = (100 * count) / total;
    from += width;
    return html`<rect class="${kind}" x="${(from - width).toFixed(2)}" y="0" width="${width.toFixed(2)}" height="10"/>`;
  });
  const label = parts.map(([kind, count]) => `${count} ${kind}`).join(", ");
  return html`<svg class="outcome" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title>${bars}</svg>`;
}

/** How many of the values, of 0 to 1, lie in each tenth; 1 belongs to the last. */
export function distributionChart(values: readonly number[]): Markup {
  const counts = new Array<number>(10).fill(0);
  for (const value of values) {
    const tenth = Math.min(9, Math.max(0, Math.floor(value * 10 + 1e-9)));
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  const yTicks = ticks(Math.max(...counts)).filter(Number.isInteger);
  const x = horizontal(0, 1);
  const y = vertical(0, yTicks.at(-1) ?? 1);
  const width = (plot.right - plot.left) / 10 - 2;
  const bars = counts.flatMap((count, tenth) => {
    if (count === 0) return [];
    const title = `${count} from ${tenth / 10} to ${(tenth + 1) / 10}`;
    return html`<rect class="bar" x="${x(tenth / 10) + 1}" y="${y(count)}" width="${width}" height="${plot.bottom - y(count)}"><title>${title}</title></rect>`;
  });
  const xTicks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, label: String(at) }));
  const labelled = yTicks.map((at) => ({ at, label: String(at) }));
  return chart(
    "Distribution of the score",
    { x, y, xTicks, yTicks: labelled, xLabel: "score", yLabel: "trials" },
    bars,
  );
}

export interface Spending extends Point {
  /** What a trial took. */
  readonly taken: number;
}

/** What a trial took against how many passed: one point for each run. Up and to the left is better. */
export function spendingChart(points: readonly Spending[], unit: string, text: (taken: number) => string): Markup {
  const xTicks = ticks(Math.max(...points.map(({ taken }) => taken)));
  const x = horizontal(0, xTicks.at(-1) ?? 1);
  const y = vertical(0, 1);
  // The run of the page is drawn last, over those before it.
  const ordered = points.toSorted((one, other) => Number(one.isNow) - Number(other.isNow));
  const marks = ordered.map(
    (point) =>
      html`${whisker(x(point.taken), y, point.estimate)}${dot(x(point.taken), y(point.estimate.value), point)}`,
  );
  const labelled = xTicks.map((at) => ({ at, label: text(at) }));
  return chart(
    "Cost against quality",
    { x, y, xTicks: labelled, yTicks: shares, xLabel: unit, yLabel: "passed" },
    marks,
  );
}

export interface Series {
  readonly name: string;
  /** Milliseconds, in any order. */
  readonly times: readonly number[];
}

/** As many as can be told apart. */
const mostSteps = 200;

/** How many percent of the trials took no longer than so long. */
export function latencyChart(series: readonly Series[], text: (milliseconds: number) => string): Markup {
  const sortedSeries = series.map(({ name, times }) => ({ name, sorted: times.toSorted((one, other) => one - other) }));
  const yTicks = ticks(Math.max(...sortedSeries.map(({ sorted }) => sorted.at(-1) ?? 0)));
  const x = horizontal(0, 100);
  const y = vertical(0, yTicks.at(-1) ?? 1);
  const curves = sortedSeries.map(({ name, sorted }, index) => {
    // Each step is a trial, or so many of them that the page stays small.
    const steps = Math.min(sorted.length, mostSteps);
    const path = Array.from({ length: steps }, (_, at) => {
      const time = percentile(sorted, (100 * (at + 1)) / steps);
      return [`${x((100 * at) / steps)},${y(time)}`, `${x((100 * (at + 1)) / steps)},${y(time)}`];
    }).flat();
    const marked = [50, 95, 99].map((percent) => ({ percent, time: percentile(sorted, percent) }));
    return html`<polyline class="line series-${index}" points="${path.join(" ")}"/>${marked.map(
      ({ percent, time }) =>
        html`<circle class="mark series-${index}" cx="${x(percent)}" cy="${y(time)}" r="3"><title>${name}, p${percent}: ${text(time)}</title></circle>`,
    )}`;
  });
  const xTicks = [0, 25, 50, 75, 95].map((at) => ({ at, label: `p${at}` }));
  const labelled = yTicks.map((at) => ({ at, label: text(at) }));
  return chart(
    "Latency by percentile",
    { x, y, xTicks, yTicks: labelled, xLabel: "percentile of trials", yLabel: "" },
    curves,
  );
}

/** The smallest time that so many percent of the trials do not exceed (nearest rank); 0 for no trials. */
export function percentile(sorted: readonly number[], percent: number): number {
  // 100 x (29 / 100) is a little more than 29.
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length - 1e-9) - 1)] ?? 0;
}
