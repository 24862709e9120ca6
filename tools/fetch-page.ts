/** Reads one web page: the article in it, as Markdown. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { guardedFetch } from "../src/net/guarded-fetch.ts";
import { decodeHtml } from "../src/retrieval/decode.ts";
import type { Article } from "../src/retrieval/html.ts";
import type { Page } from "./fetch-page-process.ts";
import type { ToolMetadata } from "./metadata.ts";
import { askProcess } from "./shared/separate-process.ts";

/** Of the page as it is sent; the longest article of Wikipedia has less. */
const mostBytes = 4 * 1024 * 1024;
/** Of what one call gives to the model. */
const mostCharacters = 20_000;
const readingLimits = { memoryMiB: 512, limitMs: 10_000 };

const asHtml = /^(text\/html|application\/xhtml\+xml)$/;
const asText = /^(text\/[\w.+-]+|application\/([\w.-]+\+)?(json|xml|yaml))$/;

export const fetchPage = tool(({ url, from = 0 }, { signal }) => read(url, from, signal), {
  name: "fetch_page",
  description: "Reads a public web page or text file by its URL, and gives its title and its text as Markdown.",
  schema: z.object({
    url: z.string().max(2_000).describe("The page's full address, beginning with https:// or http://."),
    from: z.int().min(0).optional().describe("The character to go on from, where an earlier call was cut off."),
  }),
  metadata: { effect: "read" } satisfies ToolMetadata,
});

async function read(url: string, from: number, signal: AbortSignal | undefined): Promise<string> {
  const headers = { accept: "text/html, application/xhtml+xml, text/*;q=0.9, */*;q=0.5" };
  const response = await guardedFetch(url, { headers, maxBytes: mostBytes, signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${response.url} answered ${response.status} ${response.statusText}. Try another address.`);
  }
  const { title, markdown } = await articleOf(response, signal);
  if (!markdown) throw new Error(`${response.url} has no text; scripts may write it in a browser. Try another page.`);
  if (from >= markdown.length) {
    throw new Error(`${response.url} has ${markdown.length} characters: there is nothing from ${from} on.`);
  }
  const part = markdown.slice(from, from + mostCharacters);
  const end = from + part.length;
  const rest = `[Characters ${from} to ${end} of ${markdown.length}. Call again with from: ${end} to read on.]`;
  const heading = title ? `# ${title}\n` : "";
  return `${heading}${response.url}\n\n${part}${end < markdown.length ? `\n\n${rest}` : ""}`;
}

async function articleOf(response: Response, signal: AbortSignal | undefined): Promise<Article> {
  const [type = "", ...parameters] = (response.headers.get("content-type") ?? "text/plain").toLowerCase().split(";");
  const mediaType = type.trim();
  if (!asHtml.test(mediaType) && !asText.test(mediaType)) {
    await response.body?.cancel();
    throw new Error(`${response.url} is ${mediaType}, which is no text that can be read. Look for a page about it.`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = decodeHtml(bytes, parameters.join(";"));
  if (!asHtml.test(mediaType)) return { title: "", markdown: text };
  const path = fileURLToPath(new URL(`fetch-page-process${extname(import.meta.url)}`, import.meta.url));
  const page: Page = { html: text, url: response.url };
  try {
    return (await askProcess(path, page, { ...readingLimits, signal })) as Article;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${response.url} cannot be read: ${reason}. Try another page.`, { cause: error });
  }
}
