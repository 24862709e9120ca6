/** The report for a terminal: the conditions, the figures with their ratios to the floor, the goals. */
import type { Conditions } from "../conditions.ts";
import type { FigureResult, Series } from "../measure.ts";
import type { Goal } from "../rows/row.ts";
import { type SubjectName, subjectNames } from "../subjects/subject.ts";
import type { Report } from "./report.ts";

const titles: Readonly<Record<SubjectName, string>> = { floor: "floor", sqlite: "on SQLite", postgres: "on Postgres" };

export function describeReport({ conditions, rows }: Report): string {
  const figures = rows.flatMap(({ title, figures }) => [[title], ...figures.map(figureCells), []]);
  const goals = rows.flatMap((row) => row.figures.flatMap((figure) => figureGoals(row.name, figure)));
  return [
    ...describeConditions(conditions),
    "",
    ...table([["", ...subjectNames.map((name) => titles[name])], ...figures]),
    "Each: median of the rounds [least - most], and how many times the floor that is.",
    "",
    ...table([["goal", "", "on SQLite", "", "on Postgres", ""], ...goals]),
  ].join("\n");
}

function describeConditions(conditions: Conditions): string[] {
  const { date, commit, node, system, processor, cores, memoryGigabytes, loadBefore, durability, pace } = conditions;
  return [
    `${date}, commit ${commit}, Node ${node}, ${system}`,
    `${processor}, ${cores} cores for servers, database and load together, ${memoryGigabytes} GB`,
    `${pace.rounds} rounds of ${pace.roundMs / 1000} s in turn; load average before ${loadBefore.toFixed(2)}`,
    ...subjectNames.map((name) => `${titles[name]}: ${durability[name]}`),
  ];
}

function figureCells({ name, unit, series }: FigureResult): string[] {
  const cell = ({ median, rounds, timesFloor }: Series, subject: SubjectName) => {
    const spread = `[${short(Math.min(...rounds))} - ${short(Math.max(...rounds))}]`;
    const ratio = subject === "floor" ? "" : ` ${timesFloor.toFixed(2)}x`;
    return `${short(median)} ${spread}${ratio}`;
  };
  return [`  ${name} (${unit})`, ...subjectNames.map((subject) => cell(series[subject], subject))];
}

function figureGoals(row: string, figure: FigureResult): string[][] {
  return figure.goals.map((goal) => [
    `${goal.by}: ${row} ${figure.name}`,
    figure.unit,
    ...verdict(figure, goal, "sqlite"),
    ...verdict(figure, goal, "postgres"),
  ]);
}

function verdict({ better, series }: FigureResult, { bounds }: Goal, subject: keyof Goal["bounds"]): string[] {
  const bound = bounds[subject];
  if (bound === undefined) return ["", ""];
  const value = series[subject].median;
  const met = better === "less" ? value <= bound : value >= bound;
  return [`${short(value)} ${better === "less" ? "<=" : ">="} ${short(bound)}`, met ? "met" : "MISSED"];
}

/** Three significant digits, and no fraction where there are as many before it. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Columns as wide as their widest cell; a line of one cell is a heading and counts for none. */
function table(lines: readonly string[][]): string[] {
  const widths: number[] = [];
  for (const line of lines.filter((line) => line.length > 1)) {
    for (const [column, cell] of line.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
