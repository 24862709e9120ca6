/**
 * What a measure of words lets pass: a sentence that has the words of its source and says another thing, by a "not" more
 * or less, or by another number or unit. Clauses are held against each other that share nearly all their words; of all
 * others nothing is said.
 */
import { sentencesOf } from "./sentences.ts";
import { numbers, share, terms, withDigits } from "./terms.ts";

export interface Clause {
  readonly terms: ReadonlySet<string>;
  /** Such as "30 s", or "30" where no unit is known. */
  readonly quantities: readonly string[];
  readonly isNegated: boolean;
}

/** A word of its own. */
const word = (words: string) => `(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`;
/** Finer than grammar has it: what is not said of one thing may be said of the next. */
const seam = new RegExp(
  `[;:()|–—]|[.,!?](?=\\s|$)|${word(
    "and|or|but|if|when|while|where|whereas|unless|that|which|who|because|since|so|than|und|oder|aber|sondern|wenn|dass|" +
      "weil|während|als|sofern|welche[rsnm]?",
  )}`,
  "giu",
);
const noNegation = new RegExp(word("not only|nicht nur"), "giu");
const negation = new RegExp(
  word(
    "not|\\p{L}+n['’]t|cannot|no|never|none|neither|nobody|nothing|nowhere|without|" +
      "nicht|nichts|kein\\p{L}{0,2}|nie|niemals|niemand|nirgends|ohne|weder",
  ),
  "giu",
);
/** Units with all that is written for them. */
const units: readonly (readonly [string, string])[] = [
  ["ms", "ms|milliseconds?|millisekunden?"],
  ["s", "s|secs?|seconds?|sekunden?"],
  ["min", "mins?|minutes?|minuten?"],
  ["h", "h|hours?|stunden?"],
  ["d", "days?|tagen?|tage?"],
  ["week", "weeks?|wochen?"],
  ["month", "months?|monate?n?"],
  ["year", "years?|jahre?n?"],
  ["%", "%|percent|prozent"],
  ["kB", "kb|kib|kilobytes?"],
  ["MB", "mb|mib|megabytes?"],
  ["GB", "gb|gib|gigabytes?"],
];
const unit = units.map(([, written]) => written).join("|");
const quantity = new RegExp(`(?<![\\p{L}\\p{N}.])(\\d+(?:[.,]\\d+)*)(?:\\s?(${unit})(?![\\p{L}\\p{N}]))?`, "giu");
/** From this share of a clause's terms on another one is about the same. */
const enough = 0.85;

/** What is said in a text, part by part. */
export function clausesOf(text: string): Clause[] {
  const parts = sentencesOf(text).flatMap((sentence) => sentence.split(seam));
  return parts.map(read).filter((clause) => clause.terms.size >= 2);
}

/** True if a part of the claim is what the sources have, turned round: some of them deny it, and none says it. */
export function isTurnedRound(claim: string, sources: readonly Clause[]): boolean {
  return clausesOf(claim).some((said) => {
    const same = sources.filter((source) => isAboutTheSame(said, source));
    return same.some((source) => denies(source, said)) && !same.some((source) => affirms(source, said));
  });
}

function read(part: string): Clause {
  const digits = withDigits(part);
  const quantities = [...digits.matchAll(quantity)].map(([, number = "", written]) => {
    const [known] = units.find(([, all]) => written && new RegExp(`^(?:${all})$`, "i").test(written)) ?? [];
    return [...numbers(number), known].filter(Boolean).join(" ");
  });
  const rest = digits.replace(quantity, " ").replace(noNegation, " ");
  const isNegated = (rest.match(negation)?.length ?? 0) % 2 === 1;
  return { terms: new Set(terms(rest.replace(negation, " "))), quantities, isNegated };
}

/** All of a short clause, or nearly all of a longer one, which the other may go beyond. */
function isAboutTheSame(said: Clause, source: Clause): boolean {
  if (share([...said.terms], source.terms) < enough) return false;
  return said.terms.size > 2 || share([...source.terms], said.terms) >= enough;
}

function affirms(source: Clause, said: Clause): boolean {
  return source.isNegated === said.isNegated && said.quantities.every((each) => hasQuantity(source, each));
}

function denies(source: Clause, said: Clause): boolean {
  if (source.isNegated !== said.isNegated) return true;
  return source.quantities.length > 0 && !said.quantities.every((each) => hasQuantity(source, each));
}

/** A number whose unit one of them leaves out is the same. */
function hasQuantity({ quantities }: Clause, sought: string): boolean {
  const [number] = sought.split(" ");
  return quantities.some((each) => each === sought || each === number || each.split(" ")[0] === sought);
}
