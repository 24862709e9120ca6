/** /threads: conversations, whose state outlives their runs. */
import { z } from "zod";
import type { Engine } from "../../engine/contract.ts";
import { type Route, route } from "../route.ts";
import { pageAnswer } from "./paging.ts";
import {
  jsonObject,
  limit,
  metadata,
  offset,
  optional,
  select,
  sortOrder,
  threadPath,
  unsupported,
  uuid,
} from "./schemas.ts";
import { threadResult } from "./schemas-results.ts";
import { stateUpdate } from "./thread-state.ts";

const threadCreate = z.object({
  thread_id: optional(uuid),
  metadata: optional(metadata),
  if_exists: optional(z.enum(["raise", "do_nothing"])),
  supersteps: optional(z.array(z.object({ updates: z.array(stateUpdate) }))),
  ttl: unsupported(() => false),
});
const threadPatch = z.object({ metadata: optional(metadata), ttl: unsupported(() => false) });
const filter = {
  metadata: optional(metadata),
  values: optional(jsonObject),
  status: optional(z.enum(["idle", "busy", "interrupted", "error"])),
};
const threadSearch = z.object({
  ...filter,
  ids: optional(z.array(uuid)),
  limit: limit(10),
  offset,
  sort_by: optional(z.enum(["thread_id", "status", "created_at", "updated_at", "state_updated_at"])),
  sort_order: sortOrder,
  select: select([
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "config",
    "context",
    "status",
    "values",
    "interrupts",
  ]),
  extract: unsupported((paths) => typeof paths === "object" && Object.keys(paths ?? {}).length === 0),
});

export function threadRoutes({ threads }: Engine): Route[] {
  return [
    route({
      method: "post",
      path: "/threads",
      summary: "Create a thread.",
      body: threadCreate,
      gives: threadResult,
      answer: async ({ owner, body }) => ({ body: await threads.create(owner, body) }),
    }),
    route({
      method: "post",
      path: "/threads/search",
      summary: "Search threads.",
      body: threadSearch,
      gives: z.array(threadResult.partial()),
      async answer({ owner, body: { select: fields, ...search } }) {
        return pageAnswer(await threads.search(owner, search), { ...search, select: fields });
      },
    }),
    route({
      method: "post",
      path: "/threads/count",
      summary: "Count threads.",
      body: z.object(filter),
      gives: z.int(),
      async answer({ owner, body }) {
        return { body: (await threads.search(owner, { ...body, limit: 1, offset: 0 })).total };
      },
    }),
    route({
      method: "get",
      path: "/threads/:thread_id",
      summary: "Read a thread.",
      params: threadPath,
      gives: threadResult,
      answer: async ({ owner, path }) => ({ body: await threads.get(owner, path.thread_id) }),
    }),
    route({
      method: "patch",
      path: "/threads/:thread_id",
      summary: "Merge metadata into a thread's; with `Prefer: return=minimal` the answer is empty.",
      params: threadPath,
      body: threadPatch,
      gives: threadResult,
      async answer({ owner, path, body, request }) {
        const thread = await threads.update(owner, path.thread_id, body);
        return request.get("prefer")?.includes("return=minimal") ? { status: 204 } : { body: thread };
      },
    }),
    route({
      method: "delete",
      path: "/threads/:thread_id",
      summary: "Delete a thread with its runs and checkpoints.",
      status: 204,
      params: threadPath,
      async answer({ owner, path }) {
        await threads.delete(owner, path.thread_id);
        return {};
      },
    }),
    route({
      method: "post",
      path: "/threads/:thread_id/copy",
      summary: "Copy a thread with its state and its history.",
      params: threadPath,
      gives: threadResult,
      answer: async ({ owner, path }) => ({ body: await threads.copy(owner, path.thread_id) }),
    }),
  ];
}
