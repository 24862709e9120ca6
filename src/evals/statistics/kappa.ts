/** How far two raters agree beyond what chance gives. */
import type { Estimate } from "../contract.ts";

/**
 * Kappa of Cohen (1960), "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20.
 * @param table a square of counts: row by the first rater's category, column by the second's, in the same order
 * @returns 1 for full agreement, 0 for that of chance; NaN where both raters only ever used one and the same category,
 *   or nothing was rated, since there is then no chance to compare with
 */
export function cohenKappa(table: readonly (readonly number[])[]): number {
  const rows = table.map((row) => sum(row));
  const columns = table.map((_, column) => sum(table.map((row) => row[column] ?? 0)));
  const total = sum(rows);
  const observed = sum(table.map((row, category) => row[category] ?? 0)) / total;
  const expected = sum(rows.map((row, category) => row * (columns[category] ?? 0))) / total ** 2;
  return expected === 1 ? Number.NaN : (observed - expected) / (1 - expected);
}

/**
 * Kappa with its 95 % interval, from the large-sample standard error of Fleiss, Cohen and Everitt (1969), "Large sample
 * standard errors of kappa and weighted kappa", Psychological Bulletin 72.
 * @returns the whole range, -1 to 1, where kappa is NaN
 */
export function kappaInterval(table: readonly (readonly number[])[]): Estimate {
  const kappa = cohenKappa(table);
  if (Number.isNaN(kappa)) return { value: kappa, low: -1, high: 1 };
  const total = sum(table.map(sum));
  const shares = table.map((row) => row.map((count) => count / total));
  const rows = shares.map(sum);
  const columns = shares.map((_, column) => sum(shares.map((row) => row[column] ?? 0)));
  const expected = sum(rows.map((row, category) => row * (columns[category] ?? 0)));
  const rest = 1 - kappa;
  const cells = shares.flatMap((row, i) =>
    row.map((share, j) => {
      const margins =
        i === j ? 1 - ((rows[i] ?? 0) + (columns[i] ?? 0)) * rest : ((columns[i] ?? 0) + (rows[j] ?? 0)) * rest;
      return share * margins ** 2;
    }),
  );
  const variance = (sum(cells) - (kappa - expected * rest) ** 2) / (total * (1 - expected) ** 2);
  const spread = 1.959963984540054 * Math.sqrt(Math.max(0, variance));
  return { value: kappa, low: Math.max(-1, kappa - spread), high: Math.min(1, kappa + spread) };
}

/** The words of Landis and Koch (1977), "The measurement of observer agreement for categorical data", Biometrics 33. */
export function strengthOfAgreement(kappa: number): string {
  if (Number.isNaN(kappa)) return "undefined";
  if (kappa < 0) return "poor";
  const [, word = "almost perfect"] = strengths.find(([most]) => kappa <= most) ?? [];
  return word;
}

const strengths: [most: number, word: string][] = [
  [0.2, "slight"],
  [0.4, "fair"],
  [0.6, "moderate"],
  [0.8, "substantial"],
];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
