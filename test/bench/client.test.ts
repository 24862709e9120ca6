/** The load's own client: it must not mistake half an answer for an answer, or miss an event. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Client, createClient, createEventReader } from "../../bench/load/client.ts";

async function clientOf(answer: RequestListener): Promise<Client> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return client;
}

describe("A client", () => {
  test("posts JSON and gives the answer's text", async () => {
    const client = await clientOf(async (request, response) => {
      response.end(`${request.method} ${request.url} ${await new Response(request).text()}`);
    });
    expect(await client.post("/threads", { thread_id: "é" })).toBe('POST /threads {"thread_id":"é"}');
  });

  test("uses a connection again", async () => {
    const client = await clientOf((request, response) => {
      response.end(String(request.socket.remotePort));
    });
    const first = await client.post("/", {});
    expect(await client.post("/", {})).toBe(first);
  });

  test("fails where the answer is not 200, and says what it was", async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(503).end("draining");
    });
    await expect(client.post("/threads", {})).rejects.toThrow("POST /threads was answered 503: draining");
  });

  test("fails where a stream breaks off", async () => {
    const client = await clientOf((_request, response) => {
      response.write("event: metadata\n\n", () => response.destroy());
    });
    await expect(client.stream("/", {}, () => {})).rejects.toThrow("aborted");
  });
});

describe("An event reader", () => {
  const stream =
    ": heartbeat\n\nevent: metadata\ndata: {}\nid: 0\n\nevent: messages\ndata: [1]\nid: 1\n\nevent: end\ndata: {}\n\n";

  test.each([1, 2, 7, 1000])("finds each event in pieces of %i characters", (size) => {
    const heard: string[] = [];
    const read = createEventReader((event) => heard.push(event));
    for (let start = 0; start < stream.length; start += size) read(stream.slice(start, start + size));
    expect(heard).toEqual(["metadata", "messages", "end"]);
  });

  test("does not count an event that is not whole", () => {
    const heard: string[] = [];
    createEventReader((event) => heard.push(event))("event: end\ndata: {}\n");
    expect(heard).toEqual([]);
  });
});
