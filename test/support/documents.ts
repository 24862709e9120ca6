/** Documents for tests: texts that are ingested into a server's database beside it, as the command does. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { ingest } from "../../src/retrieval/ingest.ts";
import { openDatabase } from "../../src/storage/open.ts";

/**
 * @param databaseUrl the server's
 * @param owner whose documents they are; "local" where the server has no API keys
 * @param texts by the names of their files
 * @param metadata of all of them
 */
export async function ingestTexts(
  databaseUrl: string,
  owner: string,
  texts: Record<string, string>,
  metadata?: Record<string, string>,
): Promise<void> {
  const folder = await makeDocumentFolder();
  try {
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
    await ingestPaths(
      databaseUrl,
      owner,
      Object.keys(texts).map((name) => join(folder, name)),
      metadata,
    );
  } finally {
    await removeDocumentFolder(folder);
  }
}

/** A new folder whose name is always the same: a search knows it too, and must not find what chance has put there. */
export async function makeDocumentFolder(): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "signalbox-test-")), "documents");
  await mkdir(folder);
  return folder;
}

export async function removeDocumentFolder(folder: string): Promise<void> {
  await rm(dirname(folder), { recursive: true });
}

/** The same for files that are there. */
export async function ingestPaths(
  databaseUrl: string,
  owner: string,
  paths: readonly string[],
  metadata?: Record<string, string>,
): Promise<void> {
  const { database: settings } = readConfig({ DATABASE_URL: databaseUrl });
  const database = await openDatabase(settings, { role: "client" });
  try {
    const { failed } = await ingest(database, paths, { owner, metadata });
    if (failed.length > 0) throw new Error(`not ingested: ${JSON.stringify(failed)}`);
  } finally {
    await database.close();
  }
}
