/** The words that carry a text's meaning, in a form in which two wordings of the same thing can be compared. */

/** Words of English and German that say how a text speaks, not what it is about. */
const functionWords = new Set(
  `a an the this that these those there here it its i me my we us our you your he him his she her they them their who
  whom whose which what when where why how is are was were be been being am do does did done have has had can could
  will would shall should may might must and or but if then so than as of in on at to from for with by about into
  over under after before not no yes also just very more most some any all each both please tell
  der die das den dem des ein eine einen einem einer eines und oder aber wenn dann so als von im in an am auf zu zum
  zur aus mit bei fur uber ist sind war waren sein bin bist hat haben hatte kann konnen wird werden wurde soll nicht
  kein keine ja nein auch nur sehr mehr ich du er sie es wir ihr mein dein was wer wie wo wann warum welche welcher
  mir dir mich dich bitte`.split(/\s+/),
);

const pictographs = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+$/u;

/** Without case, accents, and the widths and ligatures that Unicode has for the same letter. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

/** The terms of a text, in its order: folded, each cut to a common stem; pairs where a script sets no spaces. */
export function terms(text: string): string[] {
  const words = fold(text).match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]+|[\p{L}\p{N}]+/gu) ?? [];
  return words.flatMap((word) => {
    if (pictographs.test(word)) return pairs([...word]);
    if (functionWords.has(word) || /^[a-z]$/.test(word)) return [];
    return [stem(word)];
  });
}

/** The numbers that a text names, without their thousands' separators: "1,234.50" is "1234.50". */
export function numbers(text: string): string[] {
  const found = text.normalize("NFKC").match(/\d+(?:[.,]\d+)*/g) ?? [];
  return found.map((number) => number.replace(/[.,](?=\d{3}(?!\d))/g, "").replace(",", "."));
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

function stem(word: string): string {
  return (word.length > 3 ? word.replace(/s$/, "") : word).slice(0, 6);
}

function pairs(signs: readonly string[]): string[] {
  return signs.length === 1 ? [...signs] : signs.slice(1).map((sign, index) => `${signs[index]}${sign}`);
}
