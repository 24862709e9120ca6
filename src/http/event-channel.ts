/** The connection under a stream of events: one write a tick, heartbeats, and an end for readers who do not read. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Response } from "express";

export interface EventChannelOptions {
  headers?: OutgoingHttpHeaders;
  /**
   * More than this many unread bytes, and no byte taken for a whole heartbeat: the reader is cut off. Where single
   * events are large, four of the largest are let stand: a superstep sends its state in several modes at once.
   */
  slowReaderBytes: number;
  heartbeatMs?: number;
}

/** What is handed to the socket at once: small enough to see that a slow reader does read. */
const chunkBytes = 256 * 1024;

/** The answers that stream now. */
const open = new Set<Response>();

/** How many streams are open in this process: one owner's, or all. */
export function openStreams(owner?: string): number {
  return [...open].filter(({ locals }) => owner === undefined || locals.owner === owner).length;
}

export interface EventChannel {
  write(text: string): void;
  /** True if the client has so much unread that the writer should wait for `room`. */
  isFull(): boolean;
  /** Resolves when the client has read on, or is gone. */
  room(): Promise<void>;
  /** Calls `how` when all has been read. */
  close(how: () => void): void;
}

/** Starts the answer. What is written but unread is queued text, and the chunk of which the socket has taken a part. */
export function openEventChannel(response: Response, options: EventChannelOptions): EventChannel {
  const { headers, slowReaderBytes, heartbeatMs = 5_000 } = options;
  response.writeHead(200, {
    "content-type": "text/event-stream",
    // no-transform keeps proxies from compressing, which would hold events back.
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    ...headers,
  });
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
  if (!response.closed) open.add(response);
  response.once("close", () => {
    open.delete(response);
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
    async room() {
      roomMade = Promise.withResolvers();
      if (!response.closed) await roomMade.promise;
    },
    close(how) {
      finish = how;
      schedule();
    },
  };
}
