/** The search engines of search-web.ts, each by its HTTP API (docs/decisions/0004 says why not by a wrapper). */
import { z } from "zod";
import { hostAndPort } from "../../src/net/destination.ts";
import { guardedFetch, type OutgoingRequest } from "../../src/net/guarded-fetch.ts";

export interface Finding {
  readonly title: string;
  readonly url: string;
  readonly content: string;
}

export interface Engine {
  readonly name: string;
  /** @throws Error that says why the engine does not answer */
  find(query: string, count: number, signal: AbortSignal | undefined): Promise<readonly Finding[]>;
}

const mostBytes = 2 * 1024 * 1024;
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const Results = z.object({ results: z.array(z.object({ title: text, url: text, content: text })) });
const Pages = z.object({
  query: z
    .object({ pages: z.array(z.object({ title: text, fullurl: text, extract: text, index: z.number().default(0) })) })
    .optional(),
});

/** A SearXNG of the operator's own, which may well be on loopback. */
export function searxng(baseUrl: string): Engine {
  return {
    name: "SearXNG",
    async find(query, _, signal) {
      const parameters = new URLSearchParams({ q: query, format: "json" });
      const response = await ask(
        "SearXNG",
        below(baseUrl, `search?${parameters}`),
        { signal, ...trusting(baseUrl) },
        {
          403: "its settings.yml must list json under search.formats",
        },
      );
      return Results.parse(response).results;
    },
  };
}

export function tavily(apiKey: string, baseUrl = "https://api.tavily.com"): Engine {
  return {
    name: "Tavily",
    async find(query, count, signal) {
      const response = await ask(
        "Tavily",
        below(baseUrl, "search"),
        {
          method: "POST",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
          body: JSON.stringify({ query, max_results: count }),
          signal,
        },
        { 401: "TAVILY_API_KEY is wrong", 429: "there were too many searches; try again later" },
      );
      return Results.parse(response).results;
    },
  };
}

/** Any wiki on MediaWiki with its usual extensions, such as the Wikipedia of one's own language. */
export function wikipedia(baseUrl: string): Engine {
  return {
    name: "Wikipedia",
    async find(query, count, signal) {
      const parameters = new URLSearchParams({
        action: "query",
        format: "json",
        formatversion: "2",
        generator: "search",
        gsrsearch: query,
        gsrlimit: String(count),
        prop: "extracts|info",
        inprop: "url",
        exintro: "1",
        explaintext: "1",
        exlimit: "max",
      });
      const response = await ask("Wikipedia", below(baseUrl, `w/api.php?${parameters}`), {
        signal,
        ...trusting(baseUrl),
      });
      const pages = Pages.parse(response).query?.pages ?? [];
      return pages
        .sort((one, other) => one.index - other.index)
        .map(({ title, fullurl, extract }) => ({ title, url: fullurl, content: extract }));
    },
  };
}

/** The address the operator gave is trusted, wherever it is; where a redirect leads to is not. */
function trusting(baseUrl: string): OutgoingRequest {
  return { allowedHosts: [hostAndPort(new URL(baseUrl))] };
}

function below(baseUrl: string, path: string): URL {
  return new URL(path, baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`);
}

async function ask(
  name: string,
  url: URL,
  request: OutgoingRequest,
  reasons: Readonly<Record<number, string>> = {},
): Promise<unknown> {
  const response = await guardedFetch(url, { maxBytes: mostBytes, ...request });
  const body = await response.text();
  if (!response.ok) {
    const { status, statusText } = response;
    throw new Error(`${name} answered ${status} ${statusText}: ${reasons[status] ?? "try again later"}.`);
  }
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Error(`${name} did not answer with JSON. Try again later.`, { cause: error });
  }
}
