/** The port and the sockets of a server, below any route. */
import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { type Limits, readConfig } from "../../src/config.ts";
import { listen, portOf, stopListening } from "../../src/http/listen.ts";

const hello: RequestListener = (_, response) => response.end("hello");

async function listening(
  environment: Record<string, string>,
  limits: Partial<Limits> = {},
  app = hello,
): Promise<Server> {
  const config = readConfig(environment);
  const server = await listen(app, { ...config, limits: { ...config.limits, ...limits } });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

/** What the server answers, in full, to these bytes. */
async function answerTo(server: Server, bytes: string): Promise<string> {
  const socket = connect(portOf(server), "127.0.0.1");
  socket.write(bytes);
  return text(socket);
}

test("A taken port moves on to the next free one", async () => {
  const first = await listening({ PORT: "0" });
  const second = await listening({ PORT: `${portOf(first)}` });
  expect(portOf(second)).toBeGreaterThan(portOf(first));
  expect(await (await fetch(`http://127.0.0.1:${portOf(second)}`)).text()).toBe("hello");
});

test("When no port is left, the message says which were tried", async () => {
  await listening({ PORT: "65535" }).catch(() => "taken by somebody else: the same to this test");
  await expect(listening({ PORT: "65535" })).rejects.toThrow(
    "PORT is 65535, but this and all ports up to 65535 are taken",
  );
});

test("An address that this machine does not have is named", async () => {
  await expect(listening({ HOST: "203.0.113.7", PORT: "0", API_KEYS: "ann:12345678" })).rejects.toMatchObject({
    code: "invalid-configuration",
    message: expect.stringContaining("HOST is 203.0.113.7"),
  });
});

test("A client that never finishes its headers is answered 408 and let go", async () => {
  const server = await listening({ PORT: "0" }, { headersMs: 100 });
  expect(await answerTo(server, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")).toMatch(
    /^HTTP\/1.1 408 Request Timeout\r\n/,
  );
});

test("Headers over the limit are answered 431 with the limit", async () => {
  const server = await listening({ PORT: "0" }, { headerBytes: 1000 });
  const answer = await answerTo(server, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"a".repeat(2000)}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
  expect(answer).toContain("over 1000 bytes");
});

test("What is not HTTP is answered 400", async () => {
  expect(await answerTo(await listening({ PORT: "0" }), "hello?\r\n\r\n")).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
});

test("A server that stops lets an answer come to its end", async () => {
  const reached = Promise.withResolvers<() => void>();
  const server = await listening({ PORT: "0" }, {}, (_, response) => {
    response.write("begun, ");
    reached.resolve(() => response.end("ended"));
  });
  const answer = fetch(`http://127.0.0.1:${portOf(server)}`).then((response) => response.text());
  const end = await reached.promise;
  const stopped = stopListening(server);
  end();
  expect(await answer).toBe("begun, ended");
  await stopped;
});

test("A server that stops takes no more connections", async () => {
  const server = await listening({ PORT: "0" });
  const port = portOf(server);
  await stopListening(server);
  const [error] = await once(connect(port, "127.0.0.1"), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});
