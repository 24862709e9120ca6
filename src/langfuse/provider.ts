/**
 * Where spans are made and go: a tracer provider of our own, beside whatever a user's code has set up for itself.
 *
 *   span ─▶ what its trace says ─▶ Langfuse's processor ─▶ outbox (masked) ─▶ Langfuse
 *                              └─▶ outbox (masked, with GenAI names) ─▶ an OTLP backend
 */
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { setLangfuseTracerProvider } from "@langfuse/tracing";
import { ROOT_CONTEXT, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  BasicTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  SamplingDecision,
  SimpleSpanProcessor,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace-base";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { withGenAiNames } from "./gen-ai.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { createSpanMask } from "./sent-span.ts";
import { createIds, sharing } from "./spans.ts";

type ProviderConfig = Pick<Config, "langfuse" | "otlp" | "otlpHeaderNames" | "traceSampleRate" | "limits">;

interface Provider {
  readonly tracer: Tracer;
  readonly ids: ReturnType<typeof createIds>;
  /** The same answer for a trace's id in every process with the same rate. */
  isSampled(traceId: string): boolean;
  /** Sends what is still held, within the limits of time. Never throws. */
  drain(): Promise<void>;
}

export function createProvider(config: ProviderConfig, log: Logger): Provider {
  const sampler = new TraceIdRatioBasedSampler(config.traceSampleRate);
  const ids = createIds();
  const mask = createSpanMask();
  const ways = [langfuseWay(config, mask, log), otlpWay(config, mask, log)].filter((way) => way !== undefined);
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root: sampler }),
    idGenerator: ids.generator,
    // Contents are cut where they are written (content.ts); the variables of OpenTelemetry's own SDK change nothing.
    spanLimits: { attributeValueLengthLimit: Number.POSITIVE_INFINITY, attributeCountLimit: 256 },
    spanProcessors: [sharing, ...ways.map(({ processor }) => processor)],
  });
  // What a node traces by @langfuse/tracing goes the same way.
  setLangfuseTracerProvider(provider);
  return {
    tracer: provider.getTracer("signalbox"),
    ids,
    isSampled: (traceId) =>
      sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED,
    async drain() {
      const quiet = (error: unknown) => log.debug({ error }, "a trace could not be flushed");
      await provider.forceFlush().catch(quiet);
      await Promise.all(ways.map(({ outbox }) => outbox.drain()));
    },
  };
}

interface Way {
  readonly outbox: Outbox;
  readonly processor: SpanProcessor;
}

type Mask = (span: ReadableSpan) => ReadableSpan;

function langfuseWay({ langfuse, otlpHeaderNames, limits }: ProviderConfig, mask: Mask, log: Logger): Way | undefined {
  if (!langfuse) return undefined;
  const { publicKey, secretKey, baseUrl, environment, release } = langfuse;
  const exporter = new OTLPTraceExporter({
    url: `${baseUrl}/api/public/otel/v1/traces`,
    headers: {
      // The exporter adds the other backend's headers from the environment: not its credentials.
      ...Object.fromEntries(otlpHeaderNames.map((name) => [name, ""])),
      authorization: `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`,
    },
    timeoutMillis: limits.traceExportMs,
  });
  const outbox = createOutbox({ backend: "Langfuse", exporter, prepare: mask, limits, log });
  const processor = new LangfuseSpanProcessor({
    exporter: outbox,
    // The outbox makes batches.
    exportMode: "immediate",
    shouldExportSpan: () => true,
    // Contents hold no media, and looking for it takes quadratic time in a hostile text.
    mediaUploadEnabled: false,
    publicKey,
    secretKey,
    baseUrl,
    ...(environment !== undefined && { environment }),
    ...(release !== undefined && { release }),
  });
  return { outbox, processor };
}

function otlpWay({ otlp, limits }: ProviderConfig, mask: Mask, log: Logger): Way | undefined {
  if (!otlp) return undefined;
  const exporter = new OTLPTraceExporter({
    url: otlp.url,
    headers: { ...otlp.headers },
    timeoutMillis: limits.traceExportMs,
  });
  const prepare = (span: ReadableSpan) => withGenAiNames(mask(span));
  const outbox = createOutbox({ backend: "the OTLP backend", exporter, prepare, limits, log });
  return { outbox, processor: new SimpleSpanProcessor(outbox) };
}
