/** Cuts a document into chunks at its own seams, each with its place in the text and the headings over it. */
import { blocksOf } from "../words/markdown.ts";

/** What a format makes of a file. */
export interface Extracted {
  /** Missing where the document has none of its own. */
  title?: string | undefined;
  /** What the offsets of its chunks count in. */
  text: string;
  /** Markdown has headings. */
  isMarkdown?: boolean;
  /** Where each page begins, in order. */
  pages?: readonly { readonly page: number; readonly start: number }[];
}

export interface Chunk {
  text: string;
  start: number;
  end: number;
  heading?: string;
  page?: number;
}

interface Section {
  start: number;
  end: number;
  headings: readonly string[];
}

/** Characters: enough for a thought with what stands around it, and for five of them in any model's prompt. */
const chunkSize = 1_600;
/** What two neighbours have in common, so that what stands on their border is whole in one of them. */
const overlap = 200;

/** @returns chunks in the order of the text: `text.slice(start, end)` is the chunk's own, and nothing is in none of them */
export async function chunk({ text, isMarkdown, pages = [] }: Extracted): Promise<Chunk[]> {
  const { RecursiveCharacterTextSplitter } = await import("@langchain/textsplitters");
  const splitter = new RecursiveCharacterTextSplitter({ chunkSize, chunkOverlap: overlap });
  const cuts: Section[] = [];
  for (const { start, end, headings } of isMarkdown ? joined(sections(text)) : [whole(text)]) {
    let from = start;
    for (const part of await splitter.splitText(text.slice(start, end))) {
      const found = text.indexOf(part, from);
      // No earlier, where the same is said over and over.
      from = Math.max(found + 1, found + part.length - overlap);
      cuts.push({ ...withoutHalves(text, found, found + part.length), headings });
    }
  }
  return cuts.map(({ start, end, headings }, index) => {
    // The splitter leaves out the blanks between two chunks.
    const place = { start, end: Math.max(end, cuts[index + 1]?.start ?? text.length) };
    const page = pages.findLast((each) => each.start <= start)?.page;
    return {
      text: text.slice(place.start, place.end),
      ...place,
      ...(headings.length > 0 && { heading: headings.join(" > ") }),
      ...(page !== undefined && { page }),
    };
  });
}

function whole(text: string): Section {
  return { start: 0, end: text.length, headings: [] };
}

/** A text without spaces is cut anywhere, but not through a pair of surrogates. */
function withoutHalves(text: string, start: number, end: number): { start: number; end: number } {
  const isPair = (index: number) => /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(index - 1, index + 1));
  return { start: isPair(start) ? start - 1 : start, end: isPair(end) ? end + 1 : end };
}

/** Small neighbours together: a chunk of one sentence says little by itself. Their heading is what they have in common. */
function joined(all: readonly Section[]): Section[] {
  const result: Section[] = [];
  for (const section of all) {
    const last = result.at(-1);
    const differing = last?.headings.findIndex((heading, index) => heading !== section.headings[index]) ?? 0;
    const common = differing === -1 ? last?.headings : last?.headings.slice(0, differing);
    if (last && common && common.length > 0 && section.end - last.start <= chunkSize) {
      result.splice(-1, 1, { start: last.start, end: section.end, headings: common });
    } else result.push(section);
  }
  return result;
}

/** What stands under each heading, the heading with it. One that has nothing under it goes with what follows. */
function sections(text: string): Section[] {
  const found: Section[] = [];
  let headings: string[] = [];
  let [start, bodyStart] = [0, 0];
  const close = (end: number) => {
    if (text.slice(bodyStart, end).trim() === "" && end < text.length) return;
    found.push({ start, end, headings: headings.filter(Boolean) });
    start = end;
  };
  for (const { kind, text: line, index } of blocksOf(text)) {
    if (kind !== "heading") continue;
    const [, marks = "", title = ""] = /^ {0,3}(#{1,6})\s+(.*?)[\s#]*$/.exec(line) ?? [];
    close(index);
    headings = [...headings.slice(0, marks.length - 1), plain(title)];
    while (headings.length < marks.length) headings.splice(-1, 0, "");
    bodyStart = index + line.length;
  }
  close(text.length);
  return found;
}

/** A heading without its marks of Markdown and HTML. */
export function plain(heading: string): string {
  return heading
    .replace(/<[^>]*>/g, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\\(?=[\p{P}\p{S}])|[`*]/gu, "")
    .trim();
}
