/** JSON in one form for the same content, and its hash: what approvals, cassettes and datasets are compared by. */
import { createHash } from "node:crypto";

/** JSON text with the keys of each object in order; "" for what JSON has no words for. */
export function canonicalJson(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
  return text ?? "";
}

/** SHA-256 of the content in hex, whatever the order of its keys. */
export function hashOfJson(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
