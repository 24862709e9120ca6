/** Assistants: a graph with settings of its own, versioned. Every graph has a default one that the server makes. */
import { v7 as uuid, v5 } from "uuid";
import { SignalboxError } from "../errors.ts";
import type { Queryable } from "../storage/database.ts";
import {
  type AssistantRecord,
  deleteAssistant,
  findAssistant,
  insertAssistant,
  insertVersion,
  listVersions,
  lockAssistant,
  newestVersion,
  replaceAssistant,
  searchAssistants,
} from "../storage/tables/assistants.ts";
import { threadsWithMetadata } from "../storage/tables/threads.ts";
import type { Assistant, Assistants, JsonObject, Threads } from "./contract.ts";
import type { EngineParts } from "./parts.ts";
import { graphDrawing, graphSchemas } from "./schemas.ts";

/** The namespace of default assistants' ids, as on the LangGraph Platform, so that both give a graph the same id. */
const defaultNamespace = "6ba7b821-9dad-11d1-80b4-00c04fd430c8";

const madeByServer = { created_by: "system" };

/** The id of a graph's default assistant. */
export function defaultAssistantId(graphId: string): string {
  return v5(graphId, defaultNamespace);
}

export function createAssistants(parts: EngineParts, threads: () => Threads): Assistants {
  const { database, graphs } = parts;

  async function require(owner: string, id: string): Promise<AssistantRecord> {
    const entry = graphs.list().find((graph) => graph.graph_id === id);
    if (entry?.error !== undefined) await graphs.get(id);
    const record = await findAssistant(database, owner, entry ? defaultAssistantId(id) : id);
    if (record) return record;
    throw notFound();
  }

  function requireGraph(graphId: string): void {
    const known = graphs.list().map((graph) => graph.graph_id);
    if (known.includes(graphId)) return;
    throw new SignalboxError(
      "assistant-not-found",
      `graph_id: no graph is named ${graphId}; there are ${known.join(", ")}`,
    );
  }

  /** Reads and locks the assistant, and writes what `change` makes of it. */
  async function change(
    owner: string,
    id: string,
    change: (tx: Queryable, current: AssistantRecord) => Promise<AssistantRecord>,
  ): Promise<Assistant> {
    const { assistant_id } = await require(owner, id);
    const changed = await database.transaction(async (tx) => {
      const current = await lockAssistant(tx, database, owner, assistant_id);
      if (!current) throw notFound();
      const next = await change(tx, current);
      await replaceAssistant(tx, owner, next);
      return next;
    });
    return toAssistant(changed);
  }

  return {
    async create(owner, { if_exists, ...fields }) {
      requireGraph(fields.graph_id);
      const now = Date.now();
      const record: AssistantRecord = {
        assistant_id: fields.assistant_id ?? uuid(),
        graph_id: fields.graph_id,
        name: fields.name ?? "Untitled",
        description: fields.description ?? null,
        config: { ...fields.config },
        context: fields.context ?? {},
        metadata: fields.metadata ?? {},
        version: 1,
        created_at: now,
        updated_at: now,
      };
      if (await database.transaction((tx) => insertAssistant(tx, owner, record))) return toAssistant(record);
      if (if_exists === "do_nothing") return toAssistant(await require(owner, record.assistant_id));
      throw new SignalboxError("assistant-exists", `Assistant ${record.assistant_id} exists already`);
    },
    get: async (owner, id) => toAssistant(await require(owner, id)),
    async search(owner, filter) {
      const { items, total } = await searchAssistants(database, owner, filter);
      return { items: items.map(toAssistant), total };
    },
    async update(owner, id, patch) {
      if (patch.graph_id !== undefined) requireGraph(patch.graph_id);
      return await change(owner, id, async (tx, current) => {
        const next: AssistantRecord = {
          ...current,
          graph_id: patch.graph_id ?? current.graph_id,
          name: patch.name ?? current.name,
          description: patch.description === undefined ? current.description : patch.description,
          config: patch.config ? { ...patch.config } : current.config,
          context: patch.context ?? current.context,
          metadata: { ...current.metadata, ...patch.metadata },
          version: (await newestVersion(tx, owner, current.assistant_id)) + 1,
          updated_at: Date.now(),
        };
        await insertVersion(tx, owner, next);
        return next;
      });
    },
    async delete(owner, id, options) {
      const { assistant_id } = await require(owner, id);
      if (options?.deleteThreads) {
        const ids = await threadsWithMetadata(database, owner, { assistant_id });
        for (const threadId of ids) await threads().delete(owner, threadId);
      }
      if (!(await database.transaction((tx) => deleteAssistant(tx, owner, assistant_id)))) throw notFound();
    },
    async versions(owner, id, filter) {
      const { assistant_id } = await require(owner, id);
      return (await listVersions(database, owner, assistant_id, filter)).map(toAssistant);
    },
    async setLatest(owner, id, version) {
      const { assistant_id } = await require(owner, id);
      const [wanted] = await listVersions(database, owner, assistant_id, { version, limit: 1, offset: 0 });
      if (!wanted)
        throw new SignalboxError("assistant-not-found", `Assistant ${assistant_id} has no version ${version}`);
      return await change(owner, id, async (_tx, current) => ({
        ...wanted,
        created_at: current.created_at,
        updated_at: Date.now(),
      }));
    },
    async graph(owner, id, { xray }) {
      return await graphDrawing(await graphs.get((await require(owner, id)).graph_id), xray);
    },
    async schemas(owner, id) {
      const { graph_id } = await require(owner, id);
      return { ...(await graphSchemas(await graphs.get(graph_id), graph_id)) };
    },
    async subgraphs(owner, id, { namespace, recurse }) {
      const { graph_id } = await require(owner, id);
      const graph = await graphs.get(graph_id);
      const found: JsonObject = {};
      for await (const [name, subgraph] of graph.getSubgraphsAsync(namespace, recurse))
        found[name] = await graphSchemas(subgraph, graph_id);
      return found;
    },
  };
}

/**
 * Gives every owner a default assistant for each graph that loaded, and takes away the untouched ones of graphs
 * that are gone.
 */
export async function ensureDefaultAssistants(parts: EngineParts, owners: readonly string[]): Promise<void> {
  const { database, graphs } = parts;
  const served = graphs.list().filter((graph) => graph.error === undefined);
  for (const owner of owners) {
    const all = { limit: 1_000_000, offset: 0 };
    const { items } = await searchAssistants(database, owner, { metadata: madeByServer, ...all });
    await database.transaction(async (tx) => {
      for (const { graph_id, assistant_id, version } of items)
        if (version === 1 && !graphs.list().some((graph) => graph.graph_id === graph_id))
          await deleteAssistant(tx, owner, assistant_id);
      for (const { graph_id, description } of served) {
        const now = Date.now();
        await insertAssistant(tx, owner, {
          assistant_id: defaultAssistantId(graph_id),
          graph_id,
          name: graph_id,
          description: description ?? null,
          config: {},
          context: {},
          metadata: madeByServer,
          version: 1,
          created_at: now,
          updated_at: now,
        });
      }
    });
  }
}

function notFound(): SignalboxError {
  return new SignalboxError("assistant-not-found", "Assistant not found");
}

function toAssistant(record: AssistantRecord): Assistant {
  return {
    ...record,
    created_at: new Date(record.created_at).toISOString(),
    updated_at: new Date(record.updated_at).toISOString(),
  };
}
