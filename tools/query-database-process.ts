/** The process that query-database.ts starts: it runs one statement and writes the rows as a table. */
import type { DatabaseSettings } from "../src/config.ts";
import { openReadOnlyPostgres } from "./shared/read-only-postgres.ts";
import { openReadOnlySqlite, type ReadOnlyDatabase, type Rows } from "./shared/read-only-sqlite.ts";
import { answerWith } from "./shared/separate-process.ts";

export interface Question {
  readonly database: DatabaseSettings;
  /** Without one the tables are listed. */
  readonly sql?: string | undefined;
}

const mostRows = 100;
const mostCharacters = 20_000;
const longestValue = 500;
/** Together they are in the server's database and in no other. */
const serverTables = ["assistant_versions", "checkpoint_writes", "idempotency_keys"];

answerWith((question) => answer(question as Question));

async function answer({ database: settings, sql }: Question): Promise<string> {
  const database =
    settings.kind === "sqlite" ? openReadOnlySqlite(settings.path) : await openReadOnlyPostgres(settings.url);
  const tables = await database.tables();
  // For the same database under another name; the same name is refused at the start already.
  if (serverTables.every((name) => tables.some((table) => table.name.split(".").at(-1) === name))) {
    throw new Error("it is the database of Signalbox itself, which is not to be queried");
  }
  if (sql === undefined) return listing(tables);
  return table(await select(database, sql));
}

async function select(database: ReadOnlyDatabase, sql: string): Promise<Rows> {
  const [, keyword = ""] = /^(?:\s|\(|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(\w*)/.exec(sql) ?? [];
  if (!["SELECT", "WITH", "VALUES"].includes(keyword.toUpperCase())) {
    throw new Error(`only SELECT statements are run, and this begins with "${keyword}"`);
  }
  return database.select(sql.replace(/[\s;]+$/, ""), mostRows + 1);
}

function listing(tables: Awaited<ReturnType<ReadOnlyDatabase["tables"]>>): string {
  const lines = tables.map(({ name, columns }) => `${name}(${columns.join(", ")})`);
  const text = lines.join("\n");
  if (text.length <= mostCharacters) return text || "There are no tables.";
  return `${text.slice(0, mostCharacters)}…\n[There are ${lines.length} tables; these are the first.]`;
}

function table({ columns, rows }: Rows): string {
  const lines = [columns, columns.map(() => "---")].map(line);
  let length = lines.join("\n").length;
  let shown = 0;
  for (const row of rows.slice(0, mostRows)) {
    const text = line(row.map(worded));
    length += text.length + 1;
    if (length > mostCharacters) break;
    lines.push(text);
    shown++;
  }
  const isWhole = shown === rows.length;
  const note = isWhole ? `[${shown} rows]` : `[The first ${shown} rows. Ask for fewer columns, or go on with OFFSET.]`;
  return `${lines.join("\n")}\n${note}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s*\n\s*/g, " ")).join(" | ")} |`;
}

function worded(value: unknown): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  const text = String(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
