/** Reading text: its sentences, clauses and sections, what it asks for, and what sums it up. In linear time. */
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
const wrap = /(?<=[\p{L}\p{N},;)'’-])\r?\n *(?=\p{Ll})|(?<=[^\n]{60})\r?\n *(?=[\p{L}\p{N}"'’(`*[])/gu;
/** The text with the lines of a paragraph joined: those after a full line, and those that go on with a small letter. */
export const unwrapped = (text: string) => text.replace(wrap, " ");

export function sentences(text: string): string[] {
  const end = /(?<=[。！？])|(?<=[.!?])(?<!\b(?:e\.g|i\.e|cf|vs|Dr|Mrs?|St)\.)(?<!(?:^|\n|\*)\d{1,3}\.)\s|[\n\r]/u;
  return text.split(end).flatMap((part) => part.trim() || []);
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

/** The first sentences of a text: half of a longer one, `most` characters at most. Those of one word say too little. */
export function summary(text: string, most: number): string {
  const room = Math.min(most, Math.max(200, text.length / 2));
  const telling = sentences(unwrapped(text)).filter((each) => terms(each).length > 1);
  const kept = telling.reduce((all, each) => (all.length + each.length < room ? `${all} ${each}`.trim() : all), "");
  return kept || (telling[0] ?? text.trim()).slice(0, room);
}

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
