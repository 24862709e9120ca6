/** Whether one JSON text contains another, as Postgres' @> on jsonb: SQLite's half of `dialect.jsonContains`. */

/** 1 or 0; null where the column is null. A search binds one and the same part for every row, so that is parsed once. */
export function createJsonContains(): (whole: unknown, part: unknown) => number | null {
  let parsedText: string | undefined;
  let parsedPart: unknown;
  return (whole, part) => {
    if (typeof whole !== "string" || typeof part !== "string") return null;
    if (part !== parsedText) {
      parsedPart = JSON.parse(part);
      parsedText = part;
    }
    return contains(JSON.parse(whole), parsedPart) ? 1 : 0;
  };
}

function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((element) => whole.some((candidate) => contains(candidate, element)));
  }
  if (isObject(part)) {
    return (
      isObject(whole) && Object.keys(part).every((key) => Object.hasOwn(whole, key) && contains(whole[key], part[key]))
    );
  }
  return whole === part;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
