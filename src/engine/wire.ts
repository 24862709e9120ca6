/** Values of a graph as the Platform API shows them: plain JSON, with messages flat (`{type: "ai", content, …}`). */
import { BaseMessage } from "@langchain/core/messages";

/** The flat form of a message: its fields as it has them now, and its type. */
function flatMessage(message: BaseMessage): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  const fields = message as unknown as Record<string, unknown>;
  for (const key of Object.keys(message.lc_kwargs))
    flat[key] = toWire(key in fields ? fields[key] : message.lc_kwargs[key]);
  if (message.id !== undefined) flat.id = message.id;
  flat.type = message.getType();
  return flat;
}

/**
 * Turns a graph's value into what JSON.stringify writes without loss of meaning: messages become flat, errors
 * `{error, message}`, maps objects, sets arrays, big integers and dates text, bytes base64.
 */
export function toWire(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(toWire);
  if (BaseMessage.isInstance(value)) return flatMessage(value);
  if (value instanceof Error) return { error: value.name, message: value.message };
  if (value instanceof Map) return toWire(Object.fromEntries(value));
  if (value instanceof Set) return [...value].map(toWire);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON();
  const plain: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") Object.defineProperty(plain, key, { value: toWire(member), enumerable: true });
    else plain[key] = toWire(member);
  }
  return plain;
}

/** The JSON text of a graph's value, on one line. */
export function toWireText(value: unknown): string {
  return JSON.stringify(toWire(value)) ?? "null";
}
