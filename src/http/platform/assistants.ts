/** /assistants: a graph with settings of its own, in versions. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { Engine } from "../../engine/contract.ts";
import { type Route, route } from "../route.ts";
import { check } from "../validation.ts";
import { pageAnswer } from "./paging.ts";
import {
  assistantId,
  assistantPath,
  config,
  jsonObject,
  limit,
  metadata,
  offset,
  optional,
  queryFlag,
  select,
  sortOrder,
  storableText,
  uuid,
} from "./schemas.ts";
import { assistantResult, graphResult, graphSchemasResult } from "./schemas-results.ts";

const settings = {
  config: optional(config),
  context: optional(jsonObject),
  metadata: optional(metadata),
  name: optional(storableText),
};
const assistantCreate = z.object({
  ...settings,
  graph_id: assistantId,
  assistant_id: optional(uuid),
  if_exists: optional(z.enum(["raise", "do_nothing"])),
  description: optional(storableText),
});
const assistantPatch = z.object({
  ...settings,
  graph_id: optional(assistantId),
  description: storableText.nullish(),
});
const filter = { metadata: optional(metadata), graph_id: optional(assistantId), name: optional(storableText) };
const assistantSearch = z.object({
  ...filter,
  limit: limit(10),
  offset,
  sort_by: optional(z.enum(["assistant_id", "created_at", "updated_at", "name", "graph_id"])),
  sort_order: sortOrder,
  select: select([
    "assistant_id",
    "graph_id",
    "name",
    "description",
    "config",
    "context",
    "created_at",
    "updated_at",
    "metadata",
    "version",
  ]),
});
const version = z.int().min(1);

/** true, false, or how many levels of subgraphs to draw. */
const xray = z
  .string()
  .regex(/^(true|false|\d{1,4})$/, { error: "must be true, false or a number of levels" })
  .optional()
  .transform((text) => (text === undefined || text === "false" ? false : text === "true" || Number(text)));

export function assistantRoutes({ assistants }: Engine): Route[] {
  return [
    route({
      method: "post",
      path: "/assistants",
      summary: "Create an assistant.",
      body: assistantCreate,
      gives: assistantResult,
      answer: async ({ owner, body }) => ({ body: await assistants.create(owner, body) }),
    }),
    route({
      method: "post",
      path: "/assistants/search",
      summary: "Search assistants.",
      body: assistantSearch,
      gives: z.array(assistantResult.partial()),
      async answer({ owner, body: { select: fields, ...search } }) {
        return pageAnswer(await assistants.search(owner, search), { ...search, select: fields });
      },
    }),
    route({
      method: "post",
      path: "/assistants/count",
      summary: "Count assistants.",
      body: z.object(filter),
      gives: z.int(),
      async answer({ owner, body }) {
        return { body: (await assistants.search(owner, { ...body, limit: 1, offset: 0 })).total };
      },
    }),
    route({
      method: "get",
      path: "/assistants/:assistant_id",
      summary: "Read an assistant.",
      params: assistantPath,
      gives: assistantResult,
      answer: async ({ owner, path }) => ({ body: await assistants.get(owner, path.assistant_id) }),
    }),
    route({
      method: "patch",
      path: "/assistants/:assistant_id",
      summary: "Change an assistant, which makes a new version.",
      params: assistantPath,
      body: assistantPatch,
      gives: assistantResult,
      answer: async ({ owner, path, body }) => ({ body: await assistants.update(owner, path.assistant_id, body) }),
    }),
    route({
      method: "delete",
      path: "/assistants/:assistant_id",
      summary: "Delete an assistant with all its versions.",
      status: 204,
      params: assistantPath,
      query: z.object({ delete_threads: queryFlag }),
      async answer({ owner, path, query }) {
        await assistants.delete(owner, path.assistant_id, { deleteThreads: query.delete_threads });
        return {};
      },
    }),
    route({
      method: "post",
      path: "/assistants/:assistant_id/versions",
      summary: "List an assistant's versions, the newest first.",
      params: assistantPath,
      body: z.object({ metadata: optional(metadata), limit: limit(10), offset }),
      gives: z.array(assistantResult),
      answer: async ({ owner, path, body }) => ({ body: await assistants.versions(owner, path.assistant_id, body) }),
    }),
    route({
      method: "post",
      path: "/assistants/:assistant_id/latest",
      summary: "Make a version the current one; the version stands in the body or in the query.",
      params: assistantPath,
      query: z.object({ version: z.coerce.number().pipe(version).optional() }),
      body: z.object({ version: optional(version) }),
      gives: assistantResult,
      async answer({ owner, path, query, body }) {
        const wanted = check(version, body.version ?? query.version, "version");
        return { body: await assistants.setLatest(owner, path.assistant_id, wanted) };
      },
    }),
    route({
      method: "get",
      path: "/assistants/:assistant_id/graph",
      summary: "Read the nodes and edges of an assistant's graph.",
      params: assistantPath,
      query: z.object({ xray }),
      gives: graphResult,
      answer: async ({ owner, path, query }) => ({ body: await assistants.graph(owner, path.assistant_id, query) }),
    }),
    route({
      method: "get",
      path: "/assistants/:assistant_id/schemas",
      summary: "Read the JSON schemas of an assistant's graph.",
      params: assistantPath,
      gives: graphSchemasResult,
      answer: async ({ owner, path }) => ({ body: await assistants.schemas(owner, path.assistant_id) }),
    }),
    ...["/assistants/:assistant_id/subgraphs", "/assistants/:assistant_id/subgraphs/:namespace"].map((path) =>
      route({
        method: "get",
        path,
        summary: "Read the schemas of the subgraphs, by namespace.",
        params: assistantPath.extend({ namespace: storableText.max(limitTable.idChars.value).optional() }),
        query: z.object({ recurse: queryFlag }),
        gives: z.record(z.string(), graphSchemasResult),
        async answer({ owner, path: { assistant_id, namespace }, query }) {
          return {
            body: await assistants.subgraphs(owner, assistant_id, { ...query, ...(namespace && { namespace }) }),
          };
        },
      }),
    ),
  ];
}
