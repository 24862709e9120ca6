/** The documents of a project's folder, for everybody, under names that do not depend on where the project is. */
import { relative } from "node:path";
import { SignalboxError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import { findDocuments } from "./find-documents.ts";
import { ingestPlaces } from "./ingest.ts";
import { everybody } from "./passage.ts";

/**
 * Takes in what the folder has; each document is named by its path within the project.
 * @throws SignalboxError "unreadable-document" for the first that is broken
 */
export async function ingestProjectDocuments(database: Database, project: string, folder: string): Promise<void> {
  const found = await findDocuments([folder]);
  const places = found.places.map((place) => ({ ...place, source: relative(project, place.source) }));
  const { failed } = await ingestPlaces(database, places, { owner: everybody });
  for (const { source, reason } of [...found.failed, ...failed])
    throw new SignalboxError("unreadable-document", `${source}: ${reason}`);
}
