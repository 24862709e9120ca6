/** A trace of one span, of what was not traced while it ran. */
import { LangfuseOtelSpanAttributes as names } from "@langfuse/tracing";
import { ROOT_CONTEXT } from "@opentelemetry/api";
import { currentConfig } from "../config.ts";
import { contentOf } from "./content.ts";
import type { createProvider } from "./provider.ts";
import { spanIdOf, startSpan, withShared } from "./spans.ts";
import type { ExperimentSpans } from "./tracing.ts";

export interface WrittenTrace {
  readonly name: string;
  readonly traceId: string;
  readonly input: unknown;
  readonly output: string;
  readonly error?: string | undefined;
  /** How long it took; it has just ended. */
  readonly latencyMs: number;
  readonly spans: ExperimentSpans;
}

export function writeRoot({ tracer, ids }: ReturnType<typeof createProvider>, trace: WrittenTrace): void {
  const { name, traceId, output, error, latencyMs, spans } = trace;
  const input = contentOf(trace.input, currentConfig().limits.traceValueChars);
  const shared = withShared(ROOT_CONTEXT, { [names.TRACE_NAME]: name, ...spans.all });
  const failed = error === undefined ? {} : ({ level: "ERROR", statusMessage: error } as const);
  const content = { input, output, ...failed };
  const start = { name, kind: "span", content, startTime: Date.now() - latencyMs } as const;
  const root = ids.withIds({ traceId, spanId: spanIdOf(traceId) }, () => startSpan(tracer, shared, start));
  root.set({ ...(input !== undefined && { [names.TRACE_INPUT]: input }), [names.TRACE_OUTPUT]: output, ...spans.root });
  root.end();
}
