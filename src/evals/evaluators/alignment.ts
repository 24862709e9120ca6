/** Two sequences of steps laid beside each other. */

export interface AlignedStep<Actual, Expected> {
  /** same: both have it. missing: only expected. extra: only taken. */
  readonly kind: "same" | "missing" | "extra";
  readonly actual?: Actual;
  readonly expected?: Expected;
}

/** The longest common subsequence of the two, with what lies between its steps (expected before actual). */
export function align<Actual, Expected>(
  actual: readonly Actual[],
  expected: readonly Expected[],
  isSame: (actual: Actual, expected: Expected) => boolean,
): AlignedStep<Actual, Expected>[] {
  const same = actual.map((taken) => expected.map((wanted) => isSame(taken, wanted)));
  // common[i][j]: how many steps the rests from i and from j share.
  const common: number[][] = [];
  const at = (row: number, column: number) => common[row]?.[column] ?? 0;
  for (let row = actual.length - 1; row >= 0; row -= 1) {
    const line: number[] = [];
    common[row] = line;
    for (let column = expected.length - 1; column >= 0; column -= 1) {
      const isCommon = same[row]?.[column];
      line[column] = isCommon ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const steps: AlignedStep<Actual, Expected>[] = [];
  let [row, column] = [0, 0];
  while (row < actual.length || column < expected.length) {
    const [taken, wanted] = [actual[row], expected[column]];
    if (same[row]?.[column]) {
      steps.push({ kind: "same", actual: taken, expected: wanted });
      row += 1;
      column += 1;
    } else if (column < expected.length && (row >= actual.length || at(row, column + 1) >= at(row + 1, column))) {
      steps.push({ kind: "missing", expected: wanted });
      column += 1;
    } else {
      steps.push({ kind: "extra", actual: taken });
      row += 1;
    }
  }
  return steps;
}

/**
 * The most pairs of an actual and an expected step that go together, whatever their order: a maximum bipartite matching
 * by augmenting paths (Kuhn 1955), so that a step which fits two expected ones does not take the other's only partner.
 */
export function pairs<Actual, Expected>(
  actual: readonly Actual[],
  expected: readonly Expected[],
  isSame: (actual: Actual, expected: Expected) => boolean,
): number {
  const partnerOf = new Map<number, Expected>();
  const finds = (wanted: Expected, seen: Set<number>): boolean =>
    actual.some((taken, index) => {
      if (seen.has(index) || !isSame(taken, wanted)) return false;
      seen.add(index);
      const holder = partnerOf.get(index);
      if (holder !== undefined && !finds(holder, seen)) return false;
      partnerOf.set(index, wanted);
      return true;
    });
  return expected.filter((wanted) => finds(wanted, new Set())).length;
}
