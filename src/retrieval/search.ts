/**
 * Finds the passages of documents that say something about a question, or none.
 *
 *   question ─┬▶ its words, weighed by how rare they are ─▶ chunks that have them ─┬▶ by reciprocal rank ─▶ passages
 *             └▶ its vector, where embeddings are configured ─▶ nearest chunks ────┘
 */
import { currentConfig } from "../config.ts";
import { isSignalboxError, SignalboxError } from "../errors.ts";
import {
  type ChunkKey,
  type ChunkRecord,
  countChunks,
  countMatches,
  matchChunks,
  nearestChunks,
  readChunks,
  type Searched,
} from "../storage/tables/chunks.ts";
import { synonymsOf } from "../words/synonyms.ts";
import { documentsDatabase } from "./connection.ts";
import { openEmbeddings } from "./embeddings.ts";
import { everybody, type Passage, type SearchOptions } from "./passage.ts";
import { createRanking } from "./ranking.ts";
import { terms } from "./words.ts";

/** A chunk that one way of searching has found; `score` as in Passage. */
interface Hit extends ChunkKey {
  score: number;
}

/** A chunk, or several that follow one another, up to the position `last`. */
type FoundChunk = ChunkRecord & { score: number; last?: number };

const usualLimit = 5;
/** What either way of searching hands on. */
const candidates = 100;
/** So many hits are looked at for one passage: some of them are neighbours. */
const surplus = 4;
/** In characters. */
const longestPassage = 3_200;
/** From so many on, words that most of them have are left out. */
const manyChunks = 1_000;
/** What a synonym is worth beside the word itself. */
const synonymWorth = 0.8;
/** What it is worth that a chunk has a word at all, beside how it has it. */
const breadth = 2;
/** Passages with a lower score say nothing about the question. */
const leastScore = 0.25;
/** Neither does what has so much less of it than the best. */
const leastOfBest = 0.4;
/** The constant of reciprocal rank fusion: how little the first few ranks differ. */
const rankOffset = 60;

/**
 * Searches an owner's documents and everybody's, or the store that RETRIEVER names in their place.
 * @returns the best first; empty where nothing is about the question
 * @throws SignalboxError "invalid-configuration"; embeddings that fail are `onProblem`'s
 */
export async function searchDocuments(owner: string, query: string, options: SearchOptions = {}): Promise<Passage[]> {
  const { retriever } = currentConfig().retrieval;
  if (!retriever) return searchDatabase(await documentsDatabase(), owner, query, options);
  const { searchOwnStore } = await import("./own-store.ts");
  return searchOwnStore(retriever, owner, query, { limit: usualLimit, ...options });
}

/** searchDocuments in the documents of a database. */
export async function searchDatabase(
  database: Searched,
  owner: string,
  query: string,
  { limit = usualLimit, source, metadata, onProblem }: SearchOptions = {},
): Promise<Passage[]> {
  const owners = [owner, everybody];
  const filter = { limit: candidates, ...(source && { source }), ...(metadata && { metadata }) };
  const [byWords, byMeaning] = await Promise.all([
    findByWords(database, owners, query, filter),
    findByMeaning(database, owners, query, filter).catch((error: unknown) => {
      if (!isSignalboxError(error, "model-failed")) throw error;
      onProblem?.(error.message);
      return [];
    }),
  ]);
  const hits = fused([byWords, byMeaning]).slice(0, limit * surplus);
  const scores = new Map(hits.map((hit) => [nameOf(hit), hit.score]));
  const found = (await readChunks(database, hits)).map((chunk) => ({
    ...chunk,
    score: scores.get(nameOf(chunk)) ?? 0,
  }));
  return joinNeighbours(found).slice(0, limit).map(toPassage);
}

type Filter = Parameters<typeof matchChunks>[3];

async function findByWords(database: Searched, owners: readonly string[], query: string, filter: Filter) {
  const asked = terms(query).map((word): [string, ...string[]] => [word, ...synonymsOf(word)]);
  if (asked.length === 0) return [];
  const [total, matches] = await Promise.all([
    countChunks(database, owners),
    countMatches(database, owners, [...new Set(asked.flat())]),
  ]);
  const countOf = (word: string) => Math.min(total, matches.get(word) ?? 0);
  // As in BM25: a word that few chunks have says much, and one that none has says most about what is missing.
  const rarity = (word: string) => Math.log(1 + (total - countOf(word) + 0.5) / (countOf(word) + 0.5));
  // A word of most of many chunks says next to nothing, and takes longest to look up.
  const isTelling = (word: string) => total < manyChunks || countOf(word) <= total / 2;
  const telling = asked.filter(([word]) => isTelling(word));
  const sought = telling.length > 0 ? telling : asked;
  const weighted = sought.flatMap(([word, ...others], term) => [
    { term, word, rarity: rarity(word), worth: 1 },
    ...others
      .filter(isTelling)
      .map((other) => ({ term, word: other, rarity: Math.min(rarity(word), rarity(other)), worth: synonymWorth })),
  ]);
  const there = weighted.filter(({ word }) => matches.has(word));
  const mostOf = (term: number) =>
    Math.max(0, ...there.filter((each) => each.term === term).map(({ rarity, worth }) => rarity * worth));
  const whole = sought.reduce((sum, [word], term) => sum + (mostOf(term) || rarity(word)), 0);
  const weightOf = createRanking(there);
  const found = await matchChunks(database, owners, there, filter);
  const least = Math.max(leastScore, (leastOfBest / whole) * Math.max(...found.map(({ covered }) => covered)));
  return found
    .map(({ covered, title_words, words, ...key }) => ({
      ...key,
      score: covered / whole,
      // Rounded, since the order in which weights are added up makes no difference.
      weight: Math.round(1e6 * (breadth * covered + weightOf({ title_words, words }))),
      length: words.length,
    }))
    .filter(({ score }) => score >= least)
    .sort(
      (one, other) => other.weight - one.weight || one.length - other.length || (nameOf(one) < nameOf(other) ? -1 : 1),
    );
}

async function findByMeaning(database: Searched, owners: readonly string[], query: string, filter: Filter) {
  const embeddings = await openEmbeddings("question");
  if (!embeddings) return [];
  const vector = await embeddings.embedQuestion(query);
  const found = await nearestChunks(database, owners, { ...filter, model: embeddings.model, vector });
  if (found.length > 0 && found.every(({ similarity }) => similarity === null)) {
    const advice = "remove the documents, and ingest them again";
    throw new SignalboxError(
      "model-failed",
      `${embeddings.model} gives vectors of another length than before: ${advice}.`,
    );
  }
  return found
    .map(({ similarity, ...key }) => ({ ...key, score: similarity ?? 0 }))
    .filter(({ score }) => score >= leastScore);
}

/** The hits of all lists, each with its best score, by the sum of what its ranks are worth. */
function fused(lists: readonly (readonly Hit[])[]): Hit[] {
  const found = new Map<string, { hit: Hit; worth: number }>();
  for (const list of lists) {
    for (const [rank, hit] of list.entries()) {
      const before = found.get(nameOf(hit));
      const worth = (before?.worth ?? 0) + 1 / (rankOffset + rank + 1);
      found.set(nameOf(hit), { hit: { ...hit, score: Math.max(hit.score, before?.hit.score ?? 0) }, worth });
    }
  }
  return [...found.values()].sort((a, b) => b.worth - a.worth).map(({ hit }) => hit);
}

function nameOf({ owner, document_id, position }: ChunkKey): string {
  return JSON.stringify([owner, document_id, position]);
}

/** Chunks that follow one another in a document are one passage, in the place of the best of them. */
function joinNeighbours(chunks: readonly FoundChunk[]): FoundChunk[] {
  const passages: FoundChunk[] = [];
  for (const chunk of chunks) {
    let passage = chunk;
    let place = passages.length;
    for (;;) {
      const index = passages.findIndex((each) => follows(each, passage) || follows(passage, each));
      const [neighbour] = index === -1 ? [] : passages.splice(index, 1);
      if (!neighbour) break;
      passage = follows(neighbour, passage) ? together(neighbour, passage) : together(passage, neighbour);
      place = Math.min(place, index);
    }
    passages.splice(place, 0, passage);
  }
  return passages;
}

function follows(first: FoundChunk, second: FoundChunk): boolean {
  return (
    first.owner === second.owner &&
    first.document_id === second.document_id &&
    (first.last ?? first.position) + 1 === second.position &&
    second.end_offset - first.start_offset <= longestPassage
  );
}

function together(first: FoundChunk, second: FoundChunk): FoundChunk {
  return {
    ...first,
    last: second.last ?? second.position,
    end_offset: second.end_offset,
    text: first.text + second.text.slice(first.end_offset - second.start_offset),
    score: Math.max(first.score, second.score),
  };
}

function toPassage(chunk: FoundChunk): Passage {
  const text = chunk.text.trimEnd();
  return {
    id: [chunk.document_id, chunk.position, ...(chunk.last === undefined ? [] : [chunk.last])].join("-"),
    source: chunk.source,
    title: chunk.title,
    text,
    ...(chunk.heading !== null && { heading: chunk.heading }),
    ...(chunk.page !== null && { page: chunk.page }),
    start: chunk.start_offset,
    end: chunk.start_offset + text.length,
    score: Math.min(1, Math.round(chunk.score * 1000) / 1000),
    metadata: chunk.metadata,
  };
}
