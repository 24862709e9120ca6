/** Gives a graph the storage of one request, on a copy: the compiled graph itself is shared and never changed. */
import type { BaseCheckpointSaver, BaseStore } from "@langchain/langgraph-checkpoint";
import type { CompiledGraph } from "./graphs.ts";

export function bindGraph(graph: CompiledGraph, checkpointer: BaseCheckpointSaver, store: BaseStore): CompiledGraph {
  const bound = graph.withConfig({});
  bound.checkpointer = checkpointer;
  bound.store = store;
  return bound;
}
