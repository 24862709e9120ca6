/** A store of the operator's own in place of the documents in the database: whatever LangChain searches. */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DocumentInterface } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { SignalboxError } from "../errors.ts";
import type { Passage, SearchOptions } from "./passage.ts";

type Search = (query: string, count: number, owner: string) => Promise<[DocumentInterface, number][]>;
type Location = { readonly path: string; readonly name: string };

/** What of the results is left when they are filtered here is as many as were asked for, most likely. */
const surplus = 4;

const loaded = new Map<string, Promise<Search>>();

/**
 * Searches the VectorStore, retriever or function `(query, { limit, owner }) => documents` that a module exports.
 * Source and metadata are filtered here, so that all stores take them.
 * @throws SignalboxError "invalid-configuration" where there is nothing of the kind, and where its search fails
 */
export async function searchOwnStore(
  location: Location,
  owner: string,
  query: string,
  { limit = 5, source, metadata = {} }: SearchOptions,
): Promise<Passage[]> {
  const key = `${location.path}:${location.name}`;
  const opening = loaded.get(key) ?? load(location);
  loaded.set(key, opening);
  opening.catch(() => loaded.delete(key));
  const isFiltered = source !== undefined || Object.keys(metadata).length > 0;
  const asked = await opening;
  const found = await asked(query, isFiltered ? limit * surplus : limit, owner).catch((cause) => {
    throw problem(location, `its search failed: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  });
  const isDocument = (document?: DocumentInterface) => typeof document?.pageContent === "string";
  if (!found.every(([document]) => isDocument(document)))
    throw problem(location, "its search gave something else than documents with a pageContent");
  return found
    .map(([document, score]) => toPassage(document, score))
    .filter((passage) => isAbout(passage, source) && hasAll(passage.metadata, metadata))
    .slice(0, limit);
}

function problem({ path, name }: Location, reason: string, cause?: unknown): SignalboxError {
  return new SignalboxError("invalid-configuration", `RETRIEVER, ${path}:${name}: ${reason}`, { cause });
}

async function load(location: Location): Promise<Search> {
  const { path, name } = location;
  const module: Record<string, unknown> = await import(pathToFileURL(resolve(path)).href).catch((cause) => {
    throw problem(location, cause instanceof Error ? cause.message : String(cause), cause);
  });
  const exported = await module[name];
  if (typeof exported === "function") {
    return async (query, limit, owner) => withScores(await exported(query, { limit, owner }));
  }
  if (isVectorStore(exported)) return (query, limit) => exported.similaritySearchWithScore(query, limit);
  if (isRetriever(exported)) return async (query) => withScores(await exported.invoke(query));
  throw problem(location, "expected a VectorStore, a retriever, or a function that gives documents");
}

function isVectorStore(value: unknown): value is VectorStoreInterface {
  return typeof value === "object" && value !== null && "similaritySearchWithScore" in value;
}

function isRetriever(value: unknown): value is { invoke(query: string): Promise<DocumentInterface[]> } {
  return typeof value === "object" && value !== null && "invoke" in value;
}

/** Documents that come without a score are in the order of their worth, and no more is known of it. */
function withScores(documents: readonly DocumentInterface[]): [DocumentInterface, number][] {
  if (!Array.isArray(documents)) throw new Error("it gave no list of documents");
  return documents.map((document) => [document, 1]);
}

function toPassage({ id, pageContent: text, metadata = {} }: DocumentInterface, score: number): Passage {
  const { source, title, heading, page = metadata.loc?.pageNumber, start = 0, ...others } = metadata;
  const name = String(source ?? title ?? "");
  return {
    id: id ?? createHash("sha256").update(`${name}\n${text}`).digest("hex").slice(0, 32),
    source: name,
    title: String(title ?? name),
    text,
    ...(typeof heading === "string" && { heading }),
    ...(typeof page === "number" && { page }),
    start: Number(start),
    end: Number(start) + text.length,
    score,
    metadata: others,
  };
}

function isAbout(passage: Passage, source = ""): boolean {
  return `${passage.source}\n${passage.title}`.toLowerCase().includes(source.toLowerCase());
}

function hasAll(metadata: Record<string, unknown>, wanted: Record<string, unknown>): boolean {
  return Object.entries(wanted).every(([name, value]) => metadata[name] === value);
}
