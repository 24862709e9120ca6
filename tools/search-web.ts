/** Searches the web with whichever engine is configured: SearXNG, Tavily, or Wikipedia, which needs no key. */
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { currentConfig } from "../src/config.ts";
import type { ToolMetadata } from "./metadata.ts";
import { type Engine, searxng, tavily, wikipedia } from "./shared/search-engines.ts";

const usualCount = 5;
const longestSnippet = 600;

export const searchWeb = tool(({ query, count = usualCount }, { signal }) => search(query, count, signal), {
  name: "search_web",
  description: "Searches the web, and gives the title, the address and a short extract of each page that it finds.",
  schema: z.object({
    query: z.string().trim().min(1).max(400).describe("What to look for, in a few words."),
    count: z.int().min(1).max(10).optional().describe(`How many pages to give; ${usualCount} if left out.`),
  }),
  metadata: { effect: "read" } satisfies ToolMetadata,
});

async function search(query: string, count: number, signal: AbortSignal | undefined): Promise<string> {
  const { name, find } = configuredEngine();
  const found = (await find(query, count, signal)).slice(0, count);
  if (found.length === 0) throw new Error(`${name} finds nothing for "${query}". Try fewer or other words.`);
  const entries = found.map(({ title, url, content }, index) => {
    const extract = content.replace(/\s+/g, " ").trim();
    const short = extract.length > longestSnippet ? `${extract.slice(0, longestSnippet)}…` : extract;
    return `${index + 1}. ${title}\n   ${url}\n   ${short}`;
  });
  return `${name}, ${found.length} found:\n\n${entries.join("\n\n")}`;
}

function configuredEngine(): Engine {
  const { searxngUrl, tavilyApiKey, wikipediaUrl } = currentConfig().tools;
  if (searxngUrl) return searxng(searxngUrl);
  if (tavilyApiKey) return tavily(tavilyApiKey);
  if (wikipediaUrl) return wikipedia(wikipediaUrl);
  throw new Error("No search engine is configured: set SEARXNG_URL, TAVILY_API_KEY or WIKIPEDIA_URL.");
}
