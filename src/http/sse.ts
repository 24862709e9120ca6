/** Server-sent events: frames of one tick in one write, heartbeats, and an end for readers who do not read. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Response } from "express";
import type { RunEvent } from "../engine/contract.ts";

export interface EventStreamOptions {
  headers: OutgoingHttpHeaders;
  /**
   * More than this many unread bytes, and no byte taken for a whole heartbeat: the reader is cut off. Where single
   * events are large, four of the largest are let stand: a superstep sends its state in several modes at once.
   */
  slowReaderBytes: number;
  heartbeatMs?: number;
}

/** What is handed to the socket at once: small enough to see that a slow reader does read. */
const chunkBytes = 256 * 1024;

/**
 * Writes the events to the response until they end, and then ends it. A reader who is cut off, and one whose events
 * stop before the run's last, sees a broken connection rather than an end: that is what makes a client come back.
 */
export async function sendEvents(
  response: Response,
  events: AsyncIterable<RunEvent>,
  options: EventStreamOptions,
): Promise<void> {
  const reader = events[Symbol.asyncIterator]();
  if (response.closed) {
    await reader.return?.();
    return;
  }
  response.writeHead(200, {
    ...options.headers,
    "content-type": "text/event-stream",
    // no-transform keeps proxies from compressing, which would hold events back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  const channel = openChannel(response, options);
  // If that fails, nobody is left to tell.
  response.once("close", () => reader.return?.().catch(() => undefined));
  let last: string | undefined;
  while (!response.closed) {
    const next = await reader.next();
    if (next.done) break;
    last = next.value.event;
    channel.write(frame(next.value));
    if (channel.isFull()) await channel.room();
  }
  channel.close(last === "end" || last === "error" ? () => response.end() : () => response.destroy());
}

function frame({ id, event, data }: RunEvent): string {
  return `event: ${event}\ndata: ${data}\nid: ${id}\n\n`;
}

/** The written but unread part of a stream: queued text, and the chunk of which the socket has taken a part. */
function openChannel(response: Response, { slowReaderBytes, heartbeatMs = 5_000 }: EventStreamOptions) {
  let queue: string[] = [];
  let queuedBytes = 0;
  let chunk = Buffer.alloc(0);
  let writing = false;
  let finish: (() => void) | undefined;
  let progressed = true;
  let roomMade = Promise.withResolvers<void>();
  let mostUnread = slowReaderBytes;

  const unread = () => queuedBytes + chunk.length;

  function pump(): void {
    if (chunk.length === 0) {
      chunk = Buffer.from(queue.join(""));
      queue = [];
      queuedBytes = 0;
    }
    if (chunk.length === 0) {
      writing = false;
      finish?.();
      return;
    }
    const part = chunk.subarray(0, chunkBytes);
    response.write(part, (error) => {
      if (error) return;
      chunk = chunk.subarray(part.length);
      progressed = true;
      if (unread() <= mostUnread) roomMade.resolve();
      pump();
    });
  }

  function schedule(): void {
    if (writing) return;
    writing = true;
    // After this tick's events have all been queued.
    setImmediate(pump);
  }

  function write(text: string): void {
    const bytes = Buffer.byteLength(text);
    queue.push(text);
    queuedBytes += bytes;
    mostUnread = Math.max(mostUnread, 4 * bytes);
    schedule();
  }

  function beat(): void {
    if (unread() === 0) write(": heartbeat\n\n");
    else if (!progressed && (finish || unread() > mostUnread)) response.destroy();
    progressed = false;
  }

  const heartbeat = setInterval(beat, heartbeatMs);
  response.once("close", () => {
    clearInterval(heartbeat);
    roomMade.resolve();
  });
  // The headers go with the first events if these are there at once, else without them: a client waits for both.
  setImmediate(() => {
    if (!writing) response.flushHeaders();
  });

  return {
    write,
    isFull: () => unread() > mostUnread,
    async room(): Promise<void> {
      roomMade = Promise.withResolvers();
      if (!response.closed) await roomMade.promise;
    },
    /** Calls `how` when all has been read. */
    close(how: () => void): void {
      finish = how;
      schedule();
    },
  };
}
