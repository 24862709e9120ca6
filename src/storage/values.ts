/** What is checked of values before they reach a database. */
import { SignalboxError } from "../errors.ts";
import type { Value } from "./database.ts";

/**
 * Refuses text that one of the databases cannot hold: Postgres knows no NUL, and SQLite's driver turns a lone
 * surrogate into U+FFFD without a word.
 * @throws SignalboxError "unrepresentable-value"
 */
export function assertBindable(values: readonly Value[]): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value !== "string" || (value.isWellFormed() && !value.includes("\0"))) continue;
    const shown = JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    const reason = value.includes("\0") ? "a NUL character" : "half of a surrogate pair";
    throw new SignalboxError(
      "unrepresentable-value",
      `The text ${shown} contains ${reason}, which cannot be stored here. Remove it.`,
    );
  }
}
