/** How the offline model judges: what a text is most about, and by what can be measured of it how good it is. */
import { section, sentences, terms, words } from "../text.ts";
import { kindAskedFor, readSource, withSigns } from "./values.ts";

/** How much of a text's terms, 0 to 1, a subject speaks of. A value that it may have, but need not, is no sign of it. */
export function shareOf(
  about: string,
  fields: readonly { about: string; isRequired: boolean }[],
): (text: string) => number {
  const vocabulary = new Set(terms([about, ...fields.map((field) => field.about)].join(" ")));
  return (text) => {
    const source = readSource(text);
    const inValues = (required: boolean) => {
      const kinds = fields
        .filter(({ isRequired }) => isRequired === required)
        .map((field) => kindAskedFor(field.about));
      const values = [...new Set(kinds)].flatMap((kind) => (kind ? source.free(kind) : []));
      return new Set(values.flatMap(({ is }) => terms(String(is))));
    };
    const [must, may] = [inValues(true), inValues(false)];
    const telling = terms(withSigns(text)).filter((term) => !may.has(term));
    return telling.filter((term) => must.has(term) || vocabulary.has(term)).length / Math.max(1, telling.length);
  };
}

export const draftHeading = /^(?:\S+ ){0,2}(?:draft|text|result|answer|report|work|output|code)$/iu;
export const taskHeading = /^(?:\S+ ){0,2}(?:task|question|request|goal)$/iu;

/** How good the draft in a message is, 0 to 1, and why: by the criterion, or all in all, its length aside. */
export function judge(message: string, criterion = ""): { readonly share: number; readonly reason: string } {
  const text = section(message, draftHeading) ?? message;
  const [all, said] = [sentences(text), new Set(terms(text))];
  const wanted = words(section(message, taskHeading) ?? "").filter((word) => terms(word).length > 0);
  const missing = wanted.filter((word) => !said.has(terms(word).join()));
  const [length, longest] = [words(text).length, Math.max(1, ...all.map((sentence) => words(sentence).length))];
  const repeated = all.length - new Set(all).size;
  const measures: readonly (readonly [of: RegExp, share: number, reason: string])[] = [
    [/length|detail|depth/iu, length / 40, `It has ${length} words.`],
    [/clear|clarity|read|concis|style/iu, 25 / longest, `Its longest sentence has ${longest} words.`],
    [/repe|origin|varie/iu, 1 - repeated / Math.max(1, all.length), `${repeated} of its sentences are repeated.`],
    [/./u, 1 - missing.length / Math.max(1, wanted.length), `It leaves out: ${missing.join(", ") || "nothing"}.`],
  ];
  const worst = measures.slice(1).toSorted(([, one], [, other]) => one - other);
  const [, share = 0, reason = ""] = measures.find(([of]) => of.test(criterion)) ?? worst[0] ?? [];
  return { share: Math.min(1, share), reason };
}
