/** An answer's body: inflated, counted after that, and cut off at its limit. */
import type { IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { SignalboxError } from "../errors.ts";
import { explained } from "./exchange.ts";

export const acceptedEncodings = "gzip, deflate, br";

export interface BodyLimits {
  /** Whose body it is, for errors. */
  readonly url: URL;
  /** After inflating. */
  readonly maxBytes: number;
  /** What may end it early, and why. */
  readonly signal: AbortSignal;
}

/**
 * The bytes of an answer's body as they arrive, never more than `maxBytes` and never read faster than they are wanted.
 * The stream fails with SignalboxError "outgoing-too-large" beyond that, and "outgoing-failed" for a broken body.
 * @throws SignalboxError "outgoing-too-large" at once where the head says so; "outgoing-failed" for an unknown encoding
 */
export function openBody(answer: IncomingMessage, limits: BodyLimits): ReadableStream<Uint8Array> {
  const { url, maxBytes } = limits;
  if (Number(answer.headers["content-length"]) > maxBytes) throw tooLarge(url, maxBytes);
  const chunks = counted(inflated(answer, url), limits);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void answer.destroy(),
    },
    { highWaterMark: 0 },
  );
}

function inflated(answer: IncomingMessage, url: URL): Readable {
  const encoding = answer.headers["content-encoding"]?.trim().toLowerCase() || "identity";
  if (encoding === "identity") return answer;
  const inflate = {
    gzip: createGunzip,
    "x-gzip": createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  }[encoding];
  if (!inflate) {
    throw new SignalboxError("outgoing-failed", `${url.host} answered in the unknown encoding "${encoding}".`);
  }
  // Its errors are those of the last stream, which is the one that is read.
  return pipeline(answer, inflate(), () => {});
}

async function* counted(body: Readable, { url, maxBytes, signal }: BodyLimits): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge(url, maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : explained(error, url);
  }
}

function tooLarge(url: URL, maxBytes: number): SignalboxError {
  return new SignalboxError("outgoing-too-large", `${url.host} answered more than ${maxBytes} bytes.`);
}
