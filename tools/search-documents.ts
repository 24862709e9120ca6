/** Searches the documents that were ingested for this user and for everybody. */
import { randomUUID } from "node:crypto";
import type { ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import type { Passage, SearchOptions } from "../src/retrieval/passage.ts";
import { searchDocuments as search } from "../src/retrieval/search.ts";
import type { ToolMetadata } from "./metadata.ts";

export type { Passage, SearchOptions } from "../src/retrieval/passage.ts";

/** What a node's or a tool's runtime has of the run, whatever server it runs under. */
interface Runtime {
  readonly configurable?: Readonly<Record<string, unknown>> | undefined;
}

const usualCount = 5;
const longestQuery = 2_000;

/** @param settings what a model is not asked for: the metadata that the documents must have, and who hears of problems */
export const searchDocumentsWith = ({ metadata, onProblem }: Pick<SearchOptions, "metadata" | "onProblem"> = {}) =>
  tool(
    async ({ query, limit = usualCount, source }, runtime: Runtime): Promise<[string, Passage[]]> => {
      const owner = runtime.configurable?.langgraph_auth_user_id;
      let note = "";
      const passages = await search(typeof owner === "string" ? owner : "local", query, {
        limit,
        source,
        metadata,
        onProblem(reason) {
          note = `\n\nOnly words were compared. ${reason}`;
          onProblem?.(reason);
        },
      });
      return [`${describePassages(passages) || `No document says anything about "${query}".`}${note}`, passages];
    },
    {
      name: "search_documents",
      description: "Searches the user's own documents, and gives the passages that say most about a question.",
      schema: z.object({
        query: z
          .string()
          .trim()
          .min(1)
          .max(longestQuery)
          .describe("What to look for, as a question or in a few words."),
        limit: z.int().min(1).max(20).optional().describe(`How many passages to give; ${usualCount} if left out.`),
        source: z.string().max(500).optional().describe("Part of a document's name, to search in that document only."),
      }),
      responseFormat: "content_and_artifact",
      metadata: { effect: "read", egress: false } satisfies ToolMetadata,
    },
  );

export const searchDocuments = searchDocumentsWith();

/**
 * The passages that say most about a question, best first; empty where the documents say nothing about it. The search
 * is a call of the tool, so that traces show it as one.
 * @param runtime what a graph hands to its nodes: whose documents are searched stands in it
 */
export async function findPassages(
  query: string,
  runtime: Runtime,
  { metadata, onProblem, ...options }: SearchOptions = {},
): Promise<Passage[]> {
  const asked = query.trim().slice(0, longestQuery);
  if (!asked) return [];
  const args = Object.fromEntries(
    Object.entries({ query: asked, ...options }).filter(([, value]) => value !== undefined),
  );
  const call = { type: "tool_call" as const, id: randomUUID(), name: "search_documents", args };
  const message: ToolMessage = await searchDocumentsWith({ metadata, onProblem }).invoke(call, runtime);
  return message.artifact;
}

/** The passages as a model reads them: `Document [1]: TITLE`, and the text under it. */
export function describePassages(passages: readonly Passage[]): string {
  const described = passages.map(
    (passage, index) => `Document [${index + 1}]: ${placeOf(passage)}\n${withoutMarkers(passage.text)}`,
  );
  return described.join("\n\n");
}

/** Title, headings and page, in one line. */
function placeOf({ title, heading, page }: Passage): string {
  // The first heading is the title, most often.
  const named = heading?.startsWith(title) ? [heading] : [title, heading];
  return [...named, page && `page ${page}`].filter(Boolean).join(", ").replace(/\s+/g, " ");
}

/** A passage that writes "Document [2]:" itself would pass for another document. */
function withoutMarkers(text: string): string {
  return text.replace(/^(\s*Document )\[(\d+)\]:/gim, "$1($2):");
}
