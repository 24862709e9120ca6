/** What waits to be sent: bounded, in order, sent again after a failure, and given up in the end. */
import { Writable } from "node:stream";
import { ROOT_CONTEXT } from "@opentelemetry/api";
import { BasicTracerProvider, type ReadableSpan, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { pino } from "pino";
import { expect, it } from "vitest";
import { createOutbox } from "../../src/langfuse/outbox.ts";

const tracer = new BasicTracerProvider().getTracer("test");

function spans(count: number, size: number): ReadableSpan[] {
  return Array.from({ length: count }, (_, index) => {
    const span = tracer.startSpan(String(index), { attributes: { content: "x".repeat(size) } }, ROOT_CONTEXT);
    return span as unknown as ReadableSpan;
  });
}

/** An outbox whose exporter does as `answer` says with each batch. */
function open(answer: SpanExporter["export"], { traceQueueBytes = 10_000_000, traceDrainMs = 30_000 } = {}) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: Buffer, _: string, done: () => void) => {
    lines.push(JSON.parse(String(line)));
    done();
  };
  const limits = { traceQueueBytes, traceExportMs: 30_000, traceDrainMs };
  const outbox = createOutbox({
    backend: "test",
    exporter: { export: answer, shutdown: () => Promise.resolve() },
    prepare: (span) => span,
    limits,
    log: pino(new Writable({ write })),
  });
  const put = (given: ReadableSpan[]) => outbox.export(given, () => {});
  return { outbox, put, lines };
}

it("An outbox holds a bounded number of bytes, drops the oldest, and says once how many", async () => {
  const sent: string[] = [];
  const { outbox, put, lines } = open(
    (batch, done) => {
      sent.push(...batch.map(({ name }) => name));
      done({ code: 0 });
    },
    { traceQueueBytes: 1_000_000 },
  );
  put(spans(1_000, 8_000));
  await outbox.drain();
  // 10,000 bytes each, with what a span takes beside its content.
  expect(sent).toEqual(Array.from({ length: 100 }, (_, index) => String(900 + index)));
  expect(lines).toMatchObject([{ level: 40, backend: "test", spans_dropped: 900 }]);
});

it("A backend that never answers costs the drain its limit of time, and the spans", async () => {
  const { outbox, put, lines } = open(() => {}, { traceDrainMs: 100 });
  put(spans(10, 10));
  await outbox.drain();
  put(spans(10, 10));
  await outbox.drain();
  expect(lines).toMatchObject([{ spans_dropped: 10, reason: "the server stops" }]);
});

it("A batch that fails is sent again, in order, and each span once", async () => {
  const batches: string[][] = [];
  const arrived = Promise.withResolvers<void>();
  const { put } = open((batch, done) => {
    batches.push(batch.map(({ name }) => name));
    if (batches.length > 1) arrived.resolve();
    done(batches.length > 1 ? { code: 0 } : { code: 1, error: new Error("not now") });
  });
  put(spans(600, 10));
  await arrived.promise;
  const first = Array.from({ length: 512 }, (_, index) => String(index));
  expect(batches.slice(0, 2)).toEqual([first, first]);
});

it("A batch that the backend refuses as wrong is not sent again", async () => {
  const batches: number[] = [];
  const { outbox, put, lines } = open((batch, done) => {
    batches.push(batch.length);
    done({ code: 1, error: Object.assign(new Error("too large"), { code: 413 }) });
  });
  put(spans(600, 10));
  await outbox.drain();
  expect(batches).toEqual([512, 88]);
  expect(lines.reduce((sum, line) => sum + Number(line.spans_dropped), 0)).toBe(600);
});

it("Keys that the backend does not know are named in the log", async () => {
  const { outbox, put, lines } = open((_, done) => {
    done({ code: 1, error: Object.assign(new Error("Unauthorized"), { code: 401 }) });
  });
  put(spans(10, 10));
  await outbox.drain();
  expect(lines[0]).toMatchObject({ backend: "test", reason: "Unauthorized: check the keys" });
});
