import { once } from "node:events";
import { connect as connectTcp, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gate } from "../../fixtures/engine/gates.ts";
import { plainRequest, postJson, sdkGenerations } from "../../support/clients.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const say = (content: string) => ({ messages: [{ role: "user", content }] });

interface Part {
  id?: string;
  event: string;
  data: unknown;
}

async function all(stream: AsyncIterable<unknown>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part as Part);
  return parts;
}

/** The frames of an event stream's text; heartbeats are left out. */
function frames(text: string): Part[] {
  return text
    .split("\n\n")
    .filter((frame) => frame.startsWith("event: "))
    .map((frame) => {
      const [, event = "", data = "", id] = /^event: (.*)\ndata: (.*)\nid: (\d+)$/.exec(frame) ?? [];
      return { event, data: JSON.parse(data), ...(id && { id }) };
    });
}

describe.each(sdkGenerations)("streams, through the $sdk", ({ connect }) => {
  const client = () => connect(server.url);

  it("begin with the run's metadata and end with its end, in the modes asked for", async () => {
    const { thread_id } = await client().threads.create();
    let created: { run_id: string } | undefined;
    const parts = await all(
      client().runs.stream(thread_id, "echo", {
        input: say("hi"),
        streamMode: ["values", "updates"],
        onRunCreated: (run) => {
          created = run;
        },
      }),
    );
    expect(parts[0]).toMatchObject({ event: "metadata", data: { run_id: created?.run_id, attempt: 1 } });
    expect(parts.map((part) => part.event)).toEqual(["metadata", "values", "updates", "values", "end"]);
    expect(parts.map((part) => part.id)).toEqual(["0", "1", "2", "3", "4"]);
    expect(parts[3]?.data).toMatchObject({
      messages: [
        { type: "human", content: "hi" },
        { type: "ai", content: "echo: hi" },
      ],
    });
  });

  it("carry tokens, as tuples and as messages so far", async () => {
    const tuples = await all(client().runs.stream(null, "tokens", { input: say("hi"), streamMode: "messages-tuple" }));
    const chunks = tuples.filter((part) => part.event === "messages").map((part) => part.data as [{ content: string }]);
    expect(chunks.map(([chunk]) => chunk.content).join("")).toContain("w0 w1 w2");
    const messages = await all(client().runs.stream(null, "tokens", { input: say("hi"), streamMode: "messages" }));
    const names = messages.map((part) => part.event);
    expect(names).toContain("messages/metadata");
    expect(names).toContain("messages/partial");
  });

  it("carry subgraphs' events under their namespace, and custom ones", async () => {
    const parts = await all(
      client().runs.stream(null, "family", {
        input: say("hi"),
        streamMode: ["updates", "custom"],
        streamSubgraphs: true,
      }),
    );
    const custom = parts.filter((part) => part.event.startsWith("custom"));
    expect(custom.map((part) => part.data)).toEqual([{ from: "parent" }, { from: "child" }]);
    expect(custom[1]?.event).toMatch(/^custom\|child:[0-9a-f-]{36}$/);
  });

  it("end with the error of a run that fails", async () => {
    const parts = await all(client().runs.stream(null, "fail", { input: say("hi") }));
    expect(parts.at(-1)).toMatchObject({
      event: "error",
      data: { error: "RangeError", message: "the boiler is cold" },
    });
  });

  it("show interrupts in the values", async () => {
    const { thread_id } = await client().threads.create();
    const parts = await all(client().runs.stream(thread_id, "ask", { input: say("hi"), streamMode: "values" }));
    expect(parts.filter((part) => part.event === "values").at(-1)?.data).toMatchObject({
      __interrupt__: [{ value: "What is your name?" }],
    });
  });

  it("are joined from the first event on, from an event on, or by the run's id alone", async () => {
    const { thread_id } = await client().threads.create();
    const options = { input: say("hi"), streamMode: "values" as const, streamResumable: true };
    const run = await client().runs.create(thread_id, "echo", options);
    await client().runs.join(thread_id, run.run_id);
    const whole = await all(client().runs.joinStream(thread_id, run.run_id, { lastEventId: "-1" }));
    expect(whole.map((part) => part.event)).toEqual(["metadata", "values", "values", "end"]);
    const rest = await all(client().runs.joinStream(thread_id, run.run_id, { lastEventId: "1" }));
    expect(rest).toEqual(whole.slice(2));
    const byId = await all(client().runs.joinStream(null, run.run_id, { lastEventId: "-1" }));
    expect(byId).toEqual(whole);
  });

  it("are joined while they run, with the modes asked for", async () => {
    const { thread_id } = await client().threads.create();
    const name = `join-${crypto.randomUUID()}`;
    const run = await client().runs.create(thread_id, "gate", {
      input: { ...say("wait"), gate: name },
      streamMode: ["values", "updates"],
      streamResumable: true,
    });
    await gate(name).reached.promise;
    const joined = client().runs.joinStream(thread_id, run.run_id, { lastEventId: "-1", streamMode: ["updates"] });
    gate(name).opened.resolve();
    expect((await all(joined)).map((part) => part.event)).toEqual(["metadata", "updates", "updates", "end"]);
  });

  it("go on by themselves where the connection broke, without a gap or a repetition", async () => {
    const { thread_id } = await client().threads.create();
    const name = `break-${crypto.randomUUID()}`;
    const breaking = await brokenOnce(server.url);
    try {
      const parts: Part[] = [];
      const input = { ...say("wait"), gate: name };
      const options = { input, streamMode: "values" as const, streamResumable: true };
      for await (const part of connect(breaking.url).runs.stream(thread_id, "gate", options)) {
        parts.push(part as Part);
        if (parts.length === 2) {
          breaking.cut();
          gate(name).opened.resolve();
        }
      }
      expect(parts.map((part) => part.event)).toEqual(["metadata", "values", "values", "values", "end"]);
      expect(parts.map((part) => part.id)).toEqual(["0", "1", "2", "3", "4"]);
    } finally {
      await breaking.close();
    }
  });
});

it("a stream says where it can be joined again, and that nothing may hold it back", async () => {
  const { headers, text } = await postJson(`${server.url}/runs/stream`, { assistant_id: "echo", input: say("hi") });
  const location = headers.get("content-location");
  expect(location).toMatch(/^\/threads\/[0-9a-f-]{36}\/runs\/[0-9a-f-]{36}$/);
  expect(headers.get("location")).toBe(`${location}/stream`);
  expect(headers.get("content-type")).toBe("text/event-stream");
  expect(headers.get("cache-control")).toContain("no-cache");
  expect(frames(text).map((frame) => frame.event)).toEqual(["metadata", "values", "values", "end"]);
});

it("a run that is over is joined with its outcome, also where its events were not kept", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const body = { assistant_id: "echo", input: say("hi") };
  const run = JSON.parse((await postJson(`${server.url}/threads/${thread_id}/runs`, body)).text);
  const path = `${server.url}/threads/${thread_id}/runs/${run.run_id}`;
  await plainRequest(`${path}/join`);
  const joined = frames((await plainRequest(`${path}/stream`, { headers: { "last-event-id": "700" } })).text);
  expect(joined.map((frame) => frame.event)).toEqual(["metadata", "values", "end"]);
  expect(joined[0]?.data).toMatchObject({ reset: true });
  const now = frames((await plainRequest(`${path}/stream`)).text);
  expect(now.at(-1)?.event).toBe("end");
});

it("a list of modes in a query may be repeated, joined by commas, or JSON", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const body = {
    assistant_id: "echo",
    input: say("hi"),
    stream_mode: ["values", "updates", "debug"],
    stream_resumable: true,
  };
  const run = JSON.parse((await postJson(`${server.url}/threads/${thread_id}/runs`, body)).text);
  const path = `${server.url}/threads/${thread_id}/runs/${run.run_id}`;
  await plainRequest(`${path}/join`);
  for (const query of [
    "stream_mode=values&stream_mode=updates",
    "stream_mode=values,updates",
    'stream_mode=["values","updates"]',
  ]) {
    const { text } = await plainRequest(`${path}/stream?${query}`, { headers: { "last-event-id": "-1" } });
    expect(new Set(frames(text).map((frame) => frame.event)), query).toEqual(
      new Set(["metadata", "values", "updates", "end"]),
    );
  }
  expect((await plainRequest(`${path}/stream?stream_mode=thoughts`)).status).toBe(422);
});

it("a client that joined takes the run along when it leaves, if it said so", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const name = `leave-${crypto.randomUUID()}`;
  const body = { assistant_id: "gate", input: { ...say("wait"), gate: name } };
  const run = JSON.parse((await postJson(`${server.url}/threads/${thread_id}/runs`, body)).text);
  await gate(name).reached.promise;
  const path = `${server.url}/threads/${thread_id}/runs/${run.run_id}`;
  const leave = new AbortController();
  await fetch(`${path}/stream?cancel_on_disconnect=1`, { signal: leave.signal });
  leave.abort();
  await plainRequest(`${path}/join`);
  expect(JSON.parse((await plainRequest(path)).text).status).toBe("interrupted");
});

/** A plain TCP relay to the server, whose open connections can be cut. */
async function brokenOnce(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const relay = createServer((socket) => {
    const upstream = connectTcp(Number(port), hostname);
    sockets.add(socket).add(upstream);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy()).on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(relay, "listening");
  const address = relay.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    cut,
    async close() {
      cut();
      relay.close();
      await once(relay, "close");
    },
  };
}
