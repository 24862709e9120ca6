/** Signalbox's own README and docs, so that a newcomer's first question about it finds an answer. */
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Database } from "../storage/database.ts";
import { hasFirstIngest, listDocuments, noteFirstIngest } from "../storage/tables/documents.ts";
import type { Place } from "./find-documents.ts";
import { ingestPlaces } from "./ingest.ts";
import { everybody } from "./passage.ts";

const root = new URL("../../", import.meta.url);
/** By whom they are noted: everybody may have others before. No user can have this name. */
const project = "signalbox/";

/**
 * Takes them in for everybody, until they were all there once. After that only those that are still there are brought
 * up to date: what a user removed stays removed.
 */
export async function ingestOwnDocuments(database: Database): Promise<void> {
  const documents = await readdir(new URL("docs/", root));
  const names = ["README.md", ...documents.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  const isFirst = !(await hasFirstIngest(database, project));
  const known = new Set((await listDocuments(database, everybody)).map(({ source }) => source));
  const places = names
    .map(
      (name): Place => ({ source: `${project}${name}`, path: fileURLToPath(new URL(name, root)), withinFolder: false }),
    )
    .filter(({ source }) => isFirst || known.has(source));
  await ingestPlaces(database, places, { owner: everybody });
  if (isFirst) await noteFirstIngest(database, project, Date.now());
}
