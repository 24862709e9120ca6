/** A span as it leaves the process: without secrets and personal data in any text that stands in it. */
import type { Attributes, AttributeValue } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { isCredentialName, maskText } from "../masking.ts";

const sent = new WeakMap<ReadableSpan, ReadableSpan>();

/** The span's masked form, made once however many backends it goes to. */
export function maskedSpan(span: ReadableSpan): ReadableSpan {
  const known = sent.get(span);
  if (known) return known;
  const { status } = span;
  const masked = withFields(span, {
    name: maskText(span.name),
    attributes: maskedAttributes(span.attributes),
    events: span.events.map((event) => ({ ...event, attributes: maskedAttributes(event.attributes ?? {}) })),
    status: status.message === undefined ? status : { ...status, message: maskText(status.message) },
  });
  sent.set(span, masked);
  return masked;
}

/** The span with some of its fields replaced. */
export function withFields(span: ReadableSpan, fields: Partial<ReadableSpan>): ReadableSpan {
  const own = Object.entries(fields).map(([name, value]) => [name, { value, enumerable: true }]);
  return Object.create(span, Object.fromEntries(own)) as ReadableSpan;
}

/** About as many bytes as it takes in memory and on the wire. */
export function sizeOf(span: ReadableSpan): number {
  const ofFields = 2_000;
  return Object.values(span.attributes).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 50),
    ofFields,
  );
}

function maskedAttributes(attributes: Attributes): Attributes {
  const masked = Object.entries(attributes).map(([name, value]) => {
    const isSecret = isCredentialName(name.slice(name.lastIndexOf(".") + 1));
    return [maskText(name), isSecret ? "[secret]" : maskedValue(value)];
  });
  return Object.fromEntries(masked);
}

function maskedValue(value: AttributeValue | undefined): AttributeValue | undefined {
  if (typeof value === "string") return maskText(value);
  if (!Array.isArray(value)) return value;
  return value.map((entry) => (typeof entry === "string" ? maskText(entry) : entry)) as AttributeValue;
}
