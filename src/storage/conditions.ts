/** Builds the WHERE of a search: predicates joined by AND, with their values bound in order. */
import type { Value } from "./database.ts";

export interface Conditions {
  /** Adds a predicate; each `?` in it becomes the next parameter, bound to the value given. */
  add(predicate: string, ...values: Value[]): void;
  /** Binds a value outside a predicate (LIMIT, OFFSET) and gives its parameter. */
  bind(value: Value): string;
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Starts with the owner, since no query goes without one. */
export function ownedBy(owner: string): Conditions {
  const values: Value[] = [owner];
  const predicates = ["owner = $1"];
  const bind = (value: Value) => `$${values.push(value)}`;
  return {
    add(predicate, ...added) {
      let next = 0;
      predicates.push(
        predicate.replaceAll("?", () => {
          const value = added[next++];
          if (value === undefined) throw new RangeError(`Too few values for the predicate ${predicate}`);
          return bind(value);
        }),
      );
    },
    bind,
    get sql() {
      return predicates.join(" AND ");
    },
    values,
  };
}

/** ORDER BY and LIMIT of a search: `sort_by` is one of the table's `sortable` columns, ties are broken by `id`. */
export function paged(
  conditions: Conditions,
  options: { sort_by?: string; sort_order?: "asc" | "desc"; limit: number; offset: number },
  columns: { sortable: readonly string[]; default: string; id: string },
): string {
  const column = columns.sortable.find((name) => name === options.sort_by) ?? columns.default;
  const order = options.sort_order === "asc" ? "ASC" : "DESC";
  const limit = conditions.bind(options.limit);
  const offset = conditions.bind(options.offset);
  return `ORDER BY ${column} ${order}, ${columns.id} ${order} LIMIT ${limit} OFFSET ${offset}`;
}
