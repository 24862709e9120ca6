/** Whether the mean of paired differences is more than chance. */

/** So many differences are tried out in full: 4,096 ways. */
const mostExact = 12;

/**
 * The randomisation test of Fisher and Pitman for pairs (Pitman 1937, "Significance tests which may be applied to
 * samples from any populations", JRSS Supplement 4): if before and now are exchangeable, each difference is as likely
 * to have the other sign. Of differences of 1, 0 and -1 it is McNemar's exact test. It keeps its level at any number of
 * items, where the bootstrap of few items does not. Exact up to 12 differences; beyond that from `rounds` random flips,
 * counted by Phipson and Smyth (2010), "Permutation p-values should never be zero".
 * @returns the two-sided p-value
 */
export function signFlipTest(differences: readonly number[], random: () => number, rounds = 10_000): number {
  const moved = differences.filter((difference) => difference !== 0);
  const seen = Math.abs(moved.reduce((sum, difference) => sum + difference, 0));
  // Sums of the same numbers in another order differ in their last digits.
  const asFar = (sum: number) => Math.abs(sum) >= seen - 1e-9;
  if (moved.length <= mostExact) {
    const ways = 2 ** moved.length;
    let count = 0;
    for (let way = 0; way < ways; way++) if (asFar(signed(moved, (bit) => ((way >> bit) & 1) === 1))) count++;
    return count / ways;
  }
  let count = 0;
  for (let round = 0; round < rounds; round++) if (asFar(signed(moved, () => random() < 0.5))) count++;
  return (count + 1) / (rounds + 1);
}

function signed(numbers: readonly number[], isPositive: (index: number) => boolean): number {
  let sum = 0;
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] ?? 0;
    sum += isPositive(index) ? number : -number;
  }
  return sum;
}
