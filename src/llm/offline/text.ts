/** How the offline model reads a text: tokens, words, terms, sentences. Every pattern takes linear time. */

/** Words that say how a text asks, not what it is about. */
const functionWords = new Set(
  words(`an the this that these those it its me my mine you your yours we us our he him his she they them their whats
    is are was were be been being am do does did done have has had can could will would shall should may might must
    what when where which who whom whose why how and or but if then so of in on at to from for with by about as into
    not no yes please tell give show let just also there here many much some any hello hi hey dear thanks`),
);
const asking =
  "what|whats|when|where|which|who|whose|why|how|tell|give|show|get|list|find|search|send|compute|calculate";
const questionStart = new RegExp(`^\\W{0,8}(?:${asking}|is|are|was|were|do|does|did|can|could|will|would)\\b`, "iu");
/** "… and what …" asks two things; "salt and pepper" does not. */
export const nextClause = new RegExp(`[,;]?\\s(?:and|then|also)\\s(?=(?:${asking})\\b)`, "iu");

/** Tokens join to the same text again: up to twelve letters or digits with the space before, or one other character. */
export function tokenize(text: string): string[] {
  return text.match(/\s?[\p{L}\p{M}\p{N}]{1,12}|\s?[^\s\p{L}\p{M}\p{N}]|\s/gu) ?? [];
}

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

export function isQuestion(clause: string): boolean {
  return /[?？]$/u.test(clause) || questionStart.test(clause);
}
