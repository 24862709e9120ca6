/** A run's events as server-sent events, in the frames of protocol v1. */
import type { Response } from "express";
import type { RunEvent } from "../engine/contract.ts";
import { type EventChannelOptions, openEventChannel } from "./event-channel.ts";

/**
 * Writes the events to the response until they end, and then ends it. A reader who is cut off, and one whose events
 * stop before the run's last, sees a broken connection rather than an end: that is what makes a client come back.
 */
export async function sendEvents(
  response: Response,
  events: AsyncIterable<RunEvent>,
  options: EventChannelOptions,
): Promise<void> {
  const reader = events[Symbol.asyncIterator]();
  if (response.closed) {
    await reader.return?.();
    return;
  }
  const channel = openEventChannel(response, options);
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
