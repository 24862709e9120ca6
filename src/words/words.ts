/** The words of a text, read in one way by the index of documents, the graphs' guards and the offline model. */
import { stem } from "./stem.ts";

/** Words of English and German that say how a text speaks or asks, not what it is about. */
const functionWords = new Set(
  `a an the this that these those there here it its i me my mine we us our ours you your yours he him his she her they
  them their who whom whose which what whats when where why how is are was were be been being am do does did done have
  has had can could will would shall should may might must and or but if then so than as of in on at to from for with by
  about into over under after before until not no yes also just very more most some any all each both much many please
  tell give show let hello hi hey dear thanks need needs want wants like work works happen happens thing things
  der die das den dem des ein eine einen einem einer eines und oder aber wenn dann so als von im in an am auf zu zum
  zur aus mit bei fur uber ist sind war waren sein bin bist hat habe haben hatte kann konnen darf durfen muss mussen wird werden wurde soll nicht
  kein keine ja nein auch nur sehr mehr viel viele ich du er sie es wir ihr mein dein was wer wie wo wann warum welche welcher
  mir dir mich dich bitte`.split(/\s+/),
);

/** Scripts that set no spaces between words: these are read by pairs of letters. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]+/u;
const run = new RegExp(`${unspaced.source}|[\\p{L}\\p{M}\\p{N}]+`, "gu");
/** What two words with one meaning have in common, in languages that form long words of short ones, too. */
const longestTerm = 6;

/** The words of a text without accents and the widths of letters, each as its parts: "fooBar" is foo and bar. */
export function readWords(text: string): string[][] {
  const plain = text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]+/g, "")
    .normalize("NFC");
  return (plain.match(run) ?? []).flatMap((word) => {
    if (unspaced.test(word)) return pairs([...word]).map((pair) => [pair]);
    return [word.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u).map((part) => part.toLowerCase())];
  });
}

/** The words of a text, or of a name such as `timeZone` or `time_zone`, in lower case; "1,250" is the word 1250. */
export function words(text: string): string[] {
  const read = readWords(text.replace(/(?<=\d),(?=\d{3}(?!\d))/g, ""));
  return read.flatMap((parts) => parts.map((part) => part.toLowerCase()));
}

/** The words that carry the meaning, in their order, each cut to what its forms have in common. */
export function terms(text: string): string[] {
  const carrying = words(text).filter((word) => !functionWords.has(word) && !/^[a-z]$/.test(word));
  return carrying.map((word) => stem(word).slice(0, longestTerm).replace(/e$/, ""));
}

function pairs(letters: readonly string[]): string[] {
  return letters.length === 1 ? [...letters] : letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}
