/** Writes a streamed completion in OpenAI's framing: `data: <JSON>` frames, then `data: [DONE]`. */
import type { Response } from "express";

const heartbeatMs = 5_000;

export interface ChunkStream {
  /** Sends a frame. Resolves at once, or, where the client does not keep up, when it has read what is buffered. */
  send(chunk: object): Promise<void>;
  /** Ends the stream, with the mark that it is whole. */
  done(): void;
  /** Ends the stream after a last frame, without the mark. */
  fail(chunk: object): void;
}

/** @param bufferedBytes how much may wait unread for the client before `send` makes its caller wait */
export function openChunkStream(response: Response, bufferedBytes: number): ChunkStream {
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    // no-transform keeps proxies from compressing, which would hold chunks back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  const heartbeat = setInterval(() => response.write(": heartbeat\n\n"), heartbeatMs);
  response.once("close", () => clearInterval(heartbeat));

  /** The frames of one tick leave in one write. */
  let queued = "";

  function flush(): void {
    if (queued !== "") response.write(queued);
    queued = "";
  }

  function write(text: string): void {
    if (queued === "") setImmediate(flush);
    queued += `data: ${text}\n\n`;
  }

  function end(text: string): void {
    clearInterval(heartbeat);
    write(text);
    flush();
    response.end();
  }

  return {
    async send(chunk) {
      write(JSON.stringify(chunk));
      if (response.writableLength + queued.length > bufferedBytes && !response.closed) await drained(response);
    },
    done: () => end("[DONE]"),
    fail: (chunk) => end(JSON.stringify(chunk)),
  };
}

function drained(response: Response): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off("drain", settle).off("close", settle);
      resolve();
    };
    response.on("drain", settle).on("close", settle);
  });
}
