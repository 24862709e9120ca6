/** `signalbox ingest` and `signalbox documents`: what the assistant answers from. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { IngestReport } from "../retrieval/ingest.ts";
import type { Database } from "../storage/database.ts";
import { type DatabaseArguments, openClientDatabase } from "./client-database.ts";

interface Arguments extends DatabaseArguments {
  owner?: string;
  metadata?: Record<string, string>;
  json?: boolean;
}

const usageError = 64;

export function addIngestCommand(program: Command): void {
  addOptions(program.command("ingest"))
    .description("take in documents (Markdown, text, HTML, PDF, CSV) for the assistant to answer from")
    .argument("<path or URL...>", "files, folders with all that is in them, and pages of the web")
    .option("--metadata <key=value...>", "kept with each document, to filter by", addPair)
    .action((places: string[], given: Arguments, command: Command) => ingestAll(places, given, command));

  const documents = program.command("documents").description("list or remove the documents that were ingested");
  addOptions(documents.command("list")).description("list them").action(list);
  addOptions(documents.command("remove"))
    .description("remove documents by their source, or all that a folder gave")
    .argument("<source...>", "as `documents list` shows them, or a path")
    .action((sources: string[], given: Arguments, command: Command) => remove(sources, given, command));
}

function addOptions(command: Command): Command {
  return command
    .option("--owner <name>", "the user who may find them; else everybody")
    .option("--json", "as JSON")
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)");
}

function addPair(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("Expected key=value.");
  return { ...before, [key]: value };
}

async function ingestAll(places: readonly string[], given: Arguments, command: Command): Promise<void> {
  const { isUrl } = await import("../retrieval/find-documents.ts");
  for (const place of places) {
    if (isUrl(place) ? URL.canParse(place) : existsSync(place)) continue;
    const advice =
      "name files, folders, or URLs that begin with http; `signalbox documents remove` takes away what was there";
    command.error(`There is no ${place}: ${advice}.`, { exitCode: usageError });
  }
  const { ingest } = await import("../retrieval/ingest.ts");
  const { createProgress } = await import("./progress.ts");
  const report = await withDatabase(
    given,
    async (database, owner) => {
      let progress: ReturnType<typeof createProgress> | undefined;
      const onProgress = (done: number, total: number, source: string) => {
        progress ??= createProgress("Ingesting", total);
        progress.show(done, source);
      };
      try {
        return await ingest(database, places, { owner, metadata: given.metadata, onProgress });
      } finally {
        progress?.end();
      }
    },
    "made",
  );
  for (const { source, reason } of report.failed) process.stderr.write(`${source}: ${reason}\n`);
  process.stdout.write(given.json ? `${JSON.stringify(report)}\n` : summary(report));
  if (report.failed.length > 0) process.exitCode = 1;
}

function summary({ added, changed, unchanged, removed, failed, skipped, chunks }: IngestReport): string {
  const counts = [
    `${added.length} added`,
    `${changed.length} changed`,
    `${unchanged} unchanged`,
    `${removed.length} removed`,
    `${failed.length} failed`,
  ];
  const lines = [`${counts.join(", ")}; ${chunks} new chunks.`];
  if (removed.length > 0) lines.push(`Removed, since their files are gone: ${shortened(removed)}.`);
  for (const [reason, sources] of Map.groupBy(skipped, (each) => each.reason))
    lines.push(`Left out, since ${reason}: ${shortened(sources.map(({ source }) => source))}.`);
  if (added.length + changed.length + unchanged + failed.length === 0) lines.push("There was no document to ingest.");
  return `${lines.join("\n")}\n`;
}

/** The first few, and how many more. */
function shortened(sources: readonly string[]): string {
  const shown = sources.slice(0, 3).join(", ");
  return sources.length > 3 ? `${shown} and ${sources.length - 3} more` : shown;
}

async function list(given: Arguments): Promise<void> {
  const { listDocuments } = await import("../storage/tables/documents.ts");
  const documents = await withDatabase(given, listDocuments);
  const shown = documents.map(({ source, title, chunks, metadata, updated_at }) => ({
    source,
    title,
    chunks,
    metadata,
    updated_at: new Date(updated_at).toISOString(),
  }));
  const lines = shown.map(({ source, title, chunks }) => `${source}  ${countOf(chunks)}  ${title}\n`);
  process.stdout.write(given.json ? `${JSON.stringify(shown)}\n` : lines.join("") || "There are no documents.\n");
}

function countOf(chunks: number): string {
  return chunks === 1 ? "1 chunk" : `${chunks} chunks`;
}

async function remove(sources: readonly string[], given: Arguments, command: Command): Promise<void> {
  const { deleteDocument, listDocuments } = await import("../storage/tables/documents.ts");
  const removed = await withDatabase(given, async (database, owner) => {
    const documents = await listDocuments(database, owner);
    const named = (source: string) =>
      sources.some((name) =>
        [name, resolve(name)].some((each) => source === each || source.startsWith(`${each.replace(/\/$/, "")}/`)),
      );
    const found = documents.filter(({ source }) => named(source));
    for (const { document_id } of found) await deleteDocument(database, owner, document_id);
    return found.map(({ source }) => source);
  });
  if (removed.length === 0)
    command.error("No document has such a source; `signalbox documents list` shows them.", { exitCode: usageError });
  process.stdout.write(given.json ? `${JSON.stringify({ removed })}\n` : `${removed.length} removed.\n`);
}

async function withDatabase<Result>(
  given: Arguments,
  work: (database: Database, owner: string) => Promise<Result>,
  missing?: "made",
): Promise<Result> {
  const { everybody } = await import("../retrieval/passage.ts");
  const database = await openClientDatabase(given, missing);
  try {
    return await work(database, given.owner ?? everybody);
  } finally {
    await database.close();
  }
}
