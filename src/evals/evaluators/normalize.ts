/** Differences between two texts that a comparison may overlook. */

const steps = {
  /** Upper and lower case. */
  case: (text: string) => text.toLowerCase(),
  /** How much white space there is, and any at the ends. */
  whitespace: (text: string) => text.replace(/\s+/g, " ").trim(),
  /** Punctuation and symbols; a point or comma within a number stays. */
  punctuation: (text: string) => text.replace(/(?<!\d)[.,]|[.,](?!\d)|(?![.,])[\p{P}\p{S}]/gu, ""),
  /** Accents and other marks on letters. */
  accents: (text: string) => text.normalize("NFD").replace(/\p{M}/gu, ""),
  /** The English articles. */
  articles: (text: string) => text.replace(/\b(?:a|an|the)\b\s*/gi, ""),
} satisfies Record<string, (text: string) => string>;

export type Normalization = keyof typeof steps;

const order = ["accents", "punctuation", "articles", "case", "whitespace"] as const;

/** The text with these differences taken out. Two spellings of the same character (Unicode NFC) are always one. */
export function normalized(text: string, wanted: readonly Normalization[] = []): string {
  const result = order.filter((name) => wanted.includes(name)).reduce((so, name) => steps[name](so), text);
  return result.normalize("NFC");
}
