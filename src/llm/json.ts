/** JSON from elsewhere, of which nothing is taken for granted. */

/** An object that came as JSON. */
export type Json = Readonly<Record<string, unknown>>;

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value`, if it is of the same type as `otherwise`. */
export function typed<Type>(value: unknown, otherwise: Type): Type {
  return typeof value === typeof otherwise ? (value as Type) : otherwise;
}
