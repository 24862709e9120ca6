/** A span as it leaves the process: without secrets and personal data in any text that stands in it. */
import type { Attributes, AttributeValue } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { isCredentialName, maskText } from "../masking.ts";

/** Texts that are short stand in span after span: names, ids, what a trace's spans share. Each is masked once. */
const known = { characters: 200, texts: 2_000 };

/** Gives a function for spans' masked forms, which are made once however many backends they go to. */
export function createSpanMask(): (span: ReadableSpan) => ReadableSpan {
  const sent = new WeakMap<ReadableSpan, ReadableSpan>();
  const mask = remembering(maskText);
  const isCredential = remembering((name) => isCredentialName(name.slice(name.lastIndexOf(".") + 1)));

  function maskedValue(value: AttributeValue | undefined): AttributeValue | undefined {
    if (typeof value === "string") return mask(value);
    if (!Array.isArray(value)) return value;
    return value.map((entry) => (typeof entry === "string" ? mask(entry) : entry)) as AttributeValue;
  }

  function maskedAttributes(attributes: Attributes): Attributes {
    const masked = Object.entries(attributes).map(([name, value]) => [
      mask(name),
      isCredential(name) ? "[secret]" : maskedValue(value),
    ]);
    return Object.fromEntries(masked);
  }

  return (span) => {
    const done = sent.get(span);
    if (done) return done;
    const { status } = span;
    const masked = withFields(span, {
      name: mask(span.name),
      attributes: maskedAttributes(span.attributes),
      events: span.events.map((event) => ({ ...event, attributes: maskedAttributes(event.attributes ?? {}) })),
      status: status.message === undefined ? status : { ...status, message: mask(status.message) },
    });
    sent.set(span, masked);
    return masked;
  };
}

function remembering<Answer>(ask: (text: string) => Answer): (text: string) => Answer {
  const answers = new Map<string, Answer>();
  return (text) => {
    if (text.length > known.characters) return ask(text);
    const answered = answers.get(text);
    if (answered !== undefined) return answered;
    const answer = ask(text);
    if (answers.size >= known.texts) answers.clear();
    answers.set(text, answer);
    return answer;
  };
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
