/** What several tries of one item are worth. */

/**
 * The chance that at least one of k tries passes, estimated without bias from n >= k tries of which c passed:
 * 1 - C(n-c, k) / C(n, k), by Chen et al. (2021), "Evaluating Large Language Models Trained on Code", arXiv 2107.03374.
 */
export function passAtK(n: number, c: number, k: number): number {
  return 1 - shareOfSubsets(n, n - c, k);
}

/**
 * The chance that each of k tries passes: C(c, k) / C(n, k), the pass^k of Yao et al. (2024), "tau-bench", arXiv
 * 2406.12045. What a user meets who relies on the target k times.
 */
export function passHatK(n: number, c: number, k: number): number {
  return shareOfSubsets(n, c, k);
}

/** C(m, k) / C(n, k): the share of the k-subsets of n that lie within m of them. A product, since C(n, k) overflows. */
function shareOfSubsets(n: number, m: number, k: number): number {
  let share = 1;
  for (let i = 0; i < k; i++) share *= Math.max(0, m - i) / (n - i);
  return share;
}
