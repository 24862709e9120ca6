/** A Postgres database over a connection that can read and not write. */
import pg from "pg";
import type { ReadOnlyDatabase } from "./read-only-sqlite.ts";

const connectionMs = 5_000;
const statementMs = 5_000;

/** Every value as Postgres writes it: nothing is lost, and nothing depends on this machine's time zone. */
const asText: pg.CustomTypesConfig = { getTypeParser: () => String };

/**
 * Connects, and begins the one transaction that this connection will ever have: read-only, which Postgres lets nobody
 * change once it has read something.
 */
export async function openReadOnlyPostgres(url: string): Promise<ReadOnlyDatabase> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "signalbox query_database",
    connectionTimeoutMillis: connectionMs,
    types: asText,
  });
  await client.connect();
  await client.query("SET default_transaction_read_only = on");
  await client.query(`SET statement_timeout = ${statementMs}`);
  await client.query("BEGIN TRANSACTION READ ONLY");

  return {
    async tables() {
      const { rows } = await client.query<{ name: string; columns: string }>(
        `SELECT CASE WHEN table_schema = current_schema() THEN '' ELSE table_schema || '.' END || table_name AS name,
          string_agg(column_name || ' ' || data_type, E'\\n' ORDER BY ordinal_position) AS columns
        FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
        GROUP BY table_schema, table_name ORDER BY 1`,
      );
      return rows.map(({ name, columns }) => ({ name, columns: columns.split("\n") }));
    },

    async select(sql, most) {
      // A cursor takes nothing but a query, and the extended protocol takes nothing but one statement.
      const declaration = { text: `DECLARE answer NO SCROLL CURSOR FOR ${sql}`, queryMode: "extended" };
      await client.query(declaration);
      const { fields, rows } = await client.query<unknown[]>({ text: `FETCH ${most} FROM answer`, rowMode: "array" });
      return { columns: fields.map(({ name }) => name), rows };
    },
  };
}
