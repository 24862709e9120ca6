/** Arithmetic as people say and set it, in some languages, written in signs; and what looks like it. */

export const url = /\bhttps?:\/\/[^\s<>"'“”]+[^\s<>"'“”.,;:!?)]/giu;
export const month = "(?:January|February|March|April|May|June|July|August|September|October|November|December)";
const day = `(?:\\d{1,2}\\s)?${month}\\s(?:\\d{1,2},?\\s)?\\d{4}`;
export const date = new RegExp(`\\b(?:\\d{4}-\\d\\d-\\d\\d|${day}|(?<=\\b(?:in|since|until)\\s)\\d{4})\\b`, "giu");
const noArithmetic = new RegExp(`${url.source}|${date.source}`, "giu");

const number = "\\d+(?:\\.\\d+)?";
const several = `(${number}(?:(?:,\\s|,?\\s(?:and|und|et|to)\\s)${number})+)`;
const signs: readonly (readonly [RegExp, string])[] = [
  [new RegExp(`\\b(?:add|(?:sum|summe|somme)\\s(?:of|von|de))\\s${several}`, "giu"), "sum($1)"],
  [new RegExp(`\\b(?:average|mean|durchschnitt|moyenne)\\s(?:of|von|de)\\s${several}`, "giu"), "mean($1)"],
  [/(?<=\([\d., ]{1,200}),?\s(?:and|und|et|to)\s(?=\d)/giu, ", "],
  [new RegExp(`\\bdivi\\w+\\s(${number})\\s(?:by|durch|par)\\s`, "giu"), "$1 / "],
  [new RegExp(`\\bsubtra\\w+\\s(${number})\\s(?:from|von)\\s(${number})`, "giu"), "$2 - $1"],
  [/(\d)\s?(?:%|percent|prozent)\s(?:of|von|de)\s/giu, "$1 / 100 * "],
  [/\bplus\b/giu, "+"],
  [/\b(?:minus|moins)\b|[−–]/giu, "-"],
  [/(?<=[\d)]\s)(?:times|(?:multiplied )?by|mal|fois)\b|[×·]|(?<!\b0)(?<=\d\s?)x(?=\s?\d)/giu, "*"],
  [/(?<=[\d)]\s)(?:divided by|geteilt durch|divisé par)\b|÷/giu, "/"],
];

/** "2 plus 15% of 80" -> "2 + 15 / 100 * 80"; what is written in signs stays as it is. */
export function inSigns(text: string): string {
  return signs.reduce((said, [way, sign]) => said.replace(way, sign), text);
}

/** A text's prose with its arithmetic in signs: addresses and dates are none, and a comma is but one of thousands. */
export function proseInSigns(text: string): string {
  const bare = text.replace(noArithmetic, "_");
  const whole = bare.replace(/(?<![\d(,.])(\d{1,3}),(\d{3})(?:,(\d{3}))?(?:,(\d{3}))?(?![\d,)])/gu, "$1$2$3$4");
  return inSigns(whole).replace(/,\s(?![^()]{0,200}\))/gu, "; ");
}

/** What may be an expression in prose that `proseInSigns` has written. */
export const expression =
  /(?:(?<!\w)[a-z]\w{0,15}(?=\()|\b(?:pi|e)\b|\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\p{L}_])|\.\d+|[-+*/^%!(),]|\s)+/giu;

/** Keeps what operates on numbers, without loose signs at its ends; undefined where nothing does. */
export function tidyExpression(text: string): string | undefined {
  const tidy = text.replace(/^[\s*/^%!,]+/u, "").replace(/(?<![\s*/^+,-])[\s*/^+,-]+$/u, "");
  const operates = /[\d)ei!%]\s?[-+*/^]\s?[-+]?\s?[\da-z(.]|[a-z]\(|\d!/iu.test(tidy) && /\d/u.test(tidy);
  return operates ? tidy : undefined;
}

/** True if a text has something to calculate. */
export function hasArithmetic(text: string): boolean {
  const found = proseInSigns(text).match(expression) ?? [];
  return found.some((each) => tidyExpression(each) !== undefined);
}
