/** The process that fetch-page.ts starts: it finds a page's article and writes it as Markdown. */
import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import Turndown from "turndown";
import { answerWith } from "./shared/separate-process.ts";

export interface Page {
  readonly html: string;
  readonly url: string;
}

export interface Article {
  readonly title: string;
  readonly markdown: string;
}

const mostElements = 50_000;
/** The search for an article takes time by the square of this. */
const deepestElement = 400;

answerWith((page) => read(page as Page));

function read({ html, url }: Page): Article {
  const { document } = parse(html);
  const title = document.querySelector("title")?.textContent?.trim() ?? "";
  // Relative links are meant from where the page was found, unless it says otherwise itself.
  if (!document.querySelector("base")) {
    const base = document.createElement("base");
    base.setAttribute("href", url);
    document.head.prepend(base);
  }
  refuseDepth(document.documentElement);
  const article = new Readability(document, { maxElemsToParse: mostElements }).parse();
  if (article?.content) return { title: article.title?.trim() || title, markdown: toMarkdown(article.content) };
  // No article stands out: all of it, once more from the start, since looking for one has changed the document.
  return { title, markdown: toMarkdown(parse(html).document.toString()) };
}

interface Nested {
  readonly children: Iterable<Nested>;
}

function refuseDepth(root: Nested): void {
  let [level, depth] = [[root], 0];
  while (level.length > 0) {
    if (++depth > deepestElement) throw new Error(`its elements are nested more than ${deepestElement} deep`);
    level = level.flatMap(({ children }) => [...children]);
  }
}

/** The parser takes a page at its word, while browsers add what it left out. */
function parse(html: string) {
  return parseHTML(/<html[\s>]/i.test(html) ? html : `<html><head></head><body>${html}</body></html>`);
}

function toMarkdown(html: string): string {
  const converter = new Turndown({ headingStyle: "atx", codeBlockStyle: "fenced", bulletListMarker: "-" });
  converter.remove(["script", "style", "title", "noscript", "iframe", "img", "form", "nav"]);
  return converter.turndown(html).trim();
}
