/** The words of a text, as both databases index them: what is done to words is done here, the same for both. */
import { stem } from "../words/stem.ts";
import { readWords } from "../words/words.ts";

/** Words of a question that say how it is asked, not what about; of each language for itself, since "die" is a word of two. */
const stopWords = [
  `i me my mine myself we our ours you your yours he him his she her hers it its they them their theirs
  what which who whom whose this that these those there here when where why how am is are was were be been being
  have has had having do does did doing done can could will would shall should may might must a an the and but if or
  because as while of at by for with about into to from in on than then too so very just also s t don doesn isn
  please tell say says know want wants need needs like get gets got let happen happens mean means much many still ever
  already thing things`,
  `ich mir mich mein meine meinen meiner du dir dich dein deine er sie ihr ihm ihn es wir uns unser unsere man der die das
  den dem des ein eine einen einem einer eines und oder aber wenn dann so als von vom im in an am auf zu zum zur aus mit
  bei fur uber um nach vor ist sind war waren sein bin bist hat habe haben hatte kann konnen darf durfen muss mussen soll
  sollen will wollen werde wird werden wurde was wer wie wo wann warum wieso welche welcher welches welchen viel viele
  gibt es denn mal bitte dass nicht auch nur noch schon sich`,
].map((words) => new Set(words.split(/\s+/)));

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
  const all = unstemmed(question);
  const asked = stopWords.map((words) => all.filter((word) => !words.has(word)));
  // The language of which the question has most.
  const [shortest = []] = asked.sort((one, other) => one.length - other.length);
  return [...new Set(shortest.map(stem))].slice(0, mostTerms);
}

function unstemmed(text: string): string[] {
  const read = readWords(text.replace(/\]\([^()\s]*\)/g, "] "));
  return read.flatMap((parts) => (parts.length > 1 ? [parts.join(""), ...parts] : parts));
}
