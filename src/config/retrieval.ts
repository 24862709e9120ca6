/** The settings of the search in documents. */
import { z } from "zod";

export interface RetrievalSettings {
  /** `provider:model` of the embeddings; undefined: documents are found by their words alone. */
  readonly embeddings?: string | undefined;
  /** A module, and what it exports, that is searched in place of the documents in the database. */
  readonly retriever?: { readonly path: string; readonly name: string } | undefined;
}

const moduleExport = z.string().transform((text, context) => {
  const [, path, name] = /^(.+):([\w$]+)$/.exec(text) ?? [];
  if (path && name) return { path, name };
  context.addIssue("no export");
  return z.NEVER;
});

/** Their variables, as in config.ts. */
export const retrievalVariables = {
  EMBEDDINGS: z
    .string()
    .regex(/^[\w-]+:\S+$/)
    .optional()
    .describe("PROVIDER:MODEL such as openai:text-embedding-3-small"),
  RETRIEVER: moduleExport.optional().describe("PATH:EXPORT such as ./my-store.ts:retriever"),
};

export function readRetrieval(data: z.infer<z.ZodObject<typeof retrievalVariables>>): RetrievalSettings {
  return { embeddings: data.EMBEDDINGS, retriever: data.RETRIEVER };
}
