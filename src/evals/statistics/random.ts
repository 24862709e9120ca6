/** Chance that can be had again: the same seed gives the same numbers on every machine. */

/**
 * Numbers of [0, 1), 32 bits each, evenly spread: the generator "mulberry32" (T. Ettinger, 2017), whose state is one
 * 32-bit counter. Good enough for resampling; not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
