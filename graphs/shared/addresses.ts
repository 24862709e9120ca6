/**
 * The addresses in an answer. A picture's is fetched by whoever shows the answer, so that one with somebody's data in it
 * takes them out of the machine without a call of any tool: a document needs only to make the model write it.
 */

const part = "[^\\s<>\"'`()[\\]{}|]+";
const address = new RegExp(
  `(?:\\b[a-z][a-z0-9+.-]{1,20}:|(?<![:/\\w]))//${part}|\\b(?:https?|ftp):${part}|\\bwww\\.${part}`,
  "gi",
);
/** Of a sentence that ends with an address, or of emphasis around it. */
const behind = /[.,;:!?*_]+$/;
/** What Markdown takes for the signs of an address, too. */
const disguises = [
  [/\\/g, ""],
  [/&(?:#0*47|#x0*2f|sol);/gi, "/"],
  [/&(?:#0*58|#x0*3a|colon);/gi, ":"],
] as const;

/** Where a link or a reference is; the marker of a passage, such as [1], is none. */
const links = /\][([]|^\s{0,3}\[[^\]]*\]:/m;
const picture = /!(?=\[(?!\d{1,4}\]))/g;
const definition = /^(\s{0,3}\[[^\]]*\]):/gm;
/** Elements of HTML that fetch what they show; some clients render them in Markdown. */
const fetching =
  /<(?=\s*\/?\s*(?:img|image|picture|source|video|audio|track|iframe|embed|object|link|style|script|svg|base|meta|form)\b)/gi;

/** The addresses that a text names, as they have to be written to be the same. */
export function addressesIn(text: string): string[] {
  const plain = disguises.reduce((written, [disguise, sign]) => written.replace(disguise, sign), text);
  return (plain.match(address) ?? []).map((found) => found.replace(behind, ""));
}

/** The text with links in the place of Markdown's pictures, and without HTML that fetches: nothing loads by itself. */
export function withoutPictures(text: string): string {
  const linked = links.test(text) ? text.replace(picture, "").replace(definition, "$1 ") : text;
  return linked.replace(fetching, "‹");
}
