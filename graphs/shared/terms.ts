/** What two wordings of the same thing have in common: their terms, numbers and names. */
import { terms } from "../../src/words/words.ts";

export { terms };

/** Without case, accents, and the widths and ligatures that Unicode has for the same letter. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

/** The numbers that a text names, without their thousands' separators: "1,234.50" is "1234.50". */
export function numbers(text: string): string[] {
  const found = text.normalize("NFKC").match(/\d+(?:[.,]\d+)*/g) ?? [];
  return found.map((number) => number.replace(/[.,](?=\d{3}(?!\d))/g, "").replace(",", "."));
}

/** From two on: "one" is a pronoun, too. */
const counted = [
  ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
  ["zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"],
];
const spelled = new RegExp(`(?<![\\p{L}\\p{N}])(?:${counted.flat().join("|")})(?![\\p{L}\\p{N}])`, "giu");

/** The text with numbers up to twelve as digits: "two seconds" is "2 seconds". */
export function withDigits(text: string): string {
  return text.replace(spelled, (said) => {
    const places = counted.map((names) => names.indexOf(said.toLowerCase()));
    return String(Math.max(...places) + 2);
  });
}

/** The terms of the names in a sentence: its capitalised words, but for the first and those of one letter. */
export function names(sentence: string): string[] {
  const found = sentence.match(/(?<=[\p{L}\p{N},;:)"'”’]\s+["'“(]?)\p{Lu}[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return found.flatMap(terms);
}

/** How much of `sought` is among `there`, 0 to 1; 1 where nothing is sought. */
export function share(sought: readonly string[], there: ReadonlySet<string>): number {
  return sought.length === 0 ? 1 : sought.filter((term) => there.has(term)).length / sought.length;
}
