/** How the offline model reads a text: words, terms, sentences, clauses, sections. Every pattern takes linear time. */

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
const doing =
  "write|compare|explain|summari[sz]e|describe|check|create|make|draft|plan|report|translate|analy[sz]e|convert|count|read|fetch|name|add";
/** "… and what …" asks two things; "salt and pepper" does not. */
const nextClause = new RegExp(
  `[,;]?\\s(?:(?:and|then|also)\\s){1,2}(?=(?:${asking}|${doing})\\b)|[,;]\\s(?=(?:${doing})\\b)`,
  "iu",
);

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

/** What a text asks for, one by one: the items of a list, or the clauses of its sentences. */
export function clauses(text: string): string[] {
  const listed = text.trim().split(/^\s*(?:[-*•]|\d{1,3}[.)])\s/mu);
  if (listed.length > 1 && listed[0] === "") return listed.map((item) => item.trim()).filter((item) => item !== "");
  return sentences(text).flatMap((sentence) => sentence.split(nextClause));
}

export function isQuestion(clause: string): boolean {
  return /[?？]$/u.test(clause) || questionStart.test(clause);
}

/** "## Any line", a line of its own that ends with a colon, or up to three words and a colon at a line's start. */
const headingPattern =
  /^(?:#{1,6}[ \t]+[^\n]{1,60}$|\p{Lu}[^\n:]{1,200}:$|\p{Lu}[\p{L}'’]{1,20}(?: [\p{L}'’]{1,20}){0,2}:(?=\s))/gmu;

/** The parts of a message under headings ("Findings: …", "## Findings"), if it has any; "None." is an empty one. */
export function sections(text: string): (readonly [heading: string, body: string])[] {
  const headings = [...text.matchAll(headingPattern)];
  return headings.map(({ 0: mark, index }, place) => {
    const body = text.slice(index + mark.length, headings[place + 1]?.index).trim();
    return [mark.replace(/^#+\s+|:$/gu, ""), body === "None." ? "" : body];
  });
}

export function section(text: string, heading: RegExp): string | undefined {
  return sections(text).find(([name]) => heading.test(name))?.[1];
}

/** The sentences that say most of what a text is about, in their order: half of a longer text, 600 characters at most. */
export function summary(text: string): string {
  const weights = new Map<string, number>();
  for (const term of terms(text)) weights.set(term, (weights.get(term) ?? 0) + 1);
  const all = sentences(text).map((sentence, index) => {
    const own = new Set(terms(sentence));
    const weight = [...own].reduce((sum, term) => sum + (weights.get(term) ?? 0), 0) / (own.size + 4);
    return { sentence: sentence.slice(0, 400), index, weight };
  });
  const kept: typeof all = [];
  let room = Math.max(200, Math.min(600, text.length / 2));
  for (const each of all.toSorted((one, other) => other.weight - one.weight)) {
    room -= each.sentence.length + 1;
    if (room < 0 && kept.length > 0) break;
    kept.push(each);
  }
  return kept
    .toSorted((one, other) => one.index - other.index)
    .map(({ sentence }) => sentence)
    .join(" ");
}
