/** Reading pages: what a model gets of them, and what it is told where there is nothing to get. */
import type { ServerResponse } from "node:http";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { fetchPage } from "../../tools/fetch-page.ts";
import { type LoopbackServer, listenOnLoopback } from "../net/loopback.ts";

const paragraph = "<p>Signals interlock, so that no two trains meet on one track, and the register is kept.</p>";
const article = `<!doctype html><html><head><title>Signal boxes &amp; trains</title><script>alert(1)</script></head>
  <body><nav><a href="/">Home</a></nav><article><h2>Levers</h2>${paragraph.repeat(8)}
  <p>More in <a href="/levers">the list of levers</a>.</p><pre><code>pull &lt; push</code></pre></article>
  <footer>Imprint</footer></body></html>`;

let server: LoopbackServer;
let answer: (response: ServerResponse) => unknown;

const html = (body: string | Buffer, type = "text/html; charset=utf-8") => {
  answer = (response) => response.setHeader("content-type", type).end(body);
};
const read = (from?: number): Promise<string> => fetchPage.invoke({ url: `${server.url}/page`, ...(from && { from }) });

beforeAll(async () => {
  server = await listenOnLoopback((request, response) =>
    request.url === "/old" ? response.writeHead(301, { location: "/page" }).end() : answer(response),
  );
});
beforeEach(() => configure({ ALLOWED_OUTGOING_HOSTS: server.host }));

describe("A page", () => {
  test("is given as Markdown under its title and URL, without what stands around it", async () => {
    html(article);
    const page = await read();
    expect(page).toMatch(`# Signal boxes & trains\n${server.url}/page\n\n## Levers\n\nSignals interlock`);
    expect(page).toContain(`[the list of levers](${server.url}/levers)`);
    expect(page).toContain("pull < push");
    expect(page).not.toMatch(/alert|Imprint|Home/);
  });

  test("names where a redirect led to", async () => {
    html(article);
    expect(await fetchPage.invoke({ url: `${server.url}/old` })).toContain(`${server.url}/page`);
  });

  test.each([
    ["without head and body", "<p>Hello <b>there</b>", "Hello **there**"],
    ["with a title and nothing else around it", "<html lang=en><title>Note</title><p>Hello", "# Note\n"],
    ["in a character set of its own", Buffer.from("<meta charset=latin1><p>Gr\xfc\xdfe", "latin1"), "Grüße"],
    ["in a character set that nobody knows", "<meta charset=klingon><p>Hello", "Hello"],
  ])("%s is read all the same", async (_, body, expected) => {
    html(body, "text/html");
    expect(await read()).toContain(expected);
  });

  test("that is text already is given as it is", async () => {
    html('{"levers": ["<b>"]}', "application/json");
    expect(await read()).toBe(`${server.url}/page\n\n{"levers": ["<b>"]}`);
  });

  test("that is long is given in parts that make up the whole", async () => {
    const text = Array.from({ length: 9_000 }, (_, index) => index).join(" ");
    html(text, "text/plain");
    let [from, whole] = [0, ""];
    for (let part = await read(); ; part = await read(from)) {
      expect(part.length).toBeLessThan(21_000);
      whole += part.replace(`${server.url}/page\n\n`, "").replace(/\n\n\[Characters.*\]$/, "");
      const [, next] = /Call again with from: (\d+) to read on\.\]$/.exec(part) ?? [];
      if (next === undefined) break;
      from = Number(next);
    }
    expect(whole).toBe(text);
    await expect(read(text.length)).rejects.toThrow(/has \d+ characters: there is nothing from/);
  });
});

describe("What cannot be read", () => {
  test("is named by its status", async () => {
    answer = (response) => response.writeHead(404).end(article);
    await expect(read()).rejects.toThrow(/answered 404 Not Found. Try another address/);
  });

  test("is named by its type", async () => {
    html(Buffer.alloc(10), "application/pdf");
    await expect(read()).rejects.toThrow(/is application\/pdf, which is no text/);
  });

  test("is a page that is empty", async () => {
    html("");
    await expect(read()).rejects.toThrow(/has no text/);
  });

  test("is a page of 100 MB", async () => {
    answer = (response) => response.writeHead(200, { "content-type": "text/html", "content-length": 1e8 }).write("<p>");
    await expect(read()).rejects.toThrow(/answered more than 4194304 bytes/);
  });

  test("is a page whose elements are nested without end", async () => {
    html("<div>".repeat(30_000));
    await expect(read()).rejects.toThrow(/cannot be read: .*nested more than 400 deep/);
  });

  test.each(["http://169.254.169.254/latest/meta-data", "http://localhost/", "file:///etc/passwd"])(
    "is %s, which is not on the public internet",
    async (url) => {
      await expect(fetchPage.invoke({ url })).rejects.toThrow(/is not called/);
    },
  );
});

test("Reading ends when the run does", async () => {
  const run = new AbortController();
  answer = () => run.abort(new Error("The run was cancelled."));
  await expect(fetchPage.invoke({ url: server.url }, { signal: run.signal })).rejects.toThrow(/cancel|abort/i);
});

test("Reading states that it only reads", () => {
  expect(fetchPage.metadata).toEqual({ effect: "read" });
});
