/** JSON values: where they differ, what stands at a path, and the JSON in a text. */

export interface Difference {
  /** Such as `$.orders[0].price`. */
  readonly path: string;
  readonly expected: unknown;
  /** Undefined where there is nothing. */
  readonly actual: unknown;
}

export interface JsonComparison {
  /** `equal`: nothing more and nothing less. `subset`: what is expected is there, and there may be more. */
  readonly mode: "equal" | "subset";
  /** Paths that do not count, without the `$.`: `id`, `orders[].price` (of each order). */
  readonly ignore?: readonly string[];
  /** Two numbers are equal that are no further apart. */
  readonly tolerance?: number;
}

/** All places where the two differ, and how many single values (leaves) were expected. */
export function compareJson(
  actual: unknown,
  expected: unknown,
  { mode, ignore = [], tolerance = 0 }: JsonComparison,
): { differences: Difference[]; leaves: number } {
  const differences: Difference[] = [];
  let leaves = 0;
  const isIgnored = (path: string) => ignore.includes(path.replace(/^\$\.?/, "").replace(/\[\d+\]/g, "[]"));
  const visit = (found: unknown, wanted: unknown, path: string): void => {
    if (isIgnored(path)) return;
    const [inner, theirs] = [childrenOf(wanted), childrenOf(found)];
    if (inner && theirs && Array.isArray(wanted) === Array.isArray(found)) {
      for (const [key, value] of inner) visit(theirs.get(key), value, `${path}${key}`);
      // Order counts in a list: it must have the expected one's length, whatever the mode.
      const mayHaveMore = mode === "subset" && !Array.isArray(wanted);
      const more = mayHaveMore ? [] : [...theirs].filter(([key]) => !inner.has(key) && !isIgnored(`${path}${key}`));
      for (const [key, value] of more) differences.push({ path: `${path}${key}`, expected: undefined, actual: value });
      leaves += inner.size === 0 ? 1 : 0;
      return;
    }
    leaves += 1;
    if (!areEqual(found, wanted, tolerance)) differences.push({ path, expected: wanted, actual: found });
  };
  visit(actual, expected, "$");
  return { differences, leaves };
}

/** True for two JSON values with the same content; the order of keys does not matter. */
export function isEqualJson(one: unknown, other: unknown): boolean {
  return compareJson(one, other, { mode: "equal" }).differences.length === 0;
}

function areEqual(found: unknown, wanted: unknown, tolerance: number): boolean {
  if (typeof found === "number" && typeof wanted === "number") return Math.abs(found - wanted) <= tolerance;
  return found === wanted;
}

/** The fields or entries of a value by how a path goes on to them; undefined for a single value. */
function childrenOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((entry, index) => [`[${index}]`, entry]));
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value).map(([key, field]) => [`.${key}`, field]));
}

/** What stands at a path such as `orders[0].price` or `messages[-1].content`; undefined if nothing does. */
export function valueAt(value: unknown, path: string): unknown {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  return steps.reduce<unknown>((so, step) => {
    if (Array.isArray(so)) return /^-?\d+$/.test(step) ? so.at(Number(step)) : undefined;
    if (typeof so !== "object" || so === null) return undefined;
    // By its entries: `__proto__` and `constructor` are no fields.
    return Object.entries(so).find(([key]) => key === step)?.[1];
  }, value);
}

/**
 * The JSON in a text: the text itself, else its only fenced block, else what stands from its first bracket to its last.
 * @returns undefined if there is none (no JSON text means that)
 */
export function jsonIn(text: string): unknown {
  const [, fenced] = /```(?:json)?[ \t]*\n(.*?)```/is.exec(text) ?? [];
  // By indexes: an expression would take quadratic time over a text of opening brackets.
  const bracketed = text.slice(
    Math.max(0, text.search(/[[{]/)),
    Math.max(text.lastIndexOf("]"), text.lastIndexOf("}")) + 1,
  );
  for (const candidate of [text, fenced, bracketed]) {
    try {
      if (candidate !== undefined) return JSON.parse(candidate);
    } catch {}
  }
  return undefined;
}
