/** How the offline model reads JSON from elsewhere, and text: its words, sentences, sections. All in linear time. */
export type Json = Readonly<Record<string, unknown>>;

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const record = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
/** `value`, if it is of the same type as `otherwise`. */
export const typed = <Type>(value: unknown, otherwise: Type): Type =>
  typeof value === typeof otherwise ? (value as Type) : otherwise;

/** Words that say how a text asks, not what it is about. */
const functionWords = new Set(
  words(`an the this that these those it its me my mine you your yours we us our he him his she they them their whats
    is are was were be been being am do does did done have has had can could will would shall should may might must
    what when where which who whom whose why how and or but if then so of in on at to from for with by about as into
    not no yes please tell give show let just also there here many much some any hello hi hey dear thanks`),
);
const asking = "what|whats|when|where|which|who|whose|why|how|tell|give|show|find|search|send|compute|calculate";
const questionStart = new RegExp(`^\\W{0,8}(?:${asking}|is|are|was|were|do|does|did|can|could|will|would)\\b`, "iu");
const doing = `${asking}|write|compare|explain|summari[sz]e|describe|check|create|make|draft|plan|convert|read|fetch|add`;
/** "… and what …" asks two things; "salt and pepper" does not. */
const nextClause = new RegExp(`(?:[,;]\\s|[,;]?\\s(?:(?:and|then|also)\\s){1,2})(?=(?:${doing})\\b)`, "iu");

/** The words of a text or of a name (`timeZone`, `time_zone`), in lower case. */
export function words(text: string): string[] {
  const apart = text.replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, " ").toLowerCase();
  return apart.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

/** The words that carry the meaning, each cut to a common stem: "calculates" and "calculator" are both "calcul". */
export function terms(text: string): string[] {
  const carrying = words(text).filter((word) => !functionWords.has(word) && !/^[a-z]$/.test(word));
  return carrying.map((word) => (word.length > 3 ? word.replace(/s$/, "") : word).slice(0, 6));
}

export function sentences(text: string): string[] {
  const parts = text.split(/(?<=[。！？])|(?<=[.!?])\s|[\n\r]/u).map((part) => part.trim());
  return parts.filter((part) => part !== "");
}

/** What a text asks for, one by one: the clauses of its sentences, and of the items of a list. */
export const clauses = (text: string) =>
  sentences(text.replace(/^[ \t]*(?:[-*•]|\d{1,3}[.)])\s/gmu, "")).flatMap((sentence) => sentence.split(nextClause));
export const isQuestion = (clause: string) => /[?？]$/u.test(clause) || questionStart.test(clause);

/** The parts of a message under headings, up to three words and a colon at a line's start; "None." is an empty part. */
export function sections(text: string): { readonly heading: string; readonly body: string }[] {
  const marks = [...text.matchAll(/^(\p{Lu}\p{L}{1,20}(?: \p{L}{1,20}){0,2}):(?=\s)/gmu)];
  return marks.map(({ 0: mark, 1: heading = "", index }, place) => {
    const body = text.slice(index + mark.length, marks[place + 1]?.index).trim();
    return { heading, body: body === "None." ? "" : body };
  });
}

export const draftHeading = /^(?:draft|result)/iu;
export const taskHeading = /task|question|request|goal/iu;
export const section = (text: string, named: RegExp) => sections(text).find(({ heading }) => named.test(heading))?.body;

/** The first sentences of a text: half of a longer one, 600 characters at most. Those of one word say too little. */
export function summary(text: string): string {
  let room = Math.max(200, Math.min(600, text.length / 2));
  const kept: string[] = [];
  for (const sentence of sentences(text).filter((each) => terms(each).length > 1)) {
    room -= sentence.length + 1;
    if (room >= 0 || kept.length === 0) kept.push(sentence.slice(0, 400));
  }
  return kept.join(" ");
}

/** How good the draft in a message is, if there is one, 0 to 1, and why: by what it has of its task. */
export function judge(message: string) {
  const draft = section(message, draftHeading);
  if (draft === undefined) return undefined;
  const said = new Set(terms(draft));
  const wanted = words(section(message, taskHeading) ?? "").filter((word) => terms(word).length > 0);
  const missing = wanted.filter((word) => !said.has(terms(word).join()));
  const share = 1 - missing.length / Math.max(1, wanted.length);
  return { share, reason: `It leaves out: ${missing.join(", ") || "nothing"}.` };
}
