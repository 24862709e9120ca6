/** A SQLite file that can be read and not written. */
import BetterSqlite3 from "better-sqlite3";

export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface Table {
  readonly name: string;
  /** Each with its type. */
  readonly columns: readonly string[];
}

export interface ReadOnlyDatabase {
  tables(): Promise<readonly Table[]>;
  /**
   * Runs one statement and gives its first `most` rows.
   * @throws Error for a statement that would change anything, or that is several
   */
  select(sql: string, most: number): Promise<Rows>;
}

export function openReadOnlySqlite(path: string): ReadOnlyDatabase {
  const connection = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  connection.pragma("query_only = ON");
  connection.pragma("trusted_schema = OFF");
  connection.defaultSafeIntegers(true);

  return {
    async tables() {
      const rows = connection
        .prepare<[], { name: string; columns: string }>(
          `SELECT t.name AS name, group_concat(trim(c.name || ' ' || c.type), char(10)) AS columns
          FROM sqlite_schema t JOIN pragma_table_info(t.name) c
          WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
          GROUP BY t.name ORDER BY t.name`,
        )
        .all();
      return rows.map(({ name, columns }) => ({ name, columns: columns.split("\n") }));
    },

    async select(sql, most) {
      const statement = connection.prepare<[], unknown[]>(sql);
      if (!statement.readonly || !statement.reader) throw new Error("only statements that read are run");
      const columns = statement.columns().map(({ name }) => name);
      return { columns, rows: Iterator.from(statement.raw(true).iterate()).take(most).toArray() };
    },
  };
}
