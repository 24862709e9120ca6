/** A page of a search as an answer: the rows, and in headers how many there are and where the next page starts. */
import type { Page } from "../../engine/contract.ts";
import type { Answer } from "../route.ts";
import { project } from "./schemas.ts";

/** The selected fields of a page's rows. */
export function pageAnswer<Item extends object>(
  page: Page<Item>,
  search: { limit: number; offset: number; select?: readonly string[] | undefined },
): Answer {
  const next = search.offset + page.items.length;
  return {
    body: page.items.map((item) => project(item, search.select)),
    headers: {
      "x-pagination-total": String(page.total),
      ...(next < page.total && page.items.length > 0 ? { "x-pagination-next": String(next) } : {}),
    },
  };
}
