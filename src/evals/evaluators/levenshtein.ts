/** How many single edits lie between two sequences. */

/**
 * The least number of insertions, deletions and substitutions that make one sequence the other (Levenshtein 1966; the
 * table by Wagner & Fischer 1974, one row at a time).
 */
export function levenshtein<Step>(one: readonly Step[], other: readonly Step[]): number {
  let row = Uint32Array.from({ length: other.length + 1 }, (_, index) => index);
  let next = new Uint32Array(other.length + 1);
  for (const [index, step] of one.entries()) {
    let left = index + 1;
    next[0] = left;
    let diagonal = row[0] ?? 0;
    for (let column = 0; column < other.length; column += 1) {
      const above = row[column + 1] ?? 0;
      left = Math.min(left + 1, above + 1, diagonal + (step === other[column] ? 0 : 1));
      next[column + 1] = left;
      diagonal = above;
    }
    [row, next] = [next, row];
  }
  return row[other.length] ?? 0;
}
