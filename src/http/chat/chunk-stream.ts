/** Writes a streamed completion in OpenAI's framing: `data: <JSON>` frames, then `data: [DONE]`. */
import type { Response } from "express";
import { openEventChannel } from "../event-channel.ts";

export interface ChunkStream {
  /** Sends a frame. Resolves at once, or, where the client does not keep up, when it has read on. */
  send(chunk: object): Promise<void>;
  /** Ends the stream, with the mark that it is whole. */
  done(): void;
  /** Ends the stream after a last frame, without the mark. */
  fail(chunk: object): void;
}

/** @param slowReaderBytes how much may wait unread for the client before `send` makes its caller wait */
export function openChunkStream(response: Response, slowReaderBytes: number): ChunkStream {
  const channel = openEventChannel(response, {
    headers: { "content-type": "text/event-stream; charset=utf-8" },
    slowReaderBytes,
  });
  const write = (text: string) => channel.write(`data: ${text}\n\n`);
  const end = (text: string) => {
    write(text);
    channel.close(() => response.end());
  };
  return {
    async send(chunk) {
      write(JSON.stringify(chunk));
      if (channel.isFull()) await channel.room();
    },
    done: () => end("[DONE]"),
    fail: (chunk) => end(JSON.stringify(chunk)),
  };
}
