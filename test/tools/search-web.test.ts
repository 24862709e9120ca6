/** Searching the web: each engine by its own protocol, on a server that speaks it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { searchWeb } from "../../tools/search-web.ts";
import { tavily } from "../../tools/shared/search-engines.ts";
import { type LoopbackServer, listenOnLoopback } from "../net/loopback.ts";

let server: LoopbackServer;
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

beforeAll(async () => {
  server = await listenOnLoopback((request, response) => answer(request, response));
});
afterEach(() => configure());

const pages = Array.from({ length: 12 }, (_, index) => ({
  title: `Page ${index}`,
  url: `https://example.com/${index}`,
  content: `Signals\n and   boxes. ${"x".repeat(index * 100)}`,
}));
const search = (query: string, count?: number): Promise<string> => searchWeb.invoke({ query, ...(count && { count }) });

describe("A search", () => {
  test("asks the configured SearXNG, on loopback too, and lists what it finds", async () => {
    configure({ SEARXNG_URL: `${server.url}/searx` });
    answer = (_, response) => response.end(JSON.stringify({ results: pages, answers: [] }));
    const found = await search("signal boxes & trains");
    expect(server.requests.at(-1)).toBe("GET /searx/search?q=signal+boxes+%26+trains&format=json");
    expect(found).toMatch(/^SearXNG, 5 found:\n\n1\. Page 0\n {3}https:\/\/example.com\/0\n {3}Signals and boxes\./);
    expect(found).not.toContain("Page 5");
  });

  test("gives as many as are wanted, each in short", async () => {
    configure({ SEARXNG_URL: server.url });
    answer = (_, response) => response.end(JSON.stringify({ results: pages }));
    const found = await search("signals", 10);
    expect(found).toContain("10. Page 9");
    expect(found).toContain("…");
    expect(found.length).toBeLessThan(10 * 800);
  });

  test("asks Tavily with its key, and shows the key to nobody else", async () => {
    answer = async (request, response) => {
      const { query } = (await json(request)) as { query: string };
      if (request.headers.authorization !== "Bearer canary") response.writeHead(401).end("{}");
      else response.end(JSON.stringify({ results: [{ ...pages[0], title: query }] }));
    };
    configure({ ALLOWED_OUTGOING_HOSTS: server.host });
    expect(await tavily("canary", server.url).find("signals", 5, undefined)).toEqual([
      { ...pages[0], title: "signals" },
    ]);
    const refusal = await tavily("canary-2", server.url)
      .find("signals", 5, undefined)
      .catch((error: Error) => error.message);
    expect(refusal).toBe("Tavily answered 401 Unauthorized: TAVILY_API_KEY is wrong.");
  });

  test("asks Wikipedia without any key, and keeps its order", async () => {
    configure({ WIKIPEDIA_URL: server.url });
    const found = [
      { title: "Second", fullurl: "https://en.wikipedia.org/wiki/Second", extract: "2", index: 2 },
      { title: "First", fullurl: "https://en.wikipedia.org/wiki/First", extract: "1", index: 1 },
    ];
    answer = (_, response) => response.end(JSON.stringify({ query: { pages: found } }));
    expect(await search("signals")).toMatch(/^Wikipedia, 2 found:\n\n1\. First\n[\s\S]*\n2\. Second\n/);
    expect(server.requests.at(-1)).toMatch(/^GET \/w\/api\.php\?action=query&.*gsrsearch=signals&gsrlimit=5&/);
  });
});

describe("A search says what to do", () => {
  test.each([
    ["when nothing is found", 200, '{"results": []}', /finds nothing for "signals". Try fewer or other words/],
    ["when SearXNG may not answer in JSON", 403, "Forbidden", /403 Forbidden: .* must list json under search.formats/],
    ["when the engine is down", 502, "", /502 Bad Gateway: try again later/],
    ["when the answer is no JSON", 200, "<html>", /did not answer with JSON/],
    ["when the answer is of another service", 200, '{"hits": 3}', /results/],
  ])("%s", async (_, status, body, message) => {
    configure({ SEARXNG_URL: server.url });
    answer = (_, response) => response.writeHead(status).end(body);
    await expect(search("signals")).rejects.toThrow(message);
  });

  test("when the engine leads elsewhere", async () => {
    configure({ SEARXNG_URL: server.url });
    answer = (_, response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    await expect(search("signals")).rejects.toThrow(/is not called: it is not on the public internet/);
  });

  test("when the words are missing, or too many", async () => {
    configure({ SEARXNG_URL: server.url });
    for (const query of [" ", "x".repeat(401)]) await expect(search(query)).rejects.toThrow(/query/);
    await expect(search("x", 11)).rejects.toThrow(/count/);
  });

  test("when no engine is configured", async () => {
    await expect(search("signals")).rejects.toThrow(/set SEARXNG_URL, TAVILY_API_KEY or WIKIPEDIA_URL/);
  });
});

test("A search states that it only reads", () => {
  expect(searchWeb.metadata).toEqual({ effect: "read" });
});
