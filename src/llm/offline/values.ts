/** The values that a text mentions: expressions, addresses, dates, time zones, quotations, amounts, names, numbers. */
import { date, expression, month, proseInSigns, tidyExpression, url } from "../../words/arithmetic.ts";
import { timeZones } from "../../words/time-zones.ts";
import { terms, words } from "../../words/words.ts";
import { requestVerbs } from "./text.ts";

/** `asked`: how a field says that it wants just this kind. `read` refuses what only looks so. */
export type Kind = { pattern: RegExp; asked?: RegExp; read?: (said: string) => string | number | undefined };

const quotation = /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,500})'(?!\w)/gu;
const amount = /[$€£]\d[\d,.]*(?:\s[bm]illion)?|\d[\d,.]*(?:\s?%|\s(?!(?:by|and|in|is|was|to)\b)\p{Ll}{2,20})/gu;
const opening = "The|A|An|In|On|At|It|He|She|We|They|You|I|This|That|What|When|Where|Who|Why|How|If";
const word = `(?<![\\p{L}\\p{N}])(?!(?:${opening}|${month})\\b)\\p{Lu}[\\p{L}\\p{M}'’-]*`;
const lone = `${word}(?:(?=\\s(?:is|was|has|had|lives|works|and)\\b)|(?<!(?:^|[.!?]\\s)${word}))`;
const zone = new RegExp(`\\b(?:${[...timeZones.keys()].join("|")})\\b`, "giu");

export const kinds = {
  expression: { pattern: expression, asked: /expression|formula|arithmetic|equation/iu, read: tidyExpression },
  url: { pattern: url, asked: /\bur[il]\b|\blink\b|web address/iu },
  date: { pattern: date, asked: /\b(?:date|year)\b/iu },
  zone: { pattern: zone, asked: /\btime ?zone\b|\biana\b/iu, read: (said) => timeZones.get(said.toLowerCase()) },
  quotation: { pattern: quotation },
  amount: { pattern: amount, asked: /\bamount\b/iu },
  name: { pattern: new RegExp(`${word}(?:\\s${word}){1,4}|${lone}`, "gu") },
  number: { pattern: /(?<![\p{L}\d.])-?\d+(?:,\d{3})*(?:\.\d+)?/gu, read: (said) => Number(said.replaceAll(",", "")) },
} satisfies Record<string, Kind>;
export const kindAsked = (about: string) => Object.values<Kind>(kinds).find(({ asked }) => asked?.test(about));

/** A text while it is used up: `taken` is from where to where. `whole`: a field takes all. */
export function readSource(text: string, whole = false) {
  const [taken, phrase]: [(readonly [number, number])[], string] = [[], ` ${words(text).join(" ")} `];
  const says = (what: unknown) => phrase.includes(` ${words(JSON.stringify(what) ?? "").join(" ")} `);
  return { text, whole, taken, says };
}
export type Source = ReturnType<typeof readSource>;

/** What is not taken; of a long text only the first ones, for the sake of linear time. */
export function valuesIn({ text, taken }: Pick<Source, "text" | "taken">, kind: Kind) {
  const { pattern, read = (said) => said } = kind;
  const found = (kind === kinds.expression ? proseInSigns(text) : text).matchAll(pattern).flatMap((match) => {
    const is = read(match.slice(1).find((group) => group !== undefined) ?? match[0]);
    return is === undefined ? [] : [{ is, at: match.index, end: match.index + match[0].length }];
  });
  const free = found.filter(({ at, end }) => !taken.some(([from, to]) => at < to && from < end));
  return free.take(1_000).toArray();
}

/** Each once: the values of the kind that is asked for, or names; or, if "entities" are, dates and amounts, too. */
export function entities(source: Source, about: string): Source[] {
  const asked = /entit/iu.test(about) ? [kinds.date, kinds.amount, kinds.name] : [kindAsked(about) ?? kinds.name];
  const said = (kind: Kind) => new Set(valuesIn(source, kind).map(({ is }) => String(is)));
  return asked.flatMap((kind) => [...said(kind)].map((each) => readSource(each, true)));
}

/** Takes the first free value behind where the text names the field, or else the first of all. */
export function take(source: Source, kind: Kind, field: string, fits = (_: string | number) => true) {
  const lower = source.text.toLowerCase();
  const named = lower.indexOf(words(field).find((word) => lower.includes(word)) ?? "");
  const fitting = valuesIn(source, kind).filter(({ is }) => fits(is));
  const value = fitting.find(({ at }) => at >= named) ?? fitting[0];
  if (value) source.taken.push([value.at, value.end]);
  return value?.is;
}

/** How much of a text's terms, 0 to 1, a subject speaks of; it speaks of all values of its kinds. */
export function shareOf(text: string, about: string, kinds: readonly (Kind | undefined)[]): number {
  const values = [...new Set(kinds)].flatMap((kind) => (kind ? valuesIn({ text, taken: [] }, kind) : []));
  const known = new Set([...terms(about), ...values.flatMap(({ is }) => terms(String(is)))]);
  const telling = terms(proseInSigns(text));
  const weigh = (some: string[]) => some.reduce((sum, term) => sum + (requestVerbs.has(term) ? 0.25 : 1), 0);
  return weigh(telling.filter((term) => known.has(term))) / Math.max(1, weigh(telling));
}
