/** The client for what goes out: whom it calls, whom it refuses, and where it cuts an answer off. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { configure } from "../../src/config.ts";
import { isSignalboxError, SignalboxError } from "../../src/errors.ts";
import { createGuardedFetch, guardedFetch, type OutgoingRequest } from "../../src/net/guarded-fetch.ts";
import { type LoopbackServer, listenOnLoopback } from "./loopback.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What the server answers, by path. */
const pages = new Map<string, Answer>();
const answer: Answer = (request, response) => {
  const page = pages.get(new URL(request.url ?? "/", "http://x").pathname);
  if (page) page(request, response);
  else response.writeHead(404).end("nothing here");
};
let server: LoopbackServer;
/** Allowed too, so that redirects between two sites can be followed. */
let neighbour: LoopbackServer;
/** Nobody allowed it. */
let stranger: LoopbackServer;

beforeAll(async () => {
  [server, neighbour, stranger] = (await Promise.all([1, 2, 3].map(() => listenOnLoopback(answer)))) as [
    LoopbackServer,
    LoopbackServer,
    LoopbackServer,
  ];
  configure({ ALLOWED_OUTGOING_HOSTS: `${server.host},${neighbour.host}` });
});
afterEach(() => pages.clear());

const redirect =
  (location: string, status = 302): Answer =>
  (_, response) =>
    response.writeHead(status, { location }).end();

/** The code and the message of a refusal, of the call or of its body. */
async function refusal(url: string, request?: OutgoingRequest): Promise<string> {
  const error = await guardedFetch(url, request)
    .then((response) => response.text())
    .catch((error: unknown) => error);
  if (isSignalboxError(error)) return `${error.code}: ${error.message}`;
  throw new Error(`It was not refused: ${error}`);
}

describe("A request to an allowed host", () => {
  test("is sent as it is given and answered as it was answered", async () => {
    pages.set("/echo", async (request, response) => {
      const { method, headers } = request;
      response.writeHead(201, { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
      response.end(
        JSON.stringify({ method, key: headers["x-key"], agent: headers["user-agent"], body: await text(request) }),
      );
    });
    const response = await guardedFetch(`${server.url}/echo`, {
      method: "post",
      headers: { "x-key": "k" },
      body: "grüße",
    });
    expect(response.status).toBe(201);
    expect(response.url).toBe(`${server.url}/echo`);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.json()).toEqual({ method: "POST", key: "k", agent: "Signalbox/0.1", body: "grüße" });
  });

  test.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("may be answered in %s", async (encoding, compress) => {
    pages.set("/", (_, response) => response.setHeader("content-encoding", encoding).end(compress("Hello!")));
    const response = await guardedFetch(server.url);
    expect(await response.text()).toBe("Hello!");
    expect(response.headers.get("content-encoding")).toBeNull();
  });

  test("may be answered with nothing", async () => {
    pages.set("/", (_, response) => response.writeHead(204).end());
    const response = await guardedFetch(server.url);
    expect([response.status, await response.text()]).toEqual([204, ""]);
  });

  test("that asks for the head alone gets it, however long the body would be", async () => {
    pages.set("/", (_, response) => response.writeHead(200, { "content-length": 2 ** 30 }).end());
    const response = await guardedFetch(server.url, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
  });

  test("reaches the site of its URL, whatever Host it names", async () => {
    pages.set("/", (request, response) => response.end(request.headers.host));
    const response = await guardedFetch(server.url, { headers: { host: "internal.example" } });
    expect(await response.text()).toBe(server.host);
  });

  test("works as the fetch of a library", async () => {
    pages.set("/", async (request, response) => response.end(`${request.method} ${await text(request)}`));
    const fetch = createGuardedFetch();
    const body = new URLSearchParams({ q: "x" });
    expect(await (await fetch(new URL(server.url), { method: "PUT", body })).text()).toBe("PUT q=x");
    await expect(fetch(stranger.url)).rejects.toThrow(/is not called/);
  });

  test("takes no proxy from the environment", async () => {
    pages.set("/", (_, response) => response.end("straight"));
    const module = new URL("../../src/net/guarded-fetch.ts", import.meta.url);
    const program = `import { guardedFetch } from ${JSON.stringify(module)};
      console.log(await (await guardedFetch("${server.url}")).text());`;
    const env = {
      ALLOWED_OUTGOING_HOSTS: server.host,
      NODE_USE_ENV_PROXY: "1",
      HTTP_PROXY: stranger.url,
      http_proxy: stranger.url,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { env });
    expect(stdout.trim()).toBe("straight");
    expect(stranger.requests).toEqual([]);
  });
});

describe("A request is refused", () => {
  test.each([
    "http://127.0.0.1",
    "http://127.1",
    "http://127.0.0.1.",
    "http://2130706433",
    "http://0x7f.1",
    "http://0177.0.0.1",
    "http://①②⑦.0.0.1",
    "http://%31%32%37.0.0.1",
    "http://0",
    "http://[::1]",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[::127.0.0.1]",
    "http://[64:ff9b::127.0.0.1]",
    "http://[64:ff9b:1::7f00:1]",
    "http://[2002:7f00:1::]",
    "http://[2001:0:7f00:1::]",
    "http://[fe80::1]",
    "http://[fec0::1]",
    "http://[fd00:ec2::254]",
    "http://[ff02::1]",
    "http://[4000::1]",
    "http://10.0.0.1",
    "http://172.16.0.1",
    "http://192.168.1.1",
    "http://100.64.0.1",
    "http://169.254.169.254",
    "http://168.63.129.16",
    "http://198.18.0.1",
    "http://203.0.113.1",
    "http://224.0.0.1",
    "http://240.0.0.1",
    "http://255.255.255.255",
    "http://localhost",
    "http://localhost.",
    "http://LOCALHOST",
  ])("to %s, which is not on the public internet", async (url) => {
    expect(await refusal(`${url}:${stranger.port}/`)).toMatch(/^outgoing-refused: .*not on the public internet/);
    expect(stranger.requests).toEqual([]);
  });

  test.each([
    ["file:///etc/passwd", "file: is not called"],
    ["ftp://example.com/", "ftp: is not called"],
    ["data:text/plain,hello", "data: is not called"],
    ["http://user:secret@example.com/", "user name or password"],
    ["example.com", "is not a URL"],
  ])("to %s: %s", async (url, reason) => {
    const message = await refusal(url);
    expect(message).toMatch(/^outgoing-refused/);
    expect(message).toContain(reason);
    expect(message).not.toContain("secret");
  });

  test.each([
    ["the only one", ["127.0.0.1"]],
    ["one of several", ["93.184.216.34", "10.0.0.1"]],
    ["in IPv6", ["2606:4700::1", "::ffff:10.0.0.1"]],
  ])("to a name whose address, %s, is private", async (_, addresses) => {
    const resolve = async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    expect(await refusal(`http://rebinding.example:${stranger.port}/`, { resolve })).toMatch(/^outgoing-refused/);
    expect(stranger.requests).toEqual([]);
  });

  test("to a name that nobody knows", async () => {
    const resolve = async () => {
      throw new Error("ENOTFOUND");
    };
    expect(await refusal("http://nowhere.example/", { resolve })).toMatch(/^outgoing-failed: There is no host nowhere/);
  });

  test("to another port of an allowed host", async () => {
    expect(await refusal(`http://127.0.0.1:${stranger.port}`)).toMatch(/^outgoing-refused/);
  });
});

describe("A name", () => {
  test("is looked up once a request, so that its second answer cannot be another", async () => {
    pages.set("/", (_, response) => response.end("the checked one"));
    const resolve = vi
      .fn()
      .mockResolvedValueOnce([{ address: "127.0.0.1", family: 4 }])
      .mockRejectedValue(new Error("a second lookup"));
    const allowedHosts = [`rebinding.example:${server.port}`];
    const response = await guardedFetch(`http://rebinding.example:${server.port}/`, { resolve, allowedHosts });
    expect(await response.text()).toBe("the checked one");
    expect(resolve).toHaveBeenCalledTimes(1);
  });

  test("is checked again at each redirect", async () => {
    const answers = [[{ address: "127.0.0.1", family: 4 }], [{ address: "127.0.0.1", family: 4 }]];
    const resolve = vi.fn(async () => answers.shift() ?? []);
    pages.set("/", redirect(`http://rebinding.example:${stranger.port}/`));
    const allowedHosts = [`rebinding.example:${server.port}`];
    const message = await refusal(`http://rebinding.example:${server.port}/`, { resolve, allowedHosts });
    expect(message).toMatch(/^outgoing-refused/);
    expect(stranger.requests).toEqual([]);
  });
});

describe("A redirect", () => {
  test("is followed to where it leads, relative ones too", async () => {
    pages.set("/old", redirect("/new?x=1"));
    pages.set("/new", (request, response) => response.end(request.url));
    const response = await guardedFetch(`${server.url}/old`);
    expect([response.url, await response.text()]).toEqual([`${server.url}/new?x=1`, "/new?x=1"]);
  });

  test("to loopback is refused", async () => {
    pages.set("/", redirect(stranger.url));
    expect(await refusal(server.url)).toMatch(/^outgoing-refused/);
    expect(stranger.requests).toEqual([]);
  });

  test.each(["file:///etc/passwd", "gopher://example.com", "http://user:secret@example.com", "http://"])(
    "to %s is refused",
    async (location) => {
      pages.set("/", redirect(location));
      expect(await refusal(server.url)).toMatch(/^outgoing-refused/);
    },
  );

  test("without end is given up", async () => {
    pages.set("/", redirect("/"));
    const before = server.requests.length;
    expect(await refusal(server.url)).toMatch(/^outgoing-refused: .*more than 5 times/);
    expect(server.requests.length - before).toBe(6);
  });

  test("to another site takes no credentials along", async () => {
    pages.set("/", redirect(`${neighbour.url}/there`));
    pages.set("/there", (request, response) => response.end(JSON.stringify(request.headers)));
    const headers = { authorization: "Bearer k", cookie: "k", "x-api-key": "k", accept: "text/html" };
    const received = await (await guardedFetch(server.url, { headers })).json();
    expect(received).toMatchObject({ accept: "text/html" });
    for (const name of ["authorization", "cookie", "x-api-key"]) expect(received).not.toHaveProperty(name);
  });

  test("within the site keeps them", async () => {
    pages.set("/", redirect("/there"));
    pages.set("/there", (request, response) => response.end(request.headers.authorization));
    expect(await (await guardedFetch(server.url, { headers: { authorization: "k" } })).text()).toBe("k");
  });

  test.each([
    [302, "GET ''"],
    [303, "GET ''"],
    [307, "POST 'body'"],
    [308, "POST 'body'"],
  ])("of status %i to a POST is followed with %s", async (status, expected) => {
    pages.set("/", redirect("/there", status));
    pages.set("/there", async (request, response) => response.end(`${request.method} '${await text(request)}'`));
    expect(await (await guardedFetch(server.url, { method: "POST", body: "body" })).text()).toBe(expected);
  });

  test("does not give another site the body", async () => {
    pages.set("/", redirect(neighbour.url, 307));
    const before = neighbour.requests.length;
    expect(await refusal(server.url, { method: "POST", body: "secret" })).toMatch(/^outgoing-refused: .*body/);
    expect(neighbour.requests.length).toBe(before);
  });

  test("is the answer where the caller wants it to be", async () => {
    pages.set("/", redirect("/there"));
    const response = await guardedFetch(server.url, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/there"]);
    expect(await refusal(server.url, { redirect: "error" })).toMatch(/^outgoing-refused/);
  });
});

describe("An answer", () => {
  test("without end is cut off at the limit, and so is whoever sends it", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    const { promise: cutOff, resolve } = Promise.withResolvers<void>();
    pages.set("/", (_, response) => {
      const send = () => {
        while (response.write(chunk));
        response.once("drain", send);
      };
      response.once("close", resolve);
      send();
    });
    expect(await refusal(server.url)).toMatch(/^outgoing-too-large: .*more than 10485760 bytes/);
    await cutOff;
  });

  test("that says beforehand that it has 1 GB is not read", async () => {
    pages.set("/", (_, response) => {
      response.writeHead(200, { "content-length": 2 ** 30 }).flushHeaders();
    });
    expect(await refusal(server.url)).toMatch(/^outgoing-too-large/);
  });

  test("that inflates beyond the limit is cut off there", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 22), { level: 9 });
    pages.set("/", (_, response) => response.setHeader("content-encoding", "gzip").end(bomb));
    expect(bomb.length).toBeLessThan(2 ** 14);
    expect(await refusal(server.url, { maxBytes: 2 ** 16 })).toMatch(/^outgoing-too-large/);
  });

  test("that drips is cut off when its time is over", async () => {
    pages.set("/", (_, response) => {
      const drip = setInterval(() => response.write("."), 5);
      response.once("close", () => clearInterval(drip));
    });
    expect(await refusal(server.url, { totalMs: 100 })).toMatch(/^outgoing-timeout: .*not done in 100 ms/);
  });

  test.each([
    ["that never begins", () => {}],
    ["that stops half way", ((_, response) => response.write("half")) satisfies Answer],
  ])("%s is given up when nothing is heard", async (_, silent: Answer) => {
    pages.set("/", silent);
    expect(await refusal(server.url, { idleMs: 100 })).toMatch(/^outgoing-timeout: .*for 100 ms/);
  });

  test("to a name that takes for ever to look up is given up", async () => {
    const resolve = () => new Promise<never>(() => {});
    expect(await refusal("http://slow.example", { resolve, totalMs: 50 })).toMatch(/^outgoing-timeout/);
  });

  test.each([
    [
      "breaks off",
      ((_, response) =>
        response.writeHead(200, { "content-length": 10 }).write("half", () => response.destroy())) satisfies Answer,
    ],
    [
      "is not what it says",
      ((_, response) => response.setHeader("content-encoding", "gzip").end("plain")) satisfies Answer,
    ],
    [
      "is in an encoding of its own",
      ((_, response) => response.setHeader("content-encoding", "rot13").end("x")) satisfies Answer,
    ],
    ["is not HTTP", ((request) => request.socket.end("hello\r\n")) satisfies Answer],
  ])("that %s is an error with a reason", async (_, broken: Answer) => {
    pages.set("/", broken);
    expect(await refusal(server.url)).toMatch(/^outgoing-failed: 127\.0\.0\.1:\d+ /);
  });

  test("is ended by its caller, with the caller's reason", async () => {
    const caller = new AbortController();
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    pages.set("/", (_, response) => {
      response.write("half");
      response.once("close", resolve);
    });
    const reason = new SignalboxError("draining", "The caller ended it.");
    const response = await guardedFetch(server.url, { signal: caller.signal });
    caller.abort(reason);
    await expect(response.text()).rejects.toBe(reason);
    await ended;
    await expect(guardedFetch(server.url, { signal: caller.signal })).rejects.toBe(reason);
  });

  test("that is not read to its end holds no connection", async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    pages.set("/", (_, response) => {
      response.write("half");
      response.once("close", resolve);
    });
    await (await guardedFetch(server.url)).body?.cancel();
    await closed;
  });

  test("of nobody is an error with a reason", async () => {
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const message = await refusal(`http://127.0.0.1:${port}`, { allowedHosts: ["127.0.0.1"] });
    expect(message).toMatch(/^outgoing-failed: .*ECONNREFUSED/);
  });
});
