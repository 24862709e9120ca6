/**
 * Takes documents into the database: each as one transaction, and only if it, or how it is taken in, has changed.
 *
 *   place ─▶ read ─▶ the same as before? ─no─▶ extract ─▶ chunk ─▶ embed, if configured ─▶ replace
 */
import { createHash } from "node:crypto";
import { basename, sep } from "node:path";
import { isSignalboxError } from "../errors.ts";
import type { Database } from "../storage/database.ts";
import {
  type DocumentRecord,
  deleteDocument,
  listDocuments,
  markWithinFolder,
  replaceDocument,
} from "../storage/tables/documents.ts";
import { chunk } from "./chunk.ts";
import { type Embeddings, openEmbeddings } from "./embeddings.ts";
import { type Found, findDocuments, type Omission, type Place } from "./find-documents.ts";
import { extract } from "./formats.ts";
import { type Content, readContent } from "./read.ts";
import { words } from "./words.ts";

export interface IngestReport {
  /** Sources, as in `Passage.source`. */
  added: string[];
  changed: string[];
  unchanged: number;
  /** Those that a folder no longer has. */
  removed: string[];
  /** What was broken, with its reason; of a document that was ingested before, that version stays. */
  failed: Omission[];
  /** What was no document. */
  skipped: Omission[];
  /** Of those that were added or changed. */
  chunks: number;
}

export interface IngestOptions {
  readonly owner: string;
  /** Kept with each document, to filter by. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Told after each document. */
  onProgress?(done: number, total: number, source: string): void;
}

/** To be raised when extraction, chunks or words change, so that the next ingest does all documents anew. */
const version = 1;
/** Documents that are worked on at once: while one is read or embedded, another is stored. */
const atOnce = 4;

/**
 * @param named paths, which must exist, and http(s) URLs
 * @throws SignalboxError "model-failed", or of the database; whole documents stay, and the next ingest goes on
 */
export async function ingest(
  database: Database,
  named: readonly string[],
  options: IngestOptions,
): Promise<IngestReport> {
  const found = await findDocuments(named);
  const report = await ingestPlaces(database, found.places, options, await openEmbeddings("documents"));
  report.failed.unshift(...found.failed);
  report.skipped.push(...found.skipped);
  report.removed.push(...(await removeVanished(database, options.owner, found)));
  return report;
}

/** The same for documents whose places are known, none of which is removed. */
export async function ingestPlaces(
  database: Database,
  places: readonly Place[],
  { owner, metadata = {}, onProgress }: IngestOptions,
  embeddings?: Embeddings,
): Promise<IngestReport> {
  const report: IngestReport = {
    added: [],
    changed: [],
    unchanged: 0,
    removed: [],
    failed: [],
    skipped: [],
    chunks: 0,
  };
  const known = new Map((await listDocuments(database, owner)).map((document) => [document.source, document]));
  const waiting = places.values();
  let done = 0;
  const work = async () => {
    for (const place of waiting) {
      const before = known.get(place.source);
      try {
        const stored = await ingestPlace(database, { owner, place, metadata, before, embeddings });
        if (stored === undefined) report.unchanged++;
        else (before ? report.changed : report.added).push(place.source);
        report.chunks += stored ?? 0;
      } catch (error) {
        if (!isOfDocument(error)) throw error;
        report.failed.push({ source: place.source, reason: error.message });
      }
      onProgress?.(++done, places.length, place.source);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return report;
}

interface Task {
  readonly owner: string;
  readonly place: Place;
  readonly metadata: Readonly<Record<string, string>>;
  /** What is in the database of it. */
  readonly before: DocumentRecord | undefined;
  readonly embeddings: Embeddings | undefined;
}

/** @returns how many chunks were stored; undefined where nothing had changed */
async function ingestPlace(database: Database, task: Task): Promise<number | undefined> {
  const { owner, place, metadata, before, embeddings } = task;
  const content = await readContent(place);
  const fingerprint = fingerprintOf(content, metadata);
  const isEmbedded = embeddings === undefined || before?.embedding_model === embeddings.model;
  if (before?.fingerprint === fingerprint && isEmbedded) {
    if (place.withinFolder && !before.within_folder) await markWithinFolder(database, owner, before.document_id);
    return undefined;
  }
  const extracted = await extract(content.bytes, new URL(place.source, "file:").pathname, content.contentType);
  const title = extracted.title || basename(place.source);
  const chunks = await chunk(extracted);
  const vectors = await embeddings?.embedTexts(chunks.map(({ text, heading = "" }) => `${title}\n${heading}\n${text}`));
  // The folder says what a file is about as often as the file's own name does.
  const name = place.source.split("/").slice(-2).join(" ");
  const now = Date.now();
  await replaceDocument(
    database,
    owner,
    {
      document_id: hashOf(place.source).slice(0, 32),
      source: place.source,
      title,
      metadata,
      within_folder: place.withinFolder || before?.within_folder ? 1 : 0,
      fingerprint,
      embedding_model: embeddings?.model ?? null,
      chunks: chunks.length,
      created_at: now,
      updated_at: now,
    },
    chunks.map(({ text, start, end, heading = null, page = null }, position) => ({
      heading,
      page,
      start_offset: start,
      end_offset: end,
      text,
      title_words: words(`${name} ${title} ${heading ?? ""}`).join(" "),
      words: words(text).join(" "),
      ...(vectors?.[position] && { vector: vectors[position] }),
    })),
  );
  return chunks.length;
}

/** A file that is gone takes its document along, if it came with a folder; not from where nobody could look. */
async function removeVanished(database: Database, owner: string, { folders, places, failed }: Found) {
  if (folders.length === 0) return [];
  const there = new Set(places.map(({ source }) => source));
  const within = (folder: string, source: string) => source === folder || source.startsWith(`${folder}${sep}`);
  const vanished = (await listDocuments(database, owner)).filter(
    ({ source, within_folder }) =>
      within_folder === 1 &&
      folders.some((folder) => within(folder, source)) &&
      !there.has(source) &&
      !failed.some((unseen) => within(unseen.source, source)),
  );
  for (const { document_id } of vanished) await deleteDocument(database, owner, document_id);
  return vanished.map(({ source }) => source);
}

function isOfDocument(error: unknown): error is Error {
  return (
    isSignalboxError(error, "unreadable-document") ||
    isSignalboxError(error, "unrepresentable-value") ||
    (isSignalboxError(error) && error.code.startsWith("outgoing-"))
  );
}

function fingerprintOf({ bytes, contentType }: Content, metadata: object): string {
  const content = hashOf(bytes);
  return hashOf(JSON.stringify([version, content, contentType, Object.entries(metadata).sort()]));
}

function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
