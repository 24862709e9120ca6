/** The records of a dataset's file, each with the line it begins on: JSON lines, CSV and YAML. */
import { csvParseRows } from "d3-dsv";

/** A record as it was written, or why it could not be read. `line` is from 1. */
export type Written = { readonly line: number } & ({ readonly value: unknown } | { readonly mistake: string });

/** What reads a file's text, by the file's extension. */
export const readers: Readonly<Record<string, (text: string) => readonly Written[] | Promise<readonly Written[]>>> = {
  ".jsonl": readJsonLines,
  ".csv": readCsv,
  ".yaml": readYaml,
  ".yml": readYaml,
};

function readJsonLines(text: string): Written[] {
  return text.split("\n").flatMap((written, index) => (written.trim() === "" ? [] : [jsonLine(written, index + 1)]));
}

function jsonLine(written: string, line: number): Written {
  try {
    return { line, value: JSON.parse(written) };
  } catch (error) {
    return { line, mistake: `is not JSON: ${(error as Error).message}` };
  }
}

/** The columns whose cells are JSON; cells of others are text. An empty cell is as if its column were not there. */
const jsonColumns = new Set(["trajectory", "metadata", "before", "resume", "context"]);
const itemColumns = new Set(["id", "input", "expected", "tags", "group", ...jsonColumns]);

/** One item a row under a row of names. `tags` are separated by `;`, unknown columns are metadata. */
function readCsv(text: string): Written[] {
  const lines = firstLines(text);
  const [header = [], ...rows] = csvParseRows(text);
  return rows.flatMap((row, index): Written[] => {
    const line = lines[index + 1] ?? 0;
    if (row.every((cell) => cell.trim() === "")) return [];
    if (row.length !== header.length)
      return [{ line, mistake: `has ${row.length} cells, and the first line ${header.length}` }];
    return [csvRow(header, row, line)];
  });
}

function csvRow(header: readonly string[], row: readonly string[], line: number): Written {
  const value: Record<string, unknown> = {};
  const more: Record<string, unknown> = {};
  for (const [index, column] of header.entries()) {
    const cell = row[index] ?? "";
    if (cell === "") continue;
    if (!itemColumns.has(column)) more[column] = cell;
    else if (column === "tags") value.tags = cell.split(";").map((tag) => tag.trim());
    else if (!jsonColumns.has(column)) value[column] = cell;
    else {
      const read = jsonLine(cell, line);
      if ("mistake" in read) return { line, mistake: `has a cell "${column}" that ${read.mistake}` };
      value[column] = read.value;
    }
  }
  if (Object.keys(more).length > 0) value.metadata = { ...more, ...Object(value.metadata) };
  return { line, value };
}

/** The line on which each row begins: a quoted cell may run over several. A quote within a cell that has none is text. */
function firstLines(text: string): number[] {
  const starts = [1];
  let quoted = false;
  let isAtStart = true;
  let line = 1;
  for (const character of text) {
    if (character === '"' && (quoted || isAtStart)) quoted = !quoted;
    // The quote that ends a cell may be the first of two that stand for one.
    isAtStart = character === "," || character === "\n" || (character === '"' && !quoted);
    if (character !== "\n") continue;
    line++;
    if (!quoted) starts.push(line);
  }
  return starts;
}

/** A list of items. */
async function readYaml(text: string): Promise<Written[]> {
  const { isSeq, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const [error] = document.errors;
  if (error)
    return [{ line: lines.linePos(error.pos[0]).line, mistake: `is not YAML: ${error.message.split("\n")[0]}` }];
  if (document.contents === null) return [];
  if (!isSeq(document.contents)) return [{ line: 1, mistake: "is no list: each item begins with a dash" }];
  return document.contents.items.map((node) => {
    const { range, toJS } = node as { range?: [number, number, number]; toJS?: unknown };
    const value = typeof toJS === "function" ? (node as { toJS(of: unknown): unknown }).toJS(document) : node;
    return { line: lines.linePos(range?.[0] ?? 0).line, value };
  });
}
