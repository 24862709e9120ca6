/** What is looked for in JSON from outside, in linear time and without recursion: depth, `__proto__`, text that cannot be stored. */

const quote = 0x22;
const backslash = 0x5c;

/**
 * Looks at JSON text before it is parsed, since parsing millions of nested lists takes seconds and gigabytes.
 * @returns undefined, or the top-level field (or "body") in which brackets nest deeper than `limit`
 */
export function fieldNestedTooDeep(text: Uint8Array, limit: number): string | undefined {
  let depth = 0;
  let insideText = false;
  let start = 0;
  let field: readonly [number, number] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const byte = text[index];
    if (insideText) {
      if (byte === backslash) index++;
      else if (byte === quote) {
        insideText = false;
        if (depth === 1) field = [start, index];
      }
    } else if (byte === quote) {
      insideText = true;
      start = index + 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      depth++;
      if (depth > limit) return Buffer.from(text.subarray(...field)).toString() || "body";
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return undefined;
}

/** True if parsing this text could give a key `__proto__`, written as it is or with escapes. */
export function mayNamePrototype(text: Buffer): boolean {
  return text.includes("__proto__") || text.includes("\\u00");
}

export interface Finding {
  readonly path: PropertyKey[];
  readonly problem: string;
}

/** The first key `__proto__` in parsed JSON: spread or assigned somewhere, it would change an object's prototype. */
export function findPrototypeKey(root: unknown): Finding | undefined {
  return walk(root, Number.POSITIVE_INFINITY, (key) => (key === "__proto__" ? "is not allowed as a key" : undefined));
}

/**
 * The first thing in parsed JSON that a filterable column cannot hold on both databases: NUL or a lone surrogate
 * in a text or a key, or nesting over `depthLimit`.
 */
export function findUnstorable(root: unknown, depthLimit: number): Finding | undefined {
  return walk(root, depthLimit, (key, value) => {
    const problem = typeof value === "string" ? textProblem(value) : undefined;
    return problem ?? (typeof key === "string" ? textProblem(key) : undefined);
  });
}

/** Why a text cannot be stored exactly in a text column, or undefined if it can. */
export function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "contains a NUL character";
  if (!text.isWellFormed()) return "contains a lone surrogate";
  return undefined;
}

type Container = Readonly<Record<PropertyKey, unknown>>;

/** Where an object or a list is, as a chain from it to the root. */
interface Place {
  readonly value: Container;
  readonly key: PropertyKey;
  readonly parent: Place | undefined;
  readonly depth: number;
}

/** Looks at every entry of every object and list; stops at the first problem. */
function walk(
  root: unknown,
  depthLimit: number,
  inspect: (key: PropertyKey, value: unknown) => string | undefined,
): Finding | undefined {
  if (!isContainer(root)) return undefined;
  const waiting: Place[] = [{ value: root, key: "", parent: undefined, depth: 1 }];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { value, depth } = place;
    if (depth > depthLimit) return { path: pathTo(place), problem: `is nested deeper than ${depthLimit} levels` };
    // Keys and a look-up each: entries and values of an object with a million keys take three times as long.
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      const item = value[key];
      const problem = inspect(key, item);
      if (problem !== undefined) return { path: [...pathTo(place), key], problem };
      if (isContainer(item)) waiting.push({ value: item, key, parent: place, depth: depth + 1 });
    }
  }
  return undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

function pathTo(place: Place): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (let step = place; step.parent !== undefined; step = step.parent) path.unshift(step.key);
  return path;
}
