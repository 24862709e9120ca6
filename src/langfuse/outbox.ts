/**
 * What waits to be sent to one backend: bounded, sent in batches, kept while the backend is away. A backend that is
 * dead, slow or angry costs neither time nor errors, but the oldest spans and one line in the log a minute.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";
import type { Logger } from "pino";
import type { Limits } from "../config.ts";
import { sizeOf } from "./sent-span.ts";

export interface Outbox extends SpanExporter {
  /** Sends what waits, or gives up after the limit of time; it takes nothing more. Never throws. */
  drain(): Promise<void>;
}

type OutboxLimits = Pick<Limits, "traceQueueBytes" | "traceExportMs" | "traceDrainMs">;

/** A batch goes when it is full, or so long after its first span. */
const batch = { spans: 512, bytes: 2 * 1024 * 1024, ms: 1_000 };
/** Between two tries at a backend that fails, in ms. */
const shortestPause = 1_000;
const longestPause = 30_000;
const complaintsEvery = 60_000;
/** How long the preparation of a batch may keep the event loop to itself, in ms. */
const longestTurn = 5;
/** What says that this batch is wrong, and would be the next time. */
const refusals = new Set([400, 413, 422]);
/** What says that nothing is taken from us. */
const rejections = new Set([401, 403]);

/**
 * @param backend its name, for the log
 * @param exporter sends a batch, once
 * @param prepare what a span is made of before it is sent; it runs between the runs' turns
 */
export function createOutbox(options: {
  backend: string;
  exporter: SpanExporter;
  prepare: (span: ReadableSpan) => ReadableSpan;
  limits: OutboxLimits;
  log: Logger;
}): Outbox {
  const { backend, exporter, prepare, limits, log } = options;
  let waiting: { readonly span: ReadableSpan; readonly size: number }[] = [];
  let bytes = 0;
  /** Spans of the batch that is on its way. */
  let underway = 0;
  let dropped = 0;
  let failures = 0;
  let complained = Number.NEGATIVE_INFINITY;
  let sending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function add(spans: readonly ReadableSpan[]): void {
    if (closed) return;
    for (const span of spans) {
      const size = sizeOf(span);
      waiting.push({ span, size });
      bytes += size;
    }
    makeRoom();
    const isFull = waiting.length >= batch.spans || bytes >= batch.bytes;
    if (failures === 0) schedule(isFull ? 0 : batch.ms);
  }

  /** The oldest go first: when the backend comes back, what happens now is of more use. */
  function makeRoom(): void {
    let gone = 0;
    while (bytes > limits.traceQueueBytes) bytes -= waiting[gone++]?.size ?? bytes;
    if (gone === 0) return;
    waiting.splice(0, gone);
    dropped += gone;
    complain("more waits than may");
  }

  function schedule(ms: number): void {
    if (sending || closed) return;
    if (timer && ms > 0) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      sending = sendBatch().finally(() => {
        sending = undefined;
        if (waiting.length === 0) return;
        schedule(failures === 0 ? 0 : Math.min(shortestPause * 2 ** (failures - 1), longestPause));
      });
    }, ms).unref();
  }

  async function sendBatch(): Promise<void> {
    const taken = take();
    underway = taken.length;
    const error = await send(await prepared(taken.map(({ span }) => span)));
    underway = 0;
    if (!error) {
      failures = 0;
      return;
    }
    if (error.code !== undefined && refusals.has(error.code)) {
      dropped += taken.length;
    } else {
      failures++;
      waiting = [...taken, ...waiting];
      bytes += taken.reduce((sum, { size }) => sum + size, 0);
      makeRoom();
    }
    complain(rejections.has(error.code ?? 0) ? `${error.message}: check the keys` : error.message);
  }

  function take(): typeof waiting {
    let size = 0;
    const end = waiting.findIndex((entry, index) => {
      size += entry.size;
      return index >= batch.spans || (index > 0 && size > batch.bytes);
    });
    const taken = waiting.splice(0, end < 0 ? waiting.length : end);
    bytes -= taken.reduce((sum, entry) => sum + entry.size, 0);
    return taken;
  }

  async function prepared(spans: readonly ReadableSpan[]): Promise<ReadableSpan[]> {
    const ready: ReadableSpan[] = [];
    let turn = performance.now();
    for (const span of spans) {
      ready.push(prepare(span));
      if (performance.now() - turn < longestTurn) continue;
      await nextTurn();
      turn = performance.now();
    }
    return ready;
  }

  /** Resolves with what went wrong; an exporter that never answers has gone wrong. */
  function send(spans: ReadableSpan[]): Promise<(Error & { code?: number }) | undefined> {
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(new Error("no answer")), limits.traceExportMs + 500).unref();
      exporter.export(spans, (result) => {
        clearTimeout(late);
        resolve(result.code === 0 ? undefined : (result.error ?? new Error("no reason given")));
      });
    });
  }

  function complain(reason: string): void {
    if (performance.now() - complained < complaintsEvery) return;
    complained = performance.now();
    log.warn({ backend, reason, spans_waiting: waiting.length, spans_dropped: dropped }, "traces cannot be sent");
    dropped = 0;
  }

  return {
    export(spans, done) {
      add(spans);
      done({ code: 0 });
    },
    async drain() {
      closed = true;
      clearTimeout(timer);
      const deadline = AbortSignal.timeout(limits.traceDrainMs);
      const isLate = new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve()));
      const sendAll = async () => {
        await sending;
        failures = 0;
        while (waiting.length > 0 && failures === 0 && !deadline.aborted) await sendBatch();
      };
      await Promise.race([sendAll(), isLate]);
      dropped += waiting.length + underway;
      waiting = [];
      underway = 0;
      if (dropped === 0) return;
      complained = Number.NEGATIVE_INFINITY;
      complain("the server stops");
    },
    async shutdown() {
      await exporter.shutdown();
    },
  };
}
