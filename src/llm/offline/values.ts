/** The values that a text mentions: expressions, addresses, dates, time zones, quotations, names and numbers. */
import { terms, words } from "../text.ts";

/** `at` and `end` are roughly where it stands in the text. */
type Value = { readonly is: string | number; readonly at: number; readonly end: number };
/** `asked`: how a field says that it wants just this kind; `label`: how a list does. `read` refuses what only looks so. */
type Kind = { pattern: RegExp; asked?: RegExp; label?: RegExp; read?: (match: string) => Value["is"] | undefined };

const url = /\bhttps?:\/\/[^\s<>"'“”]+[^\s<>"'“”.,;:!?)]/giu;
const date = /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}\s[a-z]{3,9}\s\d{4}\b|\b[a-z]{3,9}\s\d{1,2},?\s\d{4}\b/giu;
const expression =
  /(?:(?<![\p{L}\d])[a-z][a-z0-9]{0,15}(?=\()|\b(?:pi|e)\b|\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\p{L}_])|\.\d+|[-+*/^%!(),]|\s)+/giu;
/** Capitalised words in a row; a lone one at a sentence's start only if it is plainly the subject. */
const name =
  /(?<![\p{L}\p{N}]|\d\s)\p{Lu}[\p{L}\p{M}'’-]*(?:(?:\s\p{Lu}[\p{L}\p{M}'’-]*)+|(?=\s(?:is|was|has|had|lives|works|and)\b)|(?<!(?:^|[.!?]\s)\p{Lu}[\p{L}\p{M}'’-]*))/gu;
const place = /(?<=\b(?:in|at|from|near|to)\s)\p{Lu}[\p{L}\p{M}'’-]*(?:\s\p{Lu}[\p{L}\p{M}'’-]*)*/gu;
const organisation =
  /(?:\p{Lu}[\p{L}&-]*\s)+(?:Inc|Ltd|GmbH|Bank|University|Institute|Agency)\b|University of \p{Lu}\p{L}+/gu;
const number = /(?<![\p{L}\d.])-?\d+(?:,\d{3})*(?:\.\d+)?/gu;

/** IANA names ("asia/tokyo", "utc") and the places in them ("tokyo", "new york") -> IANA names. */
const zones = new Map(
  ["UTC", ...Intl.supportedValuesOf("timeZone")].flatMap((zone) => {
    const place = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
    return [zone, place].map((spelling) => [spelling.toLowerCase(), zone] as const);
  }),
);
const zone = new RegExp(`\\b(?:${[...zones.keys()].join("|")})\\b`, "giu");

const kinds = {
  expression: { pattern: expression, asked: /expression|formula|arithmetic|equation/iu, read: tidyExpression },
  url: { pattern: url, asked: /\bur[il]\b|\blink\b|web address/iu },
  email: { pattern: /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/gu, asked: /\be-?mail\b/iu },
  date: { pattern: date, asked: /\bdate\b/iu, read: isoDate },
  timeZone: { pattern: zone, asked: /\btime ?zone\b|\biana\b/iu, read: (place) => zones.get(place.toLowerCase()) },
  quotation: { pattern: /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,500})'(?!\w)/gu },
  organisation: { pattern: organisation, label: /organi[sz]ation|company|institution/iu },
  place: { pattern: place, label: /place|location|city|country/iu },
  name: { pattern: name, label: /person|people|name/iu },
  number: { pattern: number, label: /amount|number|quantity/iu, read: (digits) => Number(digits.replaceAll(",", "")) },
} satisfies Record<string, Kind>;
type KindName = keyof typeof kinds;

/** How arithmetic is said or set -> how it is written. */
const signs: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`${url.source}|${date.source}`, "giu"), "_"],
  [/(?<![\d(,.])(\d{1,3}),(\d{3})(?:,(\d{3}))?(?:,(\d{3}))?(?![\d,)])/gu, "$1$2$3$4"],
  [/(\d)\s?(?:%|percent)\sof\s/giu, "$1 / 100 * "],
  [/\bsquare root of\s(\d+(?:\.\d+)?)/giu, "sqrt($1)"],
  [/\bplus\b/giu, "+"],
  [/\bminus\b|[−–]/giu, "-"],
  [/\btimes\b|\bmultiplied by\b|[×·]|(?<=\d\s?)x(?=\s?\d)/giu, "*"],
  [/\bdivided by\b|÷/giu, "/"],
  [/\b(?:raised )?to the power of\b|\*\*/giu, "^"],
];

/** The text with its arithmetic written in signs: "2 plus 15% of 80" -> "2 + 15 / 100 * 80". */
export function withSigns(text: string): string {
  return signs.reduce((written, [said, sign]) => written.replace(said, sign), text);
}

/** The kind of values that a field asks for, by its name, description and format; other fields take what fits. */
export function kindAskedFor(about: string): KindName | undefined {
  return (Object.keys(kinds) as KindName[]).find((kind) => (kinds[kind] as Kind).asked?.test(about));
}

export type Source = ReturnType<typeof readSource>;

/** A text while it is used up: what it mentions, and what of that is taken. */
export function readSource(text: string) {
  const taken: Value[] = [];
  const values = new Map<KindName, Value[]>();
  let phrase = "";
  return { text, taken, free, take, says, named };

  function says(label: unknown): boolean {
    phrase ||= ` ${words(text).join(" ")} `;
    return phrase.includes(` ${words(JSON.stringify(label) ?? "").join(" ")} `);
  }

  /** What the text names of the kinds that have such a label, as it is written there, in its order. */
  function named(labels: readonly string[]) {
    const isNaming = labels.some((each) => Object.values<Kind>(kinds).some(({ label }) => label?.test(each)));
    if (!isNaming) return undefined;
    const found = (Object.keys(kinds) as KindName[]).flatMap((kind) => {
      const { asked, label: called = asked }: Kind = kinds[kind];
      const label = labels.find((each) => called?.test(each));
      const values = label === undefined ? [] : free(kind).filter(({ is }) => terms(String(is)).length > 0);
      taken.push(...values);
      return values.map(({ at, end }) => ({ at, text: text.slice(at, end).trim(), label }));
    });
    return found.sort((one, other) => one.at - other.at);
  }

  /** What is not taken, nor part of what is. */
  function free(kind: KindName): Value[] {
    const found = values.get(kind) ?? valuesIn(text, kind);
    values.set(kind, found);
    return found.filter(({ at, end }) => !taken.some((other) => at < other.end && other.at < end));
  }

  /** Takes the free value that stands nearest to where the text names the field, or else the first. */
  function take(kind: KindName, field: string, fits = (_: Value["is"]) => true): Value["is"] | undefined {
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

function valuesIn(text: string, kind: KindName): Value[] {
  const { pattern, read = (match) => match }: Kind = kinds[kind];
  return [...(kind === "expression" ? withSigns(text) : text).matchAll(pattern)].flatMap((match) => {
    const is = read(match.slice(1).find((group) => group !== undefined) ?? match[0]);
    return is === undefined ? [] : [{ is, at: match.index, end: match.index + match[0].length }];
  });
}

/** Keeps what operates on numbers, without loose signs and brackets at its ends. */
function tidyExpression(text: string): string | undefined {
  const balanced = text.replaceAll("(", "").length === text.replaceAll(")", "").length;
  const closed = balanced ? text : text.replace(/^[\s(]+/u, "").replace(/(?<![\s)])[\s)]+$/u, "");
  const tidy = closed.replace(/^[\s*/^%!,]+/u, "").replace(/(?<![\s*/^+,-])[\s*/^+,-]+$/u, "");
  const operates = /[\d)ei!%]\s?[-+*/^]\s?[-+]?\s?[\da-z(.]|[a-z]\(|\d!/iu.test(tidy) && /\d/u.test(tidy);
  return operates ? tidy : undefined;
}

function isoDate(text: string): string | undefined {
  const day = new Date(`${text} UTC`);
  return Number.isNaN(day.getTime()) ? undefined : day.toISOString().slice(0, 10);
}
