/** The values that a text mentions: expressions, addresses, dates, time zones, quotations, names and numbers. */
import { terms, words } from "./text.ts";

/** `at` and `end` are roughly where it stands in the text. */
type Value = { readonly is: string | number; readonly at: number; readonly end: number };
/** `asked`: how a field says that it wants just this kind. `read` refuses what only looks so. */
export type Kind = { pattern: RegExp; asked?: RegExp; read?: (match: string) => Value["is"] | undefined };

const url = /\bhttps?:\/\/[^\s<>"'“”]+[^\s<>"'“”.,;:!?)]/giu;
const date = /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\s[a-z]{3,9}\s\d{4}\b|\b[a-z]{3,9}\s\d{1,2},?\s\d{4}\b/giu;
const expression =
  /(?:(?<![\p{L}\d])[a-z][a-z0-9]{0,15}(?=\()|\b(?:pi|e)\b|\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\p{L}_])|\.\d+|[-+*/^%!(),]|\s)+/giu;
/** Capitalised words in a row; a lone one at a sentence's start only if it is plainly the subject. */
const name =
  /(?<![\p{L}\p{N}]|\d\s)\p{Lu}[\p{L}\p{M}'’-]*(?:(?:\s\p{Lu}[\p{L}\p{M}'’-]*)+|(?=\s(?:is|was|has|had|lives|works|and)\b)|(?<!(?:^|[.!?]\s)\p{Lu}[\p{L}\p{M}'’-]*))/gu;

/** IANA names ("asia/tokyo", "utc") and the places in them ("tokyo", "new york") -> IANA names. */
const zones = new Map(
  ["UTC", ...Intl.supportedValuesOf("timeZone")].flatMap((zone) => {
    const spellings = [zone, zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ")];
    return spellings.map((spelling) => [spelling.toLowerCase(), zone] as const);
  }),
);
const zone = new RegExp(`\\b(?:${[...zones.keys()].join("|")})\\b`, "giu");

export const kinds = {
  expression: { pattern: expression, asked: /expression|formula|arithmetic|equation/iu, read: tidyExpression },
  url: { pattern: url, asked: /\bur[il]\b|\blink\b|web address/iu },
  date: { pattern: date, asked: /\bdate\b/iu },
  timeZone: { pattern: zone, asked: /\btime ?zone\b|\biana\b/iu, read: (place) => zones.get(place.toLowerCase()) },
  quotation: { pattern: /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,500})'(?!\w)/gu },
  name: { pattern: name },
  number: { pattern: /(?<![\p{L}\d.])-?\d+(?:,\d{3})*(?:\.\d+)?/gu, read: (said) => Number(said.replaceAll(",", "")) },
} satisfies Record<string, Kind>;

/** How arithmetic is said or set -> how it is written. */
const signs: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${url.source}|${date.source}`, "giu"), "_"],
  [/(?<![\d(,.])(\d{1,3}),(\d{3})(?:,(\d{3}))?(?:,(\d{3}))?(?![\d,)])/gu, "$1$2$3$4"],
  [/(\d)\s?(?:%|percent)\sof\s/giu, "$1 / 100 * "],
  [/\bplus\b/giu, "+"],
  [/\bminus\b|[−–]/giu, "-"],
  [/\btimes\b|\bmultiplied by\b|[×·]|(?<=\d\s?)x(?=\s?\d)/giu, "*"],
  [/\bdivided by\b|÷/giu, "/"],
];

/** The text with its arithmetic written in signs: "2 plus 15% of 80" -> "2 + 15 / 100 * 80". */
const withSigns = (text: string) => signs.reduce((said, [way, sign]) => said.replace(way, sign), text);

/** The kind of values that a field asks for, if any, by its name, description and format; other fields take what fits. */
export const kindAskedFor = (about: string) => Object.values<Kind>(kinds).find(({ asked }) => asked?.test(about));

export type Source = ReturnType<typeof readSource>;

/** A text while it is used up: what it mentions, and what of that is taken; `isWhole`: a field takes all of it. */
export function readSource(text: string, isWhole = false) {
  const taken: Value[] = [];
  const values = new Map<Kind, Value[]>();
  const phrase = ` ${words(text).join(" ")} `;
  const says = (what: unknown) => phrase.includes(` ${words(JSON.stringify(what) ?? "").join(" ")} `);
  return { text, isWhole, taken, free, take, says };

  /** What is not taken, nor part of what is. Of a long text only the first values, for the sake of linear time. */
  function free(kind: Kind | undefined): Value[] {
    if (!kind) return [];
    const { pattern, read = (match) => match } = kind;
    const matches = values.has(kind) ? [] : (kind === kinds.expression ? withSigns(text) : text).matchAll(pattern);
    const found = [...matches].slice(0, 1_000).flatMap((match) => {
      const is = read(match.slice(1).find((group) => group !== undefined) ?? match[0]);
      return is === undefined ? [] : [{ is, at: match.index, end: match.index + match[0].length }];
    });
    if (!values.has(kind)) values.set(kind, found);
    return (values.get(kind) ?? []).filter(({ at, end }) => !taken.some((other) => at < other.end && other.at < end));
  }

  /** Takes the free value that stands nearest to where the text names the field, or else the first. */
  function take(kind: Kind, field: string, fits = (_: Value["is"]) => true): Value["is"] | undefined {
    const lower = text.toLowerCase();
    const name = words(field).find((word) => lower.includes(word)) ?? "";
    const start = lower.indexOf(name);
    const gap = ({ at, end }: Value) => Math.max(at - start - name.length, start - end);
    const fitting = free(kind).filter(({ is }) => fits(is));
    const [nearest] = fitting.sort((one, other) => gap(one) - gap(other));
    if (nearest) taken.push(nearest);
    return nearest?.is;
  }
}

/** How much of a text's terms, 0 to 1, a subject speaks of; what it needs values of, it speaks of too. */
export function shareOf(text: string, about: string, needed: readonly (Kind | undefined)[]): number {
  const values = [...new Set(needed)].flatMap(readSource(text).free);
  const known = new Set([...terms(about), ...values.flatMap(({ is }) => terms(String(is)))]);
  const telling = terms(withSigns(text));
  return telling.filter((term) => known.has(term)).length / Math.max(1, telling.length);
}

/** Keeps what operates on numbers, without loose signs at its ends. */
function tidyExpression(text: string): string | undefined {
  const tidy = text.replace(/^[\s*/^%!,]+/u, "").replace(/(?<![\s*/^+,-])[\s*/^+,-]+$/u, "");
  const operates = /[\d)ei!%]\s?[-+*/^]\s?[-+]?\s?[\da-z(.]|[a-z]\(|\d!/iu.test(tidy) && /\d/u.test(tidy);
  return operates ? tidy : undefined;
}
