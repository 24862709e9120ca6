/** Reading text: its words, sentences, clauses and sections. All in linear time. */

/** Words that say how a text asks, not what it is about. */
const functionWords = new Set(
  words(`an the this that these those it its me my mine you your yours we us our he him his she they them their whats
    is are was were be been being am do does did done have has had can could will would shall should may might must
    what when where which who whom whose why how and or but if then so of in on at to from for with by about as into
    until not no yes please tell give show let just also there here many much some any hello hi hey dear thanks
    need needs want wants like work works`),
);
const asking =
  "what|whats|when|where|which|who|whose|why|how|tell|give|show|find|search|look up|send|compute|calculate";
const making = "write|draft|compose|improve|revise|create|make|prepare|compare|explain|summari[sz]e|describe|list|plan";
const doing = `${asking}|${making}|check|convert|divide|multiply|research|read|fetch|add|name|say`;
const joining = "(?:(?:and|then|also|please)\\s)*";
const asked = new RegExp(`^\\W{0,8}${joining}(?:${asking}|is|are|was|were|do|does|did|can|could|will|would)\\b`, "iu");
const requested = new RegExp(`^${joining}(?:${doing})\\b(?:\\s(?:me|down|about))*`, "iu");
/** "… and what …" asks two things; "salt and pepper" does not. */
const nextClause = new RegExp(`(?:[,;]\\s|[,;]?\\s(?:(?:and|then|also)\\s){1,2})(?=(?:${doing})\\b)`, "iu");

/** The words of a text or of a name (`timeZone`, `time_zone`), in lower case. */
export function words(text: string): string[] {
  const apart = text
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, " ")
    .replace(/(?<=\d),(?=\d{3}(?!\d))/gu, "")
    .toLowerCase();
  return apart.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** The words that carry the meaning, each cut to a common stem: "studies" and "studied" are both "stud". */
export function terms(text: string): string[] {
  const carrying = words(text).filter((word) => !functionWords.has(word) && !/^[a-z]$/.test(word));
  return carrying.map((word) => word.replace(/(?<=\p{L}{3})(?:ie[sd]|e[sd]|ing|ly|[esy])$/u, "").slice(0, 6));
}

/** The terms that only say what is to be done with the rest: "write", "compare". */
export const requestVerbs = new Set(terms(doing));
/** The text without the marks of lists and headings. */
export const unmarked = (text: string) => text.replace(/^[ \t]*(?:[-*•]|#{1,6}|\d{1,3}[.)])[ \t]/gmu, "");
/** The text with the lines of a paragraph joined: those after a full line, and those that go on with a small letter. */
export function unwrapped(text: string): string {
  const joined = text.replace(/(?<=[\p{L}\p{N},;)'’-])\r?\n[ \t]*(?=\p{Ll})/gu, " ");
  return joined.replace(/(?<=[^\n]{60})\r?\n[ \t]*(?=[\p{L}\p{N}"'’(])/gu, " ");
}

export function sentences(text: string): string[] {
  const parts = text.split(/(?<=[。！？])|(?<=[.!?])(?<!\b(?:e\.g|i\.e|cf|vs|Dr|Mrs?|St)\.)\s|[\n\r]/u);
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** What a text asks for, one by one: the clauses of its sentences, and of the items of a list. */
export function clauses(text: string): string[] {
  const asked = sentences(unmarked(text)).flatMap((sentence) => sentence.split(nextClause));
  // What introduces a list asks for nothing itself.
  return asked.filter((clause) => asked.length === 1 || !clause.endsWith(":"));
}
export const isQuestion = (clause: string) => /[?？]$/u.test(clause) || asked.test(clause);
export const isRequest = (clause: string) => isQuestion(clause) || requested.test(clause);
/** What a request is about: "Write me a poem about rain." -> "a poem about rain". */
export const subjectOf = (clause: string) =>
  clause
    .replace(requested, "")
    .replace(/[.!?\s]+$/u, "")
    .trim();
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
export const section = (text: string, named: RegExp) => sections(text).find(({ heading }) => named.test(heading))?.body;
export const headings = { draft: /^(?:draft|result)$/iu, task: /\b(?:task|question|request|goal)$/iu };

/** The first sentences of a text: half of a longer one, `most` characters at most. Those of one word say too little. */
export function summary(text: string, most: number): string {
  const room = Math.min(most, Math.max(200, text.length / 2));
  const telling = sentences(unwrapped(text)).filter((each) => terms(each).length > 1);
  const kept = telling.reduce((all, each) => (all.length + each.length < room ? `${all} ${each}`.trim() : all), "");
  return kept || (telling[0] ?? text.trim()).slice(0, room);
}
