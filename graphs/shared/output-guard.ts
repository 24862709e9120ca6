/**
 * What an answer's sentences must pass before a user sees them, one by one: secrets and personal data are masked, a
 * sentence with a forbidden word is left out, and so is one with an address that no source has, or that its source does
 * not bear out.
 *
 *   sentence ─▶ mask ─▶ forbidden? ─▶ strange address? ─▶ grounded? ─▶ shown, with the markers of what it rests on
 *                          └──────────── held back ───────────┘
 *
 * Grounded is a measure of words, no proof: enough of the sentence's terms occur in one source, and all its numbers and
 * names do; and no source has it with a "not" more or less. It catches what was made up, and is blind to other words.
 */
import { addressesIn, withoutPictures } from "./addresses.ts";
import { type Citation, cite, isTableHead, type Passage, textOf } from "./citations.ts";
import { isAdmission, isNoClaim, isTitle } from "./claims.ts";
import { clausesOf, isTurnedRound } from "./contradiction.ts";
import { forbiddenIn, type GuardContext } from "./input-guard.ts";
import type { Judgement } from "./judgements.ts";
import { masker } from "./masker.ts";
import type { Outcome } from "./outcome.ts";
import { names, numbers, share, terms, withDigits } from "./terms.ts";

/** What an answer may rest on: passages by their markers, and texts without one (results of tools, the user's words). */
export interface Evidence {
  readonly passages: readonly Passage[];
  readonly texts: readonly string[];
}

export interface OutputGuard {
  /** The sentence as it may be shown, or "" if it may not. */
  check(sentence: string): string;
  /** What was cited so far, each span once, by marker. */
  citations(): Citation[];
  /** What happened so far: the share of claims that are grounded, and what was held back or masked. */
  judgements(): Judgement[];
  /** True as soon as a claim was shown. */
  hasAnswered(): boolean;
  /** True if what answered was held back, and nothing that was shown says so. */
  owesAnswer(): boolean;
  /** What it all came to. */
  outcome(): Outcome;
}

/** It is shown as it stands. */
const code = /^(?:```|~~~)/;
const markers = /\s*\[(\d{1,4})\]/g;
/** Characters whose clauses are looked at, which takes longer than looking at words; a long conversation has more. */
const mostRead = 100_000;

interface Source {
  readonly passage?: Passage;
  readonly terms: ReadonlySet<string>;
  readonly numbers: ReadonlySet<string>;
}

/** @param settings a context that has been parsed, so that its defaults are there */
export function createOutputGuard({ passages, texts }: Evidence, settings: GuardContext): OutputGuard {
  const { forbidden, grounding } = settings;
  const mask = masker(settings);
  const read = (text: string) => ({ terms: new Set(terms(text)), numbers: new Set(numbers(withDigits(text))) });
  const sources: Source[] = [
    ...passages.map((passage) => ({
      passage,
      ...read(`${passage.title} ${passage.heading ?? ""} ${textOf(passage)}`),
    })),
    ...texts.map(read),
  ];
  const known = new Set([...passages.map(textOf), ...texts].flatMap(addressesIn));
  const clauses = clausesOf([...passages.map(textOf), ...texts].join("\n\n").slice(0, mostRead));
  const cited: Citation[] = [];
  /** They are shown with what stands under them: by themselves they answer nothing. */
  const titles: string[] = [];
  const counts = { grounded: 0, ungrounded: 0, masked: 0, forbidden: 0, admitted: 0 };

  /** How well a source bears the claim out: a share, or 0 where a number, a name or too much else is missing. */
  function support(claim: string, source: Pick<Source, "terms" | "numbers">): number {
    if (!numbers(claim).every((number) => source.numbers.has(number))) return 0;
    if (!names(claim).every((name) => source.terms.has(name))) return 0;
    const found = share(terms(claim), source.terms);
    return found >= grounding ? found : 0;
  }

  /** The sources of a claim: those that it names, if they bear it out together, or else the one that does so best. */
  function sourcesOf(claim: string, named: ReadonlySet<number>): Source[] {
    const asked = sources.filter(({ passage }) => passage && named.has(passage.marker));
    const all = <Item>(of: (source: Source) => ReadonlySet<Item>) => new Set(asked.flatMap((each) => [...of(each)]));
    const together = { terms: all(({ terms }) => terms), numbers: all(({ numbers }) => numbers) };
    if (asked.length > 0 && support(claim, together) > 0) return asked;
    const weighed = sources.map((source) => ({ source, weight: support(claim, source) }));
    const [best] = weighed.filter(({ weight }) => weight > 0).sort((one, other) => other.weight - one.weight);
    return best ? [best.source] : [];
  }

  function mark(sentence: string, claim: string, passage: Passage): string {
    const citation = cite(claim, passage);
    if (!cited.some(({ marker, start }) => marker === citation.marker && start === citation.start))
      cited.push(citation);
    // Within the last cell of a row, where Markdown shows it; behind code it would end the code.
    return code.test(sentence) ? sentence : sentence.replace(/(?<!\s)(?=\s*\|?$)/, ` [${passage.marker}]`);
  }

  return {
    check(sentence) {
      const said = sentence.trim();
      const kept = mask(said);
      if (kept !== said) counts.masked++;
      const masked = withoutPictures(kept);
      if (forbiddenIn(masked, forbidden) !== undefined) {
        counts.forbidden++;
        return "";
      }
      if (!addressesIn(masked).every((address) => known.has(address))) {
        counts.ungrounded++;
        return "";
      }
      const claim = code.test(masked) ? masked : masked.replace(markers, "").trim();
      if (isNoClaim(claim)) {
        if (isAdmission(claim)) counts.admitted++;
        return claim;
      }
      if (grounding === 0) {
        counts.grounded++;
        return claim;
      }
      const named = new Set([...masked.matchAll(markers)].map(([, marker]) => Number(marker)));
      // Of code, each line has to be borne out, as each sentence of a text.
      const lines = code.test(claim) ? claim.split("\n").slice(1, -1) : [claim];
      const isBorneOut = lines.every((line) => !isTurnedRound(line, clauses) && sourcesOf(line, named).length > 0);
      const found = isBorneOut ? sourcesOf(claim, named) : [];
      if (found.length === 0) {
        counts.ungrounded++;
        return "";
      }
      if (isTitle(claim) || found.some(({ passage }) => passage && isTableHead(claim, passage))) {
        titles.push(claim);
        return "";
      }
      counts.grounded++;
      const marked = found.reduce((text, { passage }) => (passage ? mark(text, claim, passage) : text), claim);
      return [...titles.splice(0), marked].join("\n");
    },
    citations: () => cited.toSorted((one, other) => one.marker - other.marker || one.start - other.start),
    judgements() {
      const claims = counts.grounded + counts.ungrounded;
      const held = `${counts.ungrounded} of ${claims} claims were held back, ${counts.masked} sentences masked.`;
      return [
        ...(claims > 0 ? [{ name: "grounding", value: counts.grounded / claims, comment: held }] : []),
        { name: "output-guard", value: counts.ungrounded + counts.masked + counts.forbidden === 0 },
        { name: "policy", value: counts.forbidden === 0 },
      ];
    },
    hasAnswered: () => counts.grounded > 0,
    owesAnswer: () => counts.grounded + counts.admitted === 0 && counts.ungrounded + counts.forbidden > 0,
    outcome() {
      const { grounded, forbidden, ungrounded, admitted } = counts;
      if (grounded > 0 || forbidden + ungrounded + admitted === 0) return { kind: "answered", reason: "" };
      if (forbidden > 0) return { kind: "blocked", reason: "The answer was about something that is not a topic here." };
      return { kind: "unknown", reason: "Neither the documents nor the tools say." };
    },
  };
}
