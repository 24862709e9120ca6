/** Reading text: its clauses and sections, and the sentences that sum it up or answer a question. In linear time. */
import { terms } from "../../words/words.ts";

const ask = "what|when|where|which|who|whose|why|how|tell|give|show|find|search|look up|send|compute|calculate";
const make = "write|draft|compose|improve|revise|create|make|prepare|compare|explain|summari[sz]e|describe|list|plan";
const doing = `${ask}|${make}|check|convert|divide|multiply|subtract|work out|wait|research|read|fetch|add|name|say`;
const joining = "(?:(?:and|then|also|please)\\s)*";
const asked = new RegExp(`^\\W{0,8}${joining}(?:${ask}|is|are|was|were|do|does|did|can|could|will|would)\\b`, "iu");
const requested = new RegExp(`^${joining}(?!wh|how)(?:${doing})\\b(?:\\s(?:me|down|about))*`, "iu");
/** "… and what …" asks two things; "salt and pepper" does not. */
const nextClause = new RegExp(`(?:[,;]\\s|[,;]?\\s(?:(?:and|then|also)\\s){1,2})(?=(?:${doing})\\b)`, "iu");

/** The terms that only say what is to be done with the rest: "write", "compare". */
export const requestVerbs = new Set(terms(doing));
/** The text without the marks of lists and headings. */
export const unmarked = (text: string) => text.replace(/^[ \t]*(?:[-*•]|#{1,6}|\d{1,3}[.)])[ \t]/gmu, "");
/** The text with the lines of a paragraph joined: those after a full line, and those that go on with a small letter. */
const unwrapped = (text: string) =>
  text.replace(/(?:(?<=[\p{L}\p{N},;)'’-])\r?\n[ \t]*(?=\p{Ll})|(?<=[^\n]{60})\r?\n[ \t]*(?=[\p{L}\p{N}"'’(]))/gu, " ");

export function sentences(text: string): string[] {
  const parts = text.split(/(?<=[。！？])|(?<=[.!?])(?<!\b(?:e\.g|i\.e|cf|vs|Dr|Mrs?|St)\.)\s|[\n\r]/u);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** What a text asks for: the clauses of its sentences and list items, without the line that introduces a list. */
export function clauses(text: string): string[] {
  const asked = sentences(unmarked(text)).flatMap((sentence) => sentence.split(nextClause));
  return asked.filter((clause) => asked.length === 1 || !clause.endsWith(":"));
}
export const isQuestion = (clause: string) => /[?？]$/u.test(clause) || asked.test(clause);
export const isRequest = (clause: string) => isQuestion(clause) || requested.test(clause);
/** The requests of a text, each with what is said around it: a task for somebody who sees no more. */
export function requests(text: string): string[] {
  const parts = clauses(text);
  const starts = parts.flatMap((part, index) => (isRequest(part) ? [index] : []));
  const pieces = starts.map((start, place) => parts.slice(place && start, starts[place + 1]).join(" "));
  return pieces.length > 0 ? pieces : parts;
}
/** What a task asks for first: "Write me a poem about rain." -> "a poem about rain". */
export const subjectOf = (task: string) => (clauses(task)[0] ?? "").replace(requested, "").replace(/^\s|[.!?]+$/gu, "");
/** The material that a task brings along: what is no request, and what stands behind its colon. */
export const materialOf = (task: string) =>
  sentences(task.replaceAll(": ", ":\n")).filter((part) => !isRequest(part) && terms(part).length > 1);

/** The parts of a text, each after a blank line and a heading: a line, or up to three words, that ends with a colon. */
export function sections(text: string): { readonly heading: string; readonly body: string }[] {
  const heading = /(?<=^|\n\n)(?=\p{Lu})(?:([^\n]{1,2200}):(?=\n)|(\p{L}{1,20}(?: \p{L}{1,20}){0,2}):(?=\s))/gu;
  const marks = [...text.matchAll(heading)];
  return marks.map(({ 0: mark, 1: line, 2: start = "", index }, place) => {
    const body = text.slice(index + mark.length, marks[place + 1]?.index).trim();
    return { heading: line ?? start, body: body === "None." ? "" : body };
  });
}
/** What stands under the first heading that ends with one of these words, such as "draft|result". */
export const section = (text: string, endings: string) =>
  sections(text).find(({ heading }) => new RegExp(`\\b(?:${endings})$`, "iu").test(heading))?.body;

/** The first sentences of a text: half of a longer one, `most` characters at most. Those of one word say too little. */
export function summary(text: string, most: number): string {
  const room = Math.min(most, Math.max(200, text.length / 2));
  const telling = sentences(unwrapped(text)).filter((each) => terms(each).length > 1);
  const kept = telling.reduce((all, each) => (all.length + each.length < room ? `${all} ${each}`.trim() : all), "");
  return kept || (telling[0] ?? text.trim()).slice(0, room);
}

const [mostTerms, mostQuoted] = [100, 3];
const heading = /^Document \[(\d{1,4})\]:(.*)$/gmu;

/** The sentences with most of the question, half of it at least, and more than it (unlike headings). Titles count. */
function bestOf<Given extends { readonly text: string; readonly title?: string }>(
  question: string,
  given: readonly Given[],
): Given[] {
  const says = given.map(({ title = "", text }) => new Set(terms(`${title} ${text}`)));
  const sought = new Set(terms(question).slice(0, mostTerms));
  const found = (term: string) => says.filter((each) => each.has(term)).length;
  const weights = new Map([...sought].map((term) => [term, Math.log(1 + given.length / (1 + found(term)))]));
  const weigh = (some: ReadonlySet<string>) => [...some].reduce((sum, term) => sum + (weights.get(term) ?? 0), 0);
  const weighed = says.map((known) => (known.isSubsetOf(sought) ? 0 : weigh(sought.intersection(known))));
  const most = weighed.reduce((one, other) => Math.max(one, other), 0);
  return most > 0 && most >= weigh(sought) / 2 ? given.filter((_, index) => weighed[index] === most) : [];
}

/** Sentences of the parts that begin with lines such as "Document [2]: Its title"; undefined if there are none. */
export function fromDocuments(question: string, texts: readonly string[]): string | undefined {
  const documents = texts.flatMap((text) => {
    const marks = [...text.matchAll(heading)];
    return marks.map(({ 0: mark, 1: number, 2: title, index }, place) => {
      const body = sentences(unwrapped(text.slice(index + mark.length, marks[place + 1]?.index)));
      const telling = body.filter((each) => !/[?？]$/u.test(each) && terms(each).length > 1);
      return telling.map((each) => ({ number, title, text: each.slice(0, 1_000) }));
    });
  });
  const found = clauses(question).flatMap((each) => bestOf(each, documents.flat()));
  const marked = [...new Set(found)].slice(0, mostQuoted).map(({ text, number }) => `${text} [${number}]`);
  return documents.length > 0 ? marked.join(" ") || "I do not know." : undefined;
}

/** The latest sentence of a conversation that answers a question. */
export function quote(question: string, messages: readonly { readonly type: string; readonly text: string }[]): string {
  const said = messages.flatMap(({ type, text }) => {
    const told = sentences(type === "ai" ? "" : text).filter((each) => !isQuestion(each) && !each.includes(question));
    return told.map((each) => ({ text: each.slice(0, 2_000), type }));
  });
  const [best] = bestOf(sentences(question).filter(isQuestion).join(" "), said.reverse());
  return best ? `${best.type === "human" ? "You said" : "My instructions say"}: "${best.text}"` : "";
}
