/** The graphs of langgraph.json, loaded by path: the one place where the server meets the code it runs. */
import { resolve } from "node:path";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { BaseChannel, PregelNode } from "@langchain/langgraph";
import type { Pregel } from "@langchain/langgraph/pregel";
import { SignalboxError } from "../errors.ts";
import { explainFailure, importModule, prepareImports } from "./load-module.ts";
import { type GraphSource, openProject, type Project } from "./project.ts";

export type CompiledGraph = Pregel<Record<string, PregelNode>, Record<string, BaseChannel>>;

export interface GraphEntry {
  readonly graph_id: string;
  readonly description?: string;
  /** As in langgraph.json, without the export. */
  readonly path: string;
  /** Place and reason, in one line, of a graph that could not be loaded. */
  readonly error?: string;
  /** What its author should know, in one line. */
  readonly warning?: string;
}

export interface GraphRegistry {
  list(): readonly GraphEntry[];
  /**
   * The compiled graph; one that is exported as a function is made anew for each call, from `config`.
   * @throws SignalboxError "assistant-not-found" for an unknown id, "graph-failed-to-load" with place and reason
   */
  get(graphId: string, config?: RunnableConfig): Promise<CompiledGraph>;
}

interface LoadedGraph {
  readonly entry: GraphEntry;
  get(config: RunnableConfig): Promise<CompiledGraph>;
}

/**
 * Loads every graph of a project (or of the langgraph.json at this path). One that fails is listed with its error;
 * the others are served.
 * @throws SignalboxError "invalid-configuration" for a langgraph.json that cannot be used at all
 */
export async function loadGraphs(from: Project | string): Promise<GraphRegistry> {
  const project = typeof from === "string" ? await openProject(from) : from;
  prepareImports(project.folder);
  const graphs = await Promise.all(project.graphs.map((source) => loadGraph(source, project.folder)));
  const byId = new Map(graphs.map((graph) => [graph.entry.graph_id, graph]));
  return {
    list: () => graphs.map((graph) => graph.entry),
    async get(graphId, config = {}) {
      const graph = byId.get(graphId);
      if (graph) return graph.get(config);
      const known = [...byId.keys()].join(", ");
      throw new SignalboxError("assistant-not-found", `No graph is named ${graphId}; langgraph.json has ${known}.`);
    },
  };
}

async function loadGraph(
  { graphId, description, path, exportName }: GraphSource,
  folder: string,
): Promise<LoadedGraph> {
  const file = resolve(folder, path);
  const entry = { graph_id: graphId, ...(description ? { description } : {}), path };
  const failure = async (error: unknown) => {
    const message = await explainFailure(error, file, folder);
    return {
      message,
      error: new SignalboxError("graph-failed-to-load", `Graph ${graphId}: ${message}`, { cause: error }),
    };
  };
  try {
    const exported = await readExport(file, exportName);
    if (typeof exported === "function") {
      return {
        entry,
        async get(config) {
          try {
            return compiled(await exported(config), `what its export ${exportName} returns`);
          } catch (error) {
            throw (await failure(error)).error;
          }
        },
      };
    }
    const graph = compiled(exported, `its export ${exportName}`);
    const warning = "it was compiled with a checkpointer of its own; the server's takes its place";
    return { entry: graph.checkpointer ? { ...entry, warning } : entry, get: async () => graph };
  } catch (cause) {
    const { message, error } = await failure(cause);
    return { entry: { ...entry, error: message }, get: () => Promise.reject(error) };
  }
}

async function readExport(file: string, exportName: string): Promise<unknown> {
  const module = await importModule(file);
  if (exportName in module) return module[exportName];
  const others = Object.keys(module).join(", ") || "nothing";
  throw new SignalboxError("graph-failed-to-load", `it has no export ${exportName}; it exports ${others}`);
}

/** Takes a compiled graph, a builder (compiles it) or createAgent's wrapper (unpacks it). */
function compiled(candidate: unknown, what: string): CompiledGraph {
  if (typeof candidate === "object" && candidate !== null) {
    if ("graph" in candidate && isCompiled(candidate.graph)) return candidate.graph;
    if (isCompiled(candidate)) return candidate;
    if ("compile" in candidate && typeof candidate.compile === "function") return compiled(candidate.compile(), what);
  }
  const kind = candidate === null ? "null" : Array.isArray(candidate) ? "an array" : `of type ${typeof candidate}`;
  throw new SignalboxError(
    "graph-failed-to-load",
    `${what} is ${kind}: a graph, or a function that returns one, is needed`,
  );
}

function isCompiled(candidate: unknown): candidate is CompiledGraph {
  return (
    typeof candidate === "object" &&
    candidate !== null &&
    "lg_is_pregel" in candidate &&
    candidate.lg_is_pregel === true
  );
}
