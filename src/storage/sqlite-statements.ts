/** Prepared statements of SQLite by their text, with `$1` for the first value as on Postgres. */
import type { Database as Connection, Statement } from "better-sqlite3";
import type { Value } from "./database.ts";
import { assertBindable } from "./values.ts";

export interface PreparedStatement {
  readonly readonly: boolean;
  /** Runs on the writing connection. */
  write<Row>(values: readonly Value[]): Row[];
  /** Runs on the reading connection, which sees only what is committed. */
  read<Row>(values: readonly Value[]): Row[];
}

/** How many statements are kept; the texts are constants of the code, in a few lengths each. */
const capacity = 1000;

export function createStatements(writer: Connection, reader: Connection) {
  const prepared = new Map<string, PreparedStatement>();
  return {
    get(sql: string): PreparedStatement {
      let statement = prepared.get(sql);
      if (statement) return statement;
      statement = prepare(sql, writer, reader);
      const oldest = prepared.keys().next();
      if (prepared.size >= capacity && !oldest.done) prepared.delete(oldest.value);
      prepared.set(sql, statement);
      return statement;
    },
  };
}

function prepare(sql: string, writer: Connection, reader: Connection): PreparedStatement {
  const { text, order } = positional(sql);
  const writing = writer.prepare(text);
  let reading: Statement | undefined;
  const arranged = (values: readonly Value[]) => (order ? order.map((index) => values[index]) : values);

  const run = <Row>(statement: Statement, values: readonly Value[]): Row[] => {
    assertBindable(values);
    // Statements know nothing of the shape of their rows: that is the caller's word.
    if (statement.reader) return statement.all(arranged(values)) as Row[];
    statement.run(arranged(values));
    return [];
  };

  return {
    readonly: writing.readonly,
    write: (values) => run(writing, values),
    read(values) {
      reading ??= reader.prepare(text);
      return run(reading, values);
    },
  };
}

/**
 * The driver binds `$1` by name and `?` by position, which is faster. The plus does nothing, but hides the parameter
 * from SQLite's planner, which else looks at its value, and prepares many a statement anew for every call (one with
 * `WHERE a = ? ORDER BY b` takes six times as long). `order` has, for each `?`, the index of its value, and is missing
 * where that is simply 0, 1, 2 …
 */
function positional(sql: string): { text: string; order?: number[] } {
  const order: number[] = [];
  const text = sql.replace(/'[^']*'|"[^"]*"|--[^\n]*|\$(\d+)/g, (matched, number?: string) => {
    if (number === undefined) return matched;
    order.push(Number(number) - 1);
    return "+?";
  });
  return order.every((index, place) => index === place) ? { text } : { text, order };
}
