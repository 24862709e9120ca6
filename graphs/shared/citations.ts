/** What an answer rests on, as data: passages with their numbers, and the span of each that a sentence is taken from. */
import { ReducedValue } from "@langchain/langgraph";
import { z } from "zod";
import { sentencesOf } from "./sentences.ts";
import { share, terms } from "./terms.ts";

/** A passage as the model sees it, with its number: `Document [3]`. Offsets count characters of the document's text. */
export const Passage = z.object({
  marker: z.int().min(1),
  /** The id of the chunk. */
  chunk: z.string(),
  source: z.string(),
  title: z.string(),
  heading: z.string().optional(),
  page: z.number().optional(),
  /** Its text, sentence by sentence, each with the space behind it; what the policy masks is masked. */
  sentences: z.array(z.object({ text: z.string(), start: z.int(), end: z.int() })),
});
export type Passage = z.infer<typeof Passage>;

export const Citation = Passage.omit({ sentences: true }).extend({
  /** The span of the quote in the document. */
  start: z.int(),
  end: z.int(),
  quote: z.string(),
});
export type Citation = z.infer<typeof Citation>;

/** The state field for the answer to the last task. */
export const citationsState = z.array(Citation).default([]);

const Found = z.array(Passage.omit({ marker: true }));

/** The state field: passages are appended and numbered from 1, each chunk once; an Overwrite begins anew. */
export const passagesState = new ReducedValue(z.array(Passage).default([]), {
  inputSchema: Found,
  reducer: (passages, found) => {
    const fresh = found.filter(({ chunk }, index) => found.findIndex((each) => each.chunk === chunk) === index);
    const more = fresh.filter(({ chunk }) => !passages.some((passage) => passage.chunk === chunk));
    return [...passages, ...more.map((passage, index) => ({ ...passage, marker: passages.length + index + 1 }))];
  },
});

/** What retrieval gives, as far as this needs it. */
interface Chunk {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly text: string;
  readonly heading?: string | undefined;
  readonly page?: number | undefined;
  readonly start: number;
}

/** @param mask takes out what no model is to read */
export function passageOf(chunk: Chunk, mask: (text: string) => string): z.infer<typeof Found>[number] {
  const { id, source, title, heading, page, text } = chunk;
  let { start } = chunk;
  const sentences = sentencesOf(text).map((sentence) => {
    const span = { text: mask(sentence), start, end: start + sentence.trimEnd().length };
    start += sentence.length;
    return span;
  });
  const place = { ...(heading !== undefined && { heading }), ...(page !== undefined && { page }) };
  return { chunk: id, source, title, ...place, sentences };
}

export const textOf = ({ sentences }: Pick<Passage, "sentences">) => sentences.map(({ text }) => text).join("");

/** Where it stands: its document's title and the headings over it, or else its source, in one line. */
export function nameOf({ title, heading, source }: Omit<Passage, "sentences">): string {
  const places = heading?.startsWith(title) ? [heading] : [title, heading];
  return (places.filter(Boolean).join(" > ") || source).replace(/\s+/g, " ");
}

/** The passages as one message: `Document [1]: <title>`, its text, and so on. No text can pose as another document. */
export function asDocuments(passages: readonly Passage[]): string {
  const documents = passages.map((passage) => {
    const inert = textOf(passage).replace(/^(\s*)document \[/gim, "$1document (");
    return `Document [${passage.marker}]: ${nameOf(passage)}\n${inert.trim()}`;
  });
  return documents.join("\n\n");
}

/** The citation of a sentence: the sentence of the passage that has most of its terms. */
export function cite(sentence: string, { sentences, ...place }: Passage): Citation {
  const sought = terms(sentence);
  const weighed = sentences.map((each) => ({ ...each, weight: share(sought, new Set(terms(each.text))) }));
  const best = weighed.reduce((one, other) => (other.weight > one.weight ? other : one), {
    text: "",
    start: 0,
    end: 0,
    weight: -1,
  });
  return { ...place, start: best.start, end: best.end, quote: best.text.trim() };
}

/** True for the row above the line that parts a table's head from its body. */
export function isTableHead(row: string, passage: Passage): boolean {
  const [, behind = ""] = row.includes("|") ? textOf(passage).split(row, 2) : [];
  return /^[ \t]*\n[ \t]*\|?[ :|-]*-[ :|-]*(?:\n|$)/.test(behind);
}
