/** A Postgres for the time of the bench, as durable as Postgres is by default. */
import pg from "pg";
import { startEmbeddedPostgres } from "../../test/support/embedded-postgres.ts";
import type { Workspace } from "../workspace.ts";

export interface BenchPostgres {
  /** Version and settings, asked of the server itself. */
  readonly durability: string;
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

export async function startPostgres(workspace: Workspace): Promise<BenchPostgres> {
  const postgres = await startEmbeddedPostgres(workspace.folder, {});
  const administrator = new pg.Client({ connectionString: postgres.urlOf("postgres") });
  await administrator.connect();
  let databases = 0;
  return {
    durability: await describeDurability(administrator),
    async createDatabase() {
      databases += 1;
      await administrator.query(`CREATE DATABASE bench_${databases} TEMPLATE template0`);
      return postgres.urlOf(`bench_${databases}`);
    },
    async stop() {
      await administrator.end();
      await postgres.stop();
    },
  };
}

async function describeDurability(client: pg.Client): Promise<string> {
  const names = ["fsync", "synchronous_commit", "full_page_writes"];
  const { rows } = await client.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name = ANY($1) OR name = 'server_version' ORDER BY name",
    [names],
  );
  const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
  return `Postgres ${settings.get("server_version")}: ${names.map((name) => `${name} ${settings.get(name)}`).join(", ")}`;
}
