/** /store: an owner's long-term memory, items under namespaces. */
import type { Item } from "@langchain/langgraph-checkpoint";
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { Engine } from "../../engine/contract.ts";
import { type Route, route } from "../route.ts";
import { jsonObject, limit, offset, optional, storableText, unsupported, withDefault } from "./schemas.ts";
import { itemResult } from "./schemas-results.ts";

const text = storableText.min(1).max(limitTable.idChars.value);
const label = text.regex(/^[^.:]+$/, { error: "must not contain a period or a colon" });
const namespace = z.array(label).min(1, { error: "must have at least one label" });
const itemPut = z.object({
  namespace: namespace.refine(([root]) => root !== "langgraph", { error: "must not begin with langgraph's own root" }),
  key: text,
  value: jsonObject,
  ttl: unsupported(() => false),
});
const itemDelete = z.object({ namespace, key: text });
/** Labels joined by periods, as the SDKs send them, or one parameter for each. */
const queryNamespace = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((given) => [given ?? []].flat().flatMap((part) => part.split(".")))
  .pipe(namespace);
const itemQuery = z.object({ namespace: queryNamespace, key: text });
const itemSearch = z.object({
  namespace_prefix: withDefault(z.array(label), []),
  filter: optional(jsonObject),
  query: optional(z.string()),
  limit: limit(10),
  offset,
});
const namespaceSearch = z.object({
  prefix: optional(z.array(label)),
  suffix: optional(z.array(label)),
  max_depth: optional(z.int().min(1)),
  limit: limit(100),
  offset,
});

export function storeRoutes({ store }: Engine): Route[] {
  return [
    route({
      method: "put",
      path: "/store/items",
      summary: "Store an item, in place of one with the same namespace and key.",
      status: 204,
      body: itemPut,
      async answer({ owner, body }) {
        await store(owner).put(body.namespace, body.key, body.value);
        return {};
      },
    }),
    route({
      method: "get",
      path: "/store/items",
      summary: "Read an item; null where there is none.",
      query: itemQuery,
      gives: itemResult.nullable(),
      async answer({ owner, query }) {
        const item = await store(owner).get(query.namespace, query.key);
        return { body: item ? itemAnswer(item) : null };
      },
    }),
    route({
      method: "delete",
      path: "/store/items",
      summary: "Delete an item.",
      status: 204,
      body: itemDelete,
      async answer({ owner, body }) {
        await store(owner).delete(body.namespace, body.key);
        return {};
      },
    }),
    route({
      method: "post",
      path: "/store/items/search",
      summary: "Search items under a namespace.",
      body: itemSearch,
      gives: z.object({ items: z.array(itemResult.extend({ score: z.number().optional() })) }),
      async answer({ owner, body: { namespace_prefix, ...options } }) {
        const found = await store(owner).search(namespace_prefix, options);
        return { body: { items: found.map(({ score, ...item }) => ({ ...itemAnswer(item), score })) } };
      },
    }),
    route({
      method: "post",
      path: "/store/namespaces",
      summary: "List namespaces.",
      body: namespaceSearch,
      gives: z.object({ namespaces: z.array(z.array(z.string())) }),
      async answer({ owner, body: { max_depth: maxDepth, ...options } }) {
        return { body: { namespaces: await store(owner).listNamespaces({ ...options, maxDepth }) } };
      },
    }),
  ];
}

function itemAnswer({ namespace, key, value, createdAt, updatedAt }: Item): z.output<typeof itemResult> {
  return { namespace, key, value, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}
