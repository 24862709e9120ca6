/**
 * Plots without a library. Shapes are SVG that stretches to the page's width; words stand beside them in HTML, so that
 * they keep their size on a phone.
 */

/** Text as HTML, in elements and in attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Values of one kind over time; null where there is none. */
export interface Series {
  readonly name: string;
  /** One of the page's colours. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

interface TimeChart {
  readonly title: string;
  /** The beginnings of the stretches, as people read them. */
  readonly times: readonly string[];
  readonly series: readonly Series[];
  readonly show: (value: number) => string;
}

/** Bars that stand on each other. */
export function barChart({ title, times, series, show }: TimeChart): string {
  const sums = times.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const top = Math.max(...sums, 1);
  const bars = times.flatMap((time, index) => {
    let height = 0;
    return series.map(({ name, color, values }) => {
      const value = values[index] ?? 0;
      height += value;
      if (value === 0) return "";
      const said = `${time}: ${show(value)} ${name}`;
      return `<rect class="${color}" x="${index + 0.08}" width=".84" y="${scaled(top - height, top)}" height="${scaled(value, top)}"><title>${escapeHtml(said)}</title></rect>`;
    });
  });
  return timeFigure({ title, times, series, show }, top, bars.join(""));
}

/** Lines, broken where there is no value. */
export function lineChart({ title, times, series, show }: TimeChart): string {
  const top = Math.max(1, ...series.flatMap(({ values }) => values.filter((value) => value !== null)));
  const shapes = series.flatMap(({ name, color, values }) => {
    const points = values.map((value, index) => (value === null ? null : `${index + 0.5},${scaled(top - value, top)}`));
    const lines = stretches(points).map((line) => `<polyline class="${color}" points="${line.join(" ")}"/>`);
    const dots = points.map((point, index) => {
      if (point === null) return "";
      const [x, y] = point.split(",");
      const said = `${times[index]}: ${name} ${show(values[index] ?? 0)}`;
      return `<path class="${color}" d="M${x} ${y}h0"><title>${escapeHtml(said)}</title></path>`;
    });
    return [...lines, ...dots];
  });
  return timeFigure({ title, times, series, show }, top, shapes.join(""));
}

function timeFigure({ title, times, series, show }: TimeChart, top: number, shapes: string): string {
  const [first = "", last = ""] = [times[0], times.at(-1)];
  const keys = series.map(({ name, color }) => `<span class="key ${color}">${escapeHtml(name)}</span>`).join("");
  return `<figure><figcaption>${escapeHtml(title)} ${keys}</figcaption>
<div class="plot"><div class="scale"><span>${escapeHtml(show(top))}</span><span>${escapeHtml(show(0))}</span></div>
<svg viewBox="0 0 ${times.length} 100" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(title)}">${shapes}</svg></div>
<div class="times"><span>${escapeHtml(first)}</span><span>${escapeHtml(last)}</span></div></figure>`;
}

/** Runs of values without a gap. */
function stretches<Value>(values: readonly (Value | null)[]): Value[][] {
  const found: Value[][] = [[]];
  for (const value of values) {
    if (value === null) found.push([]);
    else found.at(-1)?.push(value);
  }
  return found.filter((stretch) => stretch.length > 1);
}

export interface Bar {
  readonly name: string;
  readonly parts: readonly { readonly value: number; readonly color: string }[];
  /** What stands behind the bar. */
  readonly label: string;
}

/** Lying bars, one under the other. @param marks values to which a thin line is drawn through all of them */
export function rowChart(
  title: string,
  bars: readonly Bar[],
  options: { top?: number; marks?: readonly number[] } = {},
) {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const top = options.top ?? Math.max(...sums, Number.MIN_VALUE);
  const marks = (options.marks ?? []).map((mark) => `<i style="left:${scaled(mark, top)}%"></i>`).join("");
  const rows = bars.map(({ name, parts, label }) => {
    const shapes = parts
      .map(({ value, color }) => `<b class="${color}" style="width:${scaled(value, top)}%"></b>`)
      .join("");
    return `<div class="row"><span>${escapeHtml(name)}</span><div class="bar">${shapes}${marks}</div><span>${escapeHtml(label)}</span></div>`;
  });
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${rows.join("\n") || "<p>No data.</p>"}</figure>`;
}

/** Of a hundred, to three places; 100 at most. */
function scaled(value: number, top: number): number {
  return Math.round(Math.min(1, value / top) * 100_000) / 1_000;
}
