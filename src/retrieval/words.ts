/** The words of a text, as both databases index them: what is done to words is done here, the same for both. */
import { stem } from "./stem.ts";

/** Words of a question that say how it is asked, not what about. */
const stopWords = new Set(
  `i me my mine myself we our ours you your yours he him his she her hers it its they them their theirs
  what which who whom whose this that these those there here when where why how am is are was were be been being
  have has had having do does did doing done can could will would shall should may might must a an the and but if or
  because as while of at by for with about into to from in on than then too so very just also s t don doesn isn
  please tell say says know want wants need needs like get gets got let happen happens mean means much many still ever
  already`.split(/\s+/),
);

/** Scripts that set no spaces between words: these are indexed by pairs of letters. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/u;
const runs = new RegExp(`${unspaced.source}|[\\p{L}\\p{M}\\p{N}]+`, "gu");
const mostTerms = 64;

/**
 * Without case, accents and endings, and without the targets of Markdown's links, which nobody asks for. A word in
 * camel case is given with its parts. Only letters, digits and the marks of letters are in them.
 */
export function words(text: string): string[] {
  return unstemmed(text).map(stem);
}

/** The words of a question that say what it is about, each once. */
export function terms(question: string): string[] {
  const asked = unstemmed(question).filter((word) => !stopWords.has(word));
  return [...new Set(asked.map(stem))].slice(0, mostTerms);
}

function unstemmed(text: string): string[] {
  const found = folded(text.replace(/\]\([^()\s]*\)/g, "] ")).match(runs) ?? [];
  return found.flatMap((run) => {
    if (unspaced.test(run)) return pairs([...run]);
    const parts = run.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u);
    return (parts.length > 1 ? [run, ...parts] : parts).map((word) => word.toLowerCase());
  });
}

function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]+/g, "")
    .normalize("NFC");
}

function pairs(letters: readonly string[]): string[] {
  return letters.length === 1 ? [...letters] : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
