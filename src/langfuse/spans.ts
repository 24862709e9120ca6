/** Spans with Langfuse's attributes, under a parent of one's choice, and with ids of one's choice where they matter. */
import { createHash } from "node:crypto";
import { createObservationAttributes, type LangfuseGenerationAttributes } from "@langfuse/tracing";
import { type Attributes, type Context, createContextKey, type Tracer, trace } from "@opentelemetry/api";
import { RandomIdGenerator, type SpanProcessor } from "@opentelemetry/sdk-trace-base";

export type ObservationKind = "span" | "agent" | "generation" | "tool" | "retriever";

/** An open span. */
export interface Observation {
  /** The context of what happens inside of it. */
  readonly around: Context;
  readonly kind: ObservationKind;
  update(content: LangfuseGenerationAttributes, kind?: ObservationKind): void;
  set(attributes: Attributes): void;
  /** @param endTime in ms since 1970; now unless given */
  end(endTime?: number): void;
}

/** @param startTime in ms since 1970; now unless given */
export function startSpan(
  tracer: Tracer,
  parent: Context,
  start: { name: string; kind: ObservationKind; content: LangfuseGenerationAttributes; startTime?: number },
): Observation {
  const { name, kind, content, startTime } = start;
  const attributes = attributesOf(kind, content);
  const span = tracer.startSpan(name, { attributes, ...(startTime !== undefined && { startTime }) }, parent);
  return {
    around: trace.setSpan(parent, span),
    kind,
    update: (more, otherKind = kind) => span.setAttributes(attributesOf(otherKind, more)),
    set: (attributes) => span.setAttributes(attributes),
    end: (endTime) => span.end(endTime),
  };
}

/** The types in which Langfuse tells them apart differ in nothing that is written. */
function attributesOf(kind: ObservationKind, content: LangfuseGenerationAttributes): Attributes {
  return createObservationAttributes(kind as "generation", content);
}

export interface Ids {
  readonly traceId: string;
  readonly spanId: string;
}

/** Gives out random ids, but for spans that are started inside `withIds`. */
export function createIds() {
  const random = new RandomIdGenerator();
  let wanted: Ids | undefined;
  return {
    generator: {
      generateTraceId: () => wanted?.traceId ?? random.generateTraceId(),
      generateSpanId: () => wanted?.spanId ?? random.generateSpanId(),
    },
    withIds<Result>(ids: Ids, start: () => Result): Result {
      wanted = ids;
      try {
        return start();
      } finally {
        wanted = undefined;
      }
    },
  };
}

/** The same 16 hex digits for the same parts, in whatever process. */
export function spanIdOf(...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

const sharedKey = createContextKey("signalbox: what all spans of a trace say");

/** A context in which each span says this, those that a user's own code starts too. */
export function withShared(around: Context, attributes: Attributes): Context {
  return around.setValue(sharedKey, attributes);
}

/** Gives spans what their context says. */
export const sharing: SpanProcessor = {
  onStart(span, around) {
    const shared = around.getValue(sharedKey);
    if (shared) span.setAttributes(shared as Attributes);
  },
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
