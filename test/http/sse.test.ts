import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/engine/contract.ts";
import { sendEvents } from "../../src/http/sse.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

/** Serves the events to one client and gives what it gets, with the end of the server's side. */
async function serve(
  events: AsyncIterable<RunEvent>,
  options: { slowReaderBytes?: number; heartbeatMs?: number } = {},
): Promise<{ incoming: IncomingMessage; closed: Promise<unknown> }> {
  const closed = Promise.withResolvers<void>();
  const app = express().get("/", async (_request, response) => {
    response.once("close", closed.resolve);
    await sendEvents(response, events, { headers: { location: "/back" }, slowReaderBytes: 1_000_000, ...options });
  });
  const server = app.listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const outgoing = httpRequest({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false }).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  return { incoming, closed: closed.promise };
}

/** Everything until the end; rejects where the connection breaks before a proper end. */
async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of incoming.setEncoding("utf8")) text += part;
  return text;
}

const end: RunEvent = { id: 99, event: "end", data: "{}" };

async function* listed(...events: RunEvent[]): AsyncGenerator<RunEvent> {
  yield* events;
}

describe("a stream of events", () => {
  it("is framed as event, data, id and an empty line, and is not to be cached, buffered or compressed", async () => {
    const { incoming } = await serve(listed({ id: 0, event: "values", data: '{"a":"ü"}' }, end));
    expect(incoming.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
      location: "/back",
    });
    expect(await textOf(incoming)).toBe('event: values\ndata: {"a":"ü"}\nid: 0\n\nevent: end\ndata: {}\nid: 99\n\n');
  });

  it("answers with its headers before the first event is there", async () => {
    const first = Promise.withResolvers<void>();
    async function* late() {
      await first.promise;
      yield end;
    }
    const { incoming } = await serve(late());
    expect(incoming.statusCode).toBe(200);
    first.resolve();
    expect(await textOf(incoming)).toContain("event: end");
  });

  it("beats while there is nothing to say", async () => {
    const beaten = Promise.withResolvers<void>();
    async function* late() {
      await beaten.promise;
      yield end;
    }
    const { incoming } = await serve(late(), { heartbeatMs: 5 });
    const [first] = await once(incoming.setEncoding("utf8"), "data");
    expect(first).toBe(": heartbeat\n\n");
    beaten.resolve();
    expect(await textOf(incoming)).toMatch(/event: end\ndata: {}\nid: 99\n\n$/);
  });

  it("breaks off, so that the client comes back, where events stop before the run's last", async () => {
    const { incoming } = await serve(listed({ id: 0, event: "values", data: "{}" }));
    await expect(textOf(incoming)).rejects.toThrow("aborted");
  });

  it("lets go of the events when the client leaves", async () => {
    const released = Promise.withResolvers<void>();
    const endless: AsyncIterable<RunEvent> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          released.resolve();
          return { done: true, value: undefined };
        },
      }),
    };
    const { incoming } = await serve(endless);
    incoming.destroy();
    await released.promise;
  });

  it("leaves no timer behind", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { incoming, closed } = await serve(listed(end));
    await textOf(incoming);
    await closed;
    // Vitest has timers too, that come and go; a heartbeat that was left behind stays.
    while (timers() > before) await new Promise(setImmediate);
  });
});

describe("a reader who reads slower than a run speaks", () => {
  const megabyte = "x".repeat(1_000_000);

  function speech(events: number) {
    let taken = 0;
    async function* speak(): AsyncGenerator<RunEvent> {
      for (; taken < events; taken++) yield { id: taken, event: "custom", data: JSON.stringify(megabyte) };
      yield end;
    }
    return { events: speak(), taken: () => taken };
  }

  it("is cut off if it reads nothing, before much is buffered for it", async () => {
    const { events, taken } = speech(50);
    const { incoming, closed } = await serve(events, { heartbeatMs: 50 });
    incoming.pause();
    await closed;
    // What the kernel and the paused client hold is not ours; it is a few MB.
    expect(taken()).toBeLessThan(25);
    await expect(textOf(incoming)).rejects.toThrow("aborted");
  });

  it("gets every byte if it reads at all", async () => {
    const { events } = speech(20);
    const { incoming } = await serve(events, { heartbeatMs: 2_000, slowReaderBytes: 100_000 });
    let bytes = 0;
    for await (const part of incoming) {
      bytes += part.length;
      await new Promise(setImmediate);
    }
    expect(bytes).toBeGreaterThan(20_000_000);
    expect(bytes).toBeLessThan(20_002_000);
  });
});
