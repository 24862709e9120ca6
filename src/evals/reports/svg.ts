/** The frame of a chart: scales, ticks and axes, as inline SVG that takes its colours from the page. */
import { html, type Markup } from "./markup.ts";

/** Charts have one size, in their own units; the page stretches them to the width of their card. */
const size = { width: 360, height: 200 };
const margin = { left: 44, right: 12, top: 10, bottom: 34 };
export const plot = {
  left: margin.left,
  right: size.width - margin.right,
  top: margin.top,
  bottom: size.height - margin.bottom,
};

/** Maps [from, to] to a stretch of the plot. A range without an extent maps to its middle. */
export interface Scale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

export function horizontal(from: number, to: number): Scale {
  return scale(from, to, plot.left, plot.right);
}

export function vertical(from: number, to: number): Scale {
  return scale(from, to, plot.bottom, plot.top);
}

function scale(from: number, to: number, start: number, end: number): Scale {
  const place = (value: number) => {
    const share = to === from ? 0.5 : (value - from) / (to - from);
    return Math.round((start + share * (end - start)) * 10) / 10;
  };
  return Object.assign(place, { from, to });
}

/** Round numbers from 0 up to the first that is not below `most`: 3 to 6 of them, in steps of 1, 2 or 5 of a power of ten. */
export function ticks(most: number): number[] {
  if (!(most > 0) || !Number.isFinite(most)) return [0, 1];
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  // Multiplied, not added up: ten times 0.1 is not 1.
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(12)),
  );
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A whole chart: lines across at the ticks, their labels, and the marks on top. `label` is what a screen reader says. */
export function chart(label: string, { x, y, xTicks, yTicks, xLabel, yLabel }: Axes, marks: readonly Markup[]): Markup {
  const across = yTicks.map(
    (tick) => html`<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y(tick.at)}" y2="${y(tick.at)}"/>
<text x="${plot.left - 5}" y="${y(tick.at) + 3.5}" text-anchor="end">${tick.label}</text>`,
  );
  const along = xTicks.map((tick) => {
    // A label at the right end stays within the chart.
    const anchor = x(tick.at) >= plot.right - 1 ? "end" : "middle";
    return html`<text x="${x(tick.at)}" y="${plot.bottom + 13}" text-anchor="${anchor}">${tick.label}</text>`;
  });
  return html`<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">
${across}${along}
<text class="axis" x="${(plot.left + plot.right) / 2}" y="${size.height - 5}" text-anchor="middle">${xLabel}</text>
<text class="axis" transform="translate(9 ${(plot.top + plot.bottom) / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>
${marks}</svg>`;
}
