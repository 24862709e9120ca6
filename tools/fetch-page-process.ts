/** The process that fetch-page.ts starts: it finds a page's article and writes it as Markdown. */
import { readArticle } from "../src/retrieval/html.ts";
import { answerWith } from "./shared/separate-process.ts";

export interface Page {
  readonly html: string;
  readonly url: string;
}

answerWith((page) => {
  const { html, url } = page as Page;
  return readArticle(html, url);
});
