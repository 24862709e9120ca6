/** The storage seam: all that the rest of Signalbox knows of a database. SQL is written once, for both. */

/** What a statement may bind: no booleans (0/1), no dates (ms), no undefined. `$1` is the first. */
export type Value = string | number | bigint | Uint8Array | null;

export interface Queryable {
  /**
   * Runs one statement and gives its rows (also those of RETURNING). BIGINT columns come back as
   * numbers, BYTEA columns as Uint8Array, the rest as text or null.
   */
  query<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>;
}

/** What a transaction's work has. */
export interface Transaction extends Queryable {
  /**
   * Sends a statement whose rows nobody needs, and does not wait: it goes out with the next one that is waited for, or
   * with the commit. Where it fails, the transaction does.
   */
  send(sql: string, values?: readonly Value[]): void;
}

/** The only words in which the two databases differ, as SQL fragments. */
export interface Dialect {
  /** A predicate: the JSON text in `column` contains the JSON text bound as `parameter` (as Postgres' @> on objects). */
  jsonContains(column: string, parameter: string): string;
  /** A predicate: `column` is one of the texts in the JSON array bound as `parameter`. */
  inList(column: string, parameter: string): string;
  /** Ends a SELECT in a transaction that goes on to change the rows: nobody else changes them until it ends. */
  lockRows: string;
  /** Ends a SELECT inside a statement that holds only while these rows are so: nobody changes them until it ends. */
  shareRows: string;
  /** A predicate: `column` contains the text bound as `parameter`, ignoring ASCII case, with no wildcards. */
  containsText(column: string, parameter: string): string;
  /** A table with one column `value`: the elements of the JSON array bound as `parameter`. */
  elements(parameter: string): string;
  /** The bytes bound as `parameter`, where nothing else in the statement says that they are bytes. */
  bytes(parameter: string): string;
  /** Full-text search in `chunks`; the bound words are letters and digits only. */
  fullText: {
    /** Joins `chunks` to a table of words; what `matches` gives for the same word belongs into the WHERE. */
    join(word: string): string;
    /** A predicate: the chunk has the word that the expression `word` gives. */
    matches(word: string): string;
    /** How much of the word the chunk has, the rarer the more; the expression `rarity` gives how rare it is. */
    rank(rarity: string): string;
  };
  /** A vector that is bound as the text of a JSON array. */
  vector(parameter: string): string;
  /** The cosine of two vectors of length 1, the column's and that bound as `parameter`; NULL of other dimensions. */
  similarity(column: string, parameter: string): string;
}

export interface Database extends Queryable {
  readonly dialect: Dialect;
  /**
   * Runs `work` as one transaction: all of it or, if it throws, none. `work` awaits nothing but `tx`;
   * transactions do not nest. On SQLite one writer runs at a time, first come, first served.
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result> | Result): Promise<Result>;
  close(): Promise<void>;
}

/**
 * A server holds the database against every other server; a client only uses it, and a guest (a command that looks at
 * what a server has stored) makes nothing.
 */
export type DatabaseRole = "server" | "client" | "guest";
