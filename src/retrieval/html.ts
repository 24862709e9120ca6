/** HTML as Markdown: the article in a page, or all of it where none stands out. */
import { Readability } from "@mozilla/readability";
import { parseHTML } from "linkedom";
import Turndown from "turndown";

export interface Article {
  readonly title: string;
  readonly markdown: string;
}

const mostElements = 50_000;
/** The search for an article takes time by the square of this. */
const deepestElement = 400;

/**
 * @param url where relative links are meant from, unless the page says otherwise itself
 * @throws Error for a page that would take too long
 */
export function readArticle(html: string, url: string): Article {
  const page = parse(html);
  const { document } = page;
  const title = titleOf(page);
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

/**
 * All of a page but its scripts, navigation and the like: in a manual nothing is beside the article.
 * @throws Error for a page that would take too long
 */
export function readWholePage(html: string): Article {
  const page = parse(html);
  refuseDepth(page.document.documentElement);
  return { title: titleOf(page), markdown: toMarkdown(page.document.toString()) };
}

function titleOf({ document }: ReturnType<typeof parseHTML>): string {
  return document.querySelector("title")?.textContent?.trim() ?? "";
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
