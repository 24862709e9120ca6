/** What `npm run bench` can be asked for. */
import { parseArgs } from "node:util";
import type { Row } from "./rows/row.ts";
import { rows } from "./rows/rows.ts";

export interface BenchOptions {
  readonly rows: readonly Row[];
  /** Print JSON instead of the table. */
  readonly json: boolean;
  readonly pace: Pace;
}

export interface Pace {
  /** How often each row is measured on each server; the median counts. */
  readonly rounds: number;
  readonly roundMs: number;
  /** Load before the first round of a row, so that its code is compiled. */
  readonly warmUpMs: number;
}

const paces = {
  full: { rounds: 5, roundMs: 2_000, warmUpMs: 2_000 },
  /** Shows that everything works; its figures mean little. */
  quick: { rounds: 1, roundMs: 300, warmUpMs: 300 },
} as const satisfies Record<string, Pace>;

const names = rows.map((row) => row.name).join(", ");

export const usage = `npm run bench -- [--only ROW]... [--quick] [--json]
Rows: ${names}`;

/** @throws Error for a word that is not an option, or a row that does not exist */
export function readOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const unknown = values.only?.find((name) => !rows.some((row) => row.name === name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there is no such row; the rows are ${names}.`);
  return {
    rows: rows.filter((row) => values.only?.includes(row.name) ?? true),
    json: values.json,
    pace: values.quick ? paces.quick : paces.full,
  };
}
