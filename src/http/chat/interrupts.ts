/** A pending interrupt in a conversation: what it asks, in words, and what a reply means to it. */
import type { Interrupt, JsonObject } from "../../engine/contract.ts";

/** Fields under which graphs commonly put the sentence that a person is to read. */
const sentenceFields = ["question", "message", "prompt", "description"];

/**
 * What an interrupt asks. A string is shown as it is. Of an object, the field that holds the sentence comes first,
 * then the others as an indented list.
 */
export function describeInterrupt(value: unknown): string {
  if (!isObject(value)) return outline(value, "");
  const field = sentenceFields.find((name) => typeof value[name] === "string" && value[name] !== "");
  if (field === undefined) return outline(value, "");
  const { [field]: sentence, ...rest } = value;
  return Object.keys(rest).length === 0 ? String(sentence) : `${sentence}\n\n${outline(rest, "")}`;
}

/**
 * What a person's reply resumes an interrupt with: its text. Only where the question was structured, and the reply
 * is the JSON text of an object or a list, it is that; `5`, `true` or `null` are words that people type.
 */
export function replyTo(interrupt: Interrupt, text: string): unknown {
  if (typeof interrupt.value === "string" || !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value as an indented list: a line per field or item, texts as they are. */
function outline(value: unknown, indent: string): string {
  if (isScalar(value)) return scalar(value, indent);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return value
      .map((item) => `${indent}- ${isScalar(item) ? scalar(item, deeper) : outline(item, deeper).trimStart()}`)
      .join("\n");
  }
  return Object.entries(value as JsonObject)
    .map(
      ([name, field]) =>
        `${indent}${name}:${isScalar(field) ? ` ${scalar(field, deeper)}` : `\n${outline(field, deeper)}`}`,
    )
    .join("\n");
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null || Object.keys(value).length === 0;
}

function scalar(value: unknown, indent: string): string {
  return typeof value === "string" ? value.replaceAll(/\n(?=[^\n])/g, `\n${indent}`) : (JSON.stringify(value) ?? "");
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
