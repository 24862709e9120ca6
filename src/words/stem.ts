/**
 * English words without their endings and in one spelling, after Porter's algorithm (1980): "compiling", "compiled" and
 * "compiles" are one. Both databases index what this gives, so that they find the same.
 */

const vowels = "aeiou";

/** Endings that are taken off where enough of the word is left; the longest that fits counts. */
const derived: readonly (readonly [string, string])[] = [
  ["ational", "ate"],
  ["ization", "ize"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["iveness", "ive"],
  ["tional", "tion"],
  ["biliti", "ble"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["ation", "ate"],
  ["entli", "ent"],
  ["ousli", "ous"],
  ["alism", "al"],
  ["icate", ""],
  ["alize", "al"],
  ["ical", "ic"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["ator", "ate"],
  ["alli", "al"],
  ["eli", "e"],
  ["bli", "ble"],
  ["ness", ""],
  ["ful", ""],
];
const final = /^(.+?)(ement|ance|ence|able|ible|ment|(?<=[st])ion|ant|ent|ism|ate|iti|ous|ive|ize|eri|al|er|ic|ou|or)$/;

/** The same few thousand words make up most of a text. */
const known = new Map<string, string>();
const mostKnown = 20_000;
/** The endings are sought in quadratic time, and no dictionary has a longer word. */
const longestWord = 60;

/** Words that have other letters than a to z, or more than a word has, are given as they are. */
export function stem(word: string): string {
  if (word.length > longestWord) return word;
  const before = known.get(word);
  if (before !== undefined) return before;
  if (known.size >= mostKnown) known.clear();
  const root = word.length < 3 || !/^[a-z]+$/.test(word) ? word : rootOf(inOneSpelling(word));
  known.set(word, root);
  return root;
}

/** British and American spelling made one; what other words it changes, it changes in questions too. */
function inOneSpelling(word: string): string {
  return word
    .replace(/is(e[ds]?|ing|ation|ations|er|ers)$/, "iz$1")
    .replace(/(?<=.{2})our(s|ed|ing|ful)?$/, "or$1")
    .replace(/ence(s|d)?$/, "ense$1")
    .replace(/(?<=[bt])re$/, "er");
}

function rootOf(word: string): string {
  let root = withoutTense(withoutPlural(word));
  if (/[aeiouy].*y$/.test(root)) root = `${root.slice(0, -1)}i`;
  for (const [ending, shorter] of derived) {
    if (!root.endsWith(ending)) continue;
    const rest = root.slice(0, -ending.length);
    if (measure(rest) > 0) root = rest + shorter;
    break;
  }
  const [, rest = ""] = final.exec(root) ?? [];
  if (measure(rest) > 1) root = rest;
  root = root.replace(/e$/, "");
  return root.endsWith("ll") && measure(root) > 1 ? root.slice(0, -1) : root;
}

function withoutPlural(word: string): string {
  if (/(?:ia|u)ses$/.test(word)) return word.slice(0, -2);
  if (/(?:ss|i)es$/.test(word)) return word.slice(0, -2);
  return word.replace(/(?<![siu]|ia)s$/, "");
}

function withoutTense(word: string): string {
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const [, rest = ""] = /^(.*[aeiouy].*?)(?:ed|ing)$/.exec(word) ?? [];
  if (!rest) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  return /([^aeioulsz])\1$/.test(rest) ? rest.slice(0, -1) : rest;
}

/** How many times a consonant follows a vowel: about the number of its syllables. */
function measure(word: string): number {
  let [count, wasVowel] = [0, false];
  for (const [index, letter] of [...word].entries()) {
    const isVowel = vowels.includes(letter) || (letter === "y" && index > 0 && !wasVowel);
    if (wasVowel && !isVowel) count++;
    wasVowel = isVowel;
  }
  return count;
}
