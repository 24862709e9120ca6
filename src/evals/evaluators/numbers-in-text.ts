/** The numbers that stand in a text. */

export interface NumberReading {
  /** The decimal sign; the other of `.` and `,` then separates thousands. */
  readonly decimal?: "." | ",";
  /** Whether 12 % is 12 (the default) or 0.12. */
  readonly percent?: "number" | "share";
  /** Unit -> what it is in the unit that numbers are compared in. Then only numbers with one of these units count. */
  readonly units?: Readonly<Record<string, number>>;
}

/**
 * The numbers in the text, in order: signs, thousands separators (also ' _ and narrow spaces), exponents, percent
 * signs. Digits within a word or a version (`B2B`, `gpt-5`, `1.2.3`) are none.
 * @example numbersIn("It is 1,234.5 km, not 12%.") // [1234.5, 12]
 */
export function numbersIn(text: string, { decimal = ".", percent = "number", units }: NumberReading = {}): number[] {
  const point = decimal === "." ? "\\." : ",";
  const thousands = `${decimal === "." ? "," : "\\."}'_\\u00a0\\u202f\\u2009`;
  const digits = `(?:\\d{1,3}(?:[${thousands}]\\d{3})+(?!\\d)|\\d+)(?:${point}\\d+)?|${point}\\d+`;
  const pattern = new RegExp(
    `(?<![\\p{L}\\d_.,]|\\p{L}-)(?<sign>(?<!\\d)[-−+])?[$€£]?(?<digits>${digits})(?<exponent>e[+-]?\\d+)?` +
      `(?!\\.?\\d)(?:\\s?(?<unit>%|[\\p{L}°µ][\\p{L}/²³]*))?`,
    "giu",
  );
  return [...text.matchAll(pattern)].flatMap(({ groups = {} }) => {
    const plain = (groups.digits ?? "").replace(new RegExp(`[${thousands}]`, "g"), "").replace(",", ".");
    const size = Number(`${plain}${groups.exponent ?? ""}`);
    const value = groups.sign === "-" || groups.sign === "−" ? -size : size;
    const factor = factorOf(groups.unit ?? "", percent, units);
    return factor === undefined || !Number.isFinite(value) ? [] : [value * factor];
  });
}

function factorOf(unit: string, percent: NumberReading["percent"], units: NumberReading["units"]): number | undefined {
  if (units) return Object.hasOwn(units, unit) ? units[unit] : undefined;
  return unit === "%" && percent === "share" ? 0.01 : 1;
}
