/** The values that a text mentions: expressions, addresses, dates, time zones, quotations, names and numbers. */
import { words } from "./text.ts";

interface Value {
  readonly is: string | number;
  /** Where in the text it stands, roughly: a value belongs to the field that is named nearest to it. */
  readonly at: number;
}

interface Kind {
  /** What a field for just such values says of itself; without it they fit anywhere. */
  readonly describedBy?: RegExp;
  readonly find: (text: string) => Value[];
}

const url = /\bhttps?:\/\/[^\s<>"'“”]+[^\s<>"'“”.,;:!?)]/giu;
const date =
  /\b\d{4}-\d{2}-\d{2}(?:T[\d:.]{5,12}(?:Z|[+-]\d\d:\d\d)?)?\b|\b\d{1,2}(?:st|nd|rd|th)?\s(?:of\s)?[a-z]{3,9}\s\d{4}\b|\b[a-z]{3,9}\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}\b/giu;
const email = /(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/gu;
const quotation = /"([^"\n]{1,500})"|“([^”\n]{1,500})”|`([^`\n]{1,500})`|(?<!\w)'([^'\n]{1,500})'(?!\w)/gu;
/** Capitalised words in a row; a lone one at a sentence's start only if it is plainly the subject. */
const name =
  /(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{M}'’-]*(?:(?:\s\p{Lu}[\p{L}\p{M}'’-]*)+|(?=\s(?:is|was|has|had|lives|works|and)\b)|(?<!(?:^|[.!?]\s)\p{Lu}[\p{L}\p{M}'’-]*))/gu;
const number = /(?<![\p{L}\d.])-?\d+(?:,\d{3})*(?:\.\d+)?/gu;
const expression =
  /(?:(?<![\p{L}\d])[a-z][a-z0-9]{0,15}(?=\()|\b(?:pi|e)\b|\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\p{L}_])|\.\d+|[-+*/^%!(),]|\s)+/giu;

/** How arithmetic is said or set -> how it is written. */
const signs: readonly (readonly [RegExp, string])[] = [
  [url, "_"],
  [date, "_"],
  [/(?<![\d(,.])(\d{1,3}),(\d{3})(?:,(\d{3}))?(?:,(\d{3}))?(?![\d,)])/gu, "$1$2$3$4"],
  [/(\d)\s?(?:%|percent)\sof\s/giu, "$1 / 100 * "],
  [/\bsquare root of\s(\d+(?:\.\d+)?)/giu, "sqrt($1)"],
  [/\bplus\b/giu, "+"],
  [/\bminus\b|[−–]/giu, "-"],
  [/\btimes\b|\bmultiplied by\b|[×·]|(?<=\d\s?)x(?=\s?\d)/giu, "*"],
  [/\bdivided by\b|÷/giu, "/"],
  [/\b(?:raised )?to the power of\b|\*\*/giu, "^"],
  [/\ssquared\b|²/giu, "^2"],
  [/\scubed\b|³/giu, "^3"],
];

/** IANA names ("asia/tokyo", "utc") and the places in them ("tokyo", "new york") -> IANA names. */
const zones = new Map(
  ["UTC", "GMT", ...Intl.supportedValuesOf("timeZone")].flatMap((zone) => {
    const place = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
    return [zone, place].map((spelling) => [spelling.toLowerCase(), zone] as const);
  }),
);
const longestFirst = [...zones.keys()].sort((one, other) => other.length - one.length);
const zone = new RegExp(`\\b(?:${longestFirst.join("|")})\\b`, "giu");

const kinds = {
  expression: {
    describedBy: /expression|formula|arithmetic|equation|calculation/iu,
    find: (text) => matches(withSigns(text), expression, tidyExpression),
  },
  url: { describedBy: /\bur[il]\b|\blink\b|web address/iu, find: (text) => matches(text, url) },
  email: { describedBy: /\be-?mail\b/iu, find: (text) => matches(text, email) },
  date: { describedBy: /\bdate\b/iu, find: (text) => matches(text, date, isoDate) },
  timeZone: {
    describedBy: /\btime ?zone\b|\biana\b/iu,
    find: (text) => matches(text, zone, (name) => zones.get(name.toLowerCase())),
  },
  quotation: { find: (text) => matches(text, quotation) },
  name: { find: (text) => matches(text, name) },
  number: { find: (text) => matches(text, number, (digits) => Number(digits.replaceAll(",", ""))) },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
const kindsByName = Object.entries(kinds) as [KindName, Kind][];

/** A text while it is used up: what it mentions, and what of that is not taken yet. */
export class Source {
  readonly text: string;
  readonly #taken = new Set<Value>();
  readonly #values = new Map<KindName, readonly Value[]>();

  constructor(text: string) {
    this.text = text;
  }

  get takenCount(): number {
    return this.#taken.size;
  }

  free(kind: KindName): Value[] {
    const values = this.#values.get(kind) ?? kinds[kind].find(this.text);
    this.#values.set(kind, values);
    return values.filter((value) => !this.#taken.has(value));
  }

  /** Takes the free value that stands nearest to where the text names the field, or else the first. */
  take(kind: KindName, field: string, fits = (_: Value["is"]) => true): Value["is"] | undefined {
    const lower = this.text.toLowerCase();
    const named = Math.max(0, ...words(field).map((word) => lower.indexOf(word)));
    const fitting = this.free(kind).filter(({ is }) => fits(is));
    const [nearest] = fitting.sort((one, other) => Math.abs(one.at - named) - Math.abs(other.at - named));
    if (nearest !== undefined) this.#taken.add(nearest);
    return nearest?.is;
  }
}

/** The kind of values that a field asks for, by its name, description and format. */
export function kindAskedFor(about: string): KindName | undefined {
  return kindsByName.find(([, { describedBy }]) => describedBy?.test(about))?.[0];
}

/** The text with its arithmetic written in signs: "2 plus 15% of 80" -> "2 + 15 / 100 * 80". */
export function withSigns(text: string): string {
  return signs.reduce((written, [said, sign]) => written.replace(said, sign), text);
}

function matches(text: string, pattern: RegExp, read = (match: string): string | number | undefined => match): Value[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const is = read(match.slice(1).find((group) => group !== undefined) ?? match[0]);
    return is === undefined ? [] : [{ is, at: match.index }];
  });
}

function isoDate(text: string): string | undefined {
  if (/^\d{4}/.test(text)) return text;
  const day = new Date(`${text.replace(/(?<=\d)(?:st|nd|rd|th)|\sof\b/giu, "")} UTC`);
  return Number.isNaN(day.getTime()) ? undefined : day.toISOString().slice(0, 10);
}

/** Keeps what operates on numbers, without loose signs and brackets at its ends. */
function tidyExpression(text: string): string | undefined {
  const balanced = text.replaceAll("(", "").length === text.replaceAll(")", "").length;
  const closed = balanced ? text : text.replace(/^[\s(]+/u, "").replace(/(?<![\s)])[\s)]+$/u, "");
  const tidy = closed.replace(/^[\s*/^%!,]+/u, "").replace(/(?<![\s*/^+,-])[\s*/^+,-]+$/u, "");
  const operates = /[\d)ei!%]\s?[-+*/^]\s?[-+]?\s?[\da-z(.]|[a-z]\(|\d!/iu.test(tidy) && /\d/u.test(tidy);
  return operates ? tidy : undefined;
}
