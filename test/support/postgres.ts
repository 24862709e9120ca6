/** Vitest's global setup: one real Postgres for the whole run, thrown away at its end. */
import { tmpdir } from "node:os";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The superuser's URL, of the database `postgres`. */
    postgresUrl: string;
  }
}

let stop = async () => {};

export async function setup(project: TestProject): Promise<void> {
  // Root's own temporary folder may be closed to others.
  const parent = process.getuid?.() === 0 ? "/tmp" : tmpdir();
  const postgres = await startEmbeddedPostgres(parent, {
    max_connections: 200,
    // The data is thrown away: it need not survive a power cut.
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    wal_level: "minimal",
    max_wal_senders: 0,
  });
  stop = () => postgres.stop();
  project.provide("postgresUrl", postgres.urlOf("postgres"));
}

export async function teardown(): Promise<void> {
  await stop();
}
