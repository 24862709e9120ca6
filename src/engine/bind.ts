/** Gives a graph the storage of one request, on a copy: the compiled graph itself is shared and never changed. */
import type { BaseCheckpointSaver, BaseStore } from "@langchain/langgraph-checkpoint";
import type { CompiledGraph } from "./graphs.ts";

/** The step of LangGraph's start of a run in which its config is complete, but for the store. */
interface ConfigStep {
  _ownCheckpointConfig(config: object): object;
}

export function bindGraph(graph: CompiledGraph, checkpointer: BaseCheckpointSaver, store: BaseStore): CompiledGraph {
  const bound = graph.withConfig({});
  bound.checkpointer = checkpointer;
  // A store that is handed to LangGraph by its own door is wrapped into a batcher, which looks for work on a timer, a
  // thousand times a second for as long as the run takes. Put into the config, it reaches the nodes as it is.
  const step = bound as unknown as ConfigStep;
  const complete = step._ownCheckpointConfig.bind(bound);
  step._ownCheckpointConfig = (config) => complete(Object.assign(config, { store }));
  return bound;
}
