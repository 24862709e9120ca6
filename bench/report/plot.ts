/**
 * The report as one SVG: how far each figure lies from the floor, every round a dot, the median a bar.
 * Rates are turned over, so that right is always slower, on a scale on which each line is twice the one before.
 */
import type { FigureResult, Series } from "../measure.ts";
import { type SubjectName, subjectNames } from "../subjects/subject.ts";
import type { Report } from "./report.ts";

const colours: Readonly<Record<SubjectName, string>> = { floor: "#777777", sqlite: "#1f77b4", postgres: "#d6741b" };
const width = 960;
const labelWidth = 330;
const lineHeight = 22;
const headHeight = 64;

export function drawReport({ conditions, rows }: Report): string {
  const lines = rows.flatMap((row) =>
    row.figures.map((figure) => ({ label: `${row.name}: ${figure.name}`, costs: costsOf(figure) })),
  );
  const highest = Math.max(2, ...lines.flatMap(({ costs }) => costs.flatMap(({ rounds }) => rounds)));
  const lowest = Math.min(0.5, ...lines.flatMap(({ costs }) => costs.flatMap(({ rounds }) => rounds)));
  const octaves = { from: Math.floor(Math.log2(lowest)), to: Math.ceil(Math.log2(highest)) };
  const place = (cost: number) =>
    labelWidth + ((Math.log2(cost) - octaves.from) / (octaves.to - octaves.from)) * (width - labelWidth - 30);
  const height = headHeight + lines.length * lineHeight + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="10" y="20" font-weight="bold">Times the floor: right is slower</text>`,
    `<text x="10" y="40" fill="#555555">${conditions.date}, commit ${conditions.commit}, Node ${conditions.node}</text>`,
    ...subjectNames.map((name, index) => legend(name, labelWidth + 110 * index)),
    ...grid(octaves, place, height),
    ...lines.flatMap(({ label, costs }, index) =>
      drawLine(label, costs, headHeight + (index + 0.6) * lineHeight, place),
    ),
    "</svg>",
    "",
  ].join("\n");
}

interface Costs {
  subject: SubjectName;
  rounds: number[];
  median: number;
}

/** As multiples of the floor's median. */
function costsOf({ better, series }: FigureResult): Costs[] {
  const floor = series.floor.median;
  const cost = (value: number) => (better === "less" ? value / floor : floor / value);
  return subjectNames.map((subject) => {
    const { rounds, median }: Series = series[subject];
    return { subject, rounds: rounds.map(cost), median: cost(median) };
  });
}

function legend(name: SubjectName, x: number): string {
  return `<circle cx="${x}" cy="16" r="5" fill="${colours[name]}"/><text x="${x + 10}" y="20">${name}</text>`;
}

function grid(octaves: { from: number; to: number }, place: (cost: number) => number, height: number): string[] {
  const count = octaves.to - octaves.from + 1;
  return Array.from({ length: count }, (_, index) => 2 ** (octaves.from + index)).map((cost) => {
    const x = place(cost).toFixed(1);
    const colour = cost === 1 ? "#777777" : "#dddddd";
    const line = `<line x1="${x}" x2="${x}" y1="${headHeight}" y2="${height - 10}" stroke="${colour}"/>`;
    return `${line}<text x="${x}" y="${headHeight - 6}" text-anchor="middle" fill="#555555">${cost}x</text>`;
  });
}

function drawLine(label: string, costs: readonly Costs[], y: number, place: (cost: number) => number): string[] {
  const marks = costs.flatMap(({ subject, rounds, median }) => [
    ...rounds.map(
      (cost) => `<circle cx="${place(cost).toFixed(1)}" cy="${y}" r="3" fill="${colours[subject]}" opacity="0.4"/>`,
    ),
    `<rect x="${(place(median) - 1.5).toFixed(1)}" y="${y - 8}" width="3" height="16" fill="${colours[subject]}"/>`,
  ]);
  return [`<text x="10" y="${y + 4}">${label}</text>`, ...marks];
}
