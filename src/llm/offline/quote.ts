/** Quotes: the sentences of given texts that have most of a question, rare words counting more than common ones. */
import { clauses, sentences, terms, unwrapped } from "../text.ts";

/** `context`: what the sentence belongs to, such as a title, whose words count too. */
type Sentence = { readonly text: string; readonly context: string };

const [mostTerms, mostQuoted] = [100, 3];
const heading = /^Document \[(\d{1,4})\]:(.*)$/gmu;

/** The sentences that have most of the question, and at least half of it. */
export function bestOf<Given extends Sentence>(question: string, given: readonly Given[]): Given[] {
  const says = given.map(({ context, text }) => new Set(terms(`${context} ${text}`)));
  const sought = new Set(terms(question).slice(0, mostTerms));
  const found = (term: string) => says.filter((each) => each.has(term)).length;
  const weights = new Map([...sought].map((term) => [term, Math.log(1 + given.length / (1 + found(term)))]));
  const weigh = (some: ReadonlySet<string>) => [...some].reduce((sum, term) => sum + (weights.get(term) ?? 0), 0);
  // A heading says no more than the question does.
  const weighed = says.map((known) => (known.isSubsetOf(sought) ? 0 : weigh(sought.intersection(known))));
  const most = weighed.reduce((one, other) => Math.max(one, other), 0);
  return most > 0 && most >= weigh(sought) / 2 ? given.filter((_, index) => weighed[index] === most) : [];
}

/**
 * The answer from texts whose parts begin with lines such as "Document [2]: Its title": up to three sentences as they
 * stand, each with its marker behind it, or "I do not know."; undefined where there are no such parts.
 */
export function answerFromDocuments(question: string, texts: readonly string[]): string | undefined {
  const documents = texts.flatMap((text) => {
    const marks = [...text.matchAll(heading)];
    return marks.map(({ 0: mark, 1: number, 2: context = "", index }, place) => {
      const body = sentences(unwrapped(text.slice(index + mark.length, marks[place + 1]?.index)));
      const telling = body.filter((each) => !/[?？]$/u.test(each) && terms(each).length > 1);
      return telling.map((each) => ({ number, context, text: each.slice(0, 1_000) }));
    });
  });
  if (documents.length === 0) return undefined;
  const all = documents.flat();
  const isSummary = /\b(?:summar|overview)/iu.test(question);
  const found = isSummary
    ? documents.flatMap(([first]) => first ?? [])
    : clauses(question).flatMap((each) => bestOf(each, all));
  const marked = [...new Set(found)].slice(0, mostQuoted).map(({ text, number }) => `${text} [${number}]`);
  return marked.join(" ") || "I do not know.";
}
