/** How well chunks fit a question: one measure for both databases, whose own ranks only choose the candidates. */
import type { IndexedWords, WeightedWord } from "../storage/tables/chunks.ts";

/** How soon a word that is repeated counts no more, as in BM25. */
const saturation = 1.2;
/** What the title has, and what stands close together, beside a word that the text has once. */
const emphasis = 2;
/** In words: what belongs together stands within two sentences or so. */
const windowLength = 40;

/**
 * @param asked the words that are sought
 * @returns the weight of a chunk: for each of the question's terms its best word, by how often the text has it and
 *   whether the title does; and once more what stands close together
 */
export function createRanking(asked: readonly WeightedWord[]): (chunk: IndexedWords) => number {
  const weighed = asked.map(({ term, word, rarity, worth }) => ({ term, word, weight: rarity * worth }));
  const byWord = Map.groupBy(weighed, ({ word }) => word);
  return ({ title_words, words }) => {
    const title = new Set(title_words.split(" "));
    const text = words.split(" ").map((word, place) => ({ word, place }));
    const found = text.flatMap(({ word, place }) => (byWord.get(word) ?? []).map((each) => ({ ...each, place })));
    const places = Map.groupBy(text, ({ word }) => word);
    const whole = weighed.map(({ term, word, weight }) => {
      const times = places.get(word)?.length ?? 0;
      const repeated = (times * (saturation + 1)) / (times + saturation);
      return { term, weight: weight * (repeated + (title.has(word) ? emphasis : 0)) };
    });
    let end = 0;
    const windows = found.map(({ place: start }, index) => {
      while ((found[end]?.place ?? Infinity) < start + windowLength) end++;
      return weightOf(found.slice(index, end));
    });
    return weightOf(whole) + emphasis * Math.max(0, ...windows);
  };
}

/** The best of each term, all told. */
function weightOf(words: readonly { readonly term: number; readonly weight: number }[]): number {
  const best = new Map<number, number>();
  for (const { term, weight } of words) best.set(term, Math.max(weight, best.get(term) ?? 0));
  return best.values().reduce((sum, weight) => sum + weight, 0);
}
