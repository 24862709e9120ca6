/** One attempt at a run: its graph, its config, its input, and what comes out of it. */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { Command, type RunControl, Send } from "@langchain/langgraph";
import { createCheckpointer } from "../storage/checkpointer.ts";
import { createStore } from "../storage/memory.ts";
import { lastCheckpointOfRun } from "../storage/tables/checkpoints.ts";
import type { RunRecord } from "../storage/tables/runs.ts";
import { bindGraph } from "./bind.ts";
import type { RunCommand } from "./contract.ts";
import type { RunLog } from "./events.ts";
import type { EngineParts } from "./parts.ts";
import { requestOf, type StoredRequest } from "./run-request.ts";
import { chunksAmong, createStreamEvents, type GraphChunk, graphModes } from "./stream-events.ts";

/** What a graph came to: its last values, and the interrupts it waits at (undefined where it ran to its end). */
export interface GraphResult {
  values: unknown;
  interrupts: unknown[] | undefined;
}

export interface Execution {
  run: RunRecord;
  log: RunLog;
  signal: AbortSignal;
  control: RunControl;
  /** Told of what the graph does: those of the run's observers. */
  callbacks: readonly BaseCallbackHandler[];
}

/**
 * Runs the graph from the run's input, or from the run's last checkpoint where an earlier attempt got that far.
 * @throws what the graph throws; GraphDrained when `control` asked for it; an abort error when `signal` fired
 */
export async function executeRun(parts: EngineParts, execution: Execution): Promise<GraphResult> {
  const { run, log, signal, control } = execution;
  const request = requestOf(run);
  const graph = await parts.graphs.get(request.graph_id, { configurable: request.configurable });
  const metadata = {
    ...run.metadata,
    run_id: run.run_id,
    thread_id: run.thread_id,
    assistant_id: run.assistant_id,
    graph_id: request.graph_id,
    run_attempt: run.attempt,
  };
  const saver = createCheckpointer(parts.database, {
    owner: run.owner,
    fence: { run_id: run.run_id, attempt: run.attempt },
    metadata,
  });
  const bound = bindGraph(graph, saver, createStore(parts.database, { owner: run.owner }));
  const resumed = run.attempt > 1 && (await lastCheckpointOfRun(parts.database, run)) !== undefined;
  const modes = request.stream_mode ?? ["values"];
  const publish = createStreamEvents(modes, log.publish);

  log.publish("metadata", JSON.stringify({ run_id: run.run_id, attempt: run.attempt }));
  const subgraphs = request.stream_subgraphs ?? false;
  const input = resumed ? null : graphInput(request);
  const options = {
    configurable: {
      ...request.configurable,
      ...(resumed ? undefined : request.checkpoint),
      run_id: run.run_id,
      thread_id: run.thread_id,
      assistant_id: run.assistant_id,
      graph_id: request.graph_id,
      // By the names that the Platform gives them: tools look up what belongs to the user.
      langgraph_auth_user: { identity: run.owner },
      langgraph_auth_user_id: run.owner,
    },
    context: request.context,
    metadata,
    tags: request.tags,
    recursionLimit: request.recursion_limit ?? parts.config.limits.recursionLimit,
    interruptBefore: request.interrupt_before,
    interruptAfter: request.interrupt_after,
    // "async" lets nodes run any number of supersteps ahead of their checkpoints (docs/decisions/0002-durability.md).
    durability: request.durability ?? "sync",
    streamMode: graphModes(modes),
    subgraphs,
    // A handler costs every node its share: only a stream of tokens needs this one.
    callbacks: [
      ...execution.callbacks,
      ...(modes.some((mode) => mode.startsWith("messages")) ? [new TurnYielder()] : []),
    ],
    signal,
    control,
  };
  const chunks: AsyncIterable<unknown> = modes.includes("events")
    ? chunksAmong(bound.streamEvents(input, { ...options, runId: run.run_id, version: "v2" }), run.run_id, log.publish)
    : await bound.stream(input, options);

  const result: GraphResult = { values: null, interrupts: undefined };
  for await (const chunk of chunks) {
    const [namespace, mode, payload] = (subgraphs ? chunk : [[], ...(chunk as unknown[])]) as GraphChunk;
    if (mode === "values" && namespace.length === 0) keepResult(result, payload);
    publish([namespace, mode, payload]);
  }
  return result;
}

function keepResult(result: GraphResult, values: unknown): void {
  if (typeof values === "object" && values !== null && "__interrupt__" in values && Array.isArray(values.__interrupt__))
    // Tasks that stop at the same superstep report one by one.
    result.interrupts = [...(result.interrupts ?? []), ...values.__interrupt__];
  else result.values = values;
}

function graphInput(request: StoredRequest): unknown {
  if (!request.command) return request.input ?? null;
  const { resume, update, goto } = request.command;
  return new Command({
    ...(resume !== undefined && { resume }),
    ...(update != null && { update: update as Record<string, unknown> }),
    ...(goto != null && { goto: destinations(goto) }),
  });
}

/** A command's goto as clients write it: a node's name, `{node, input}`, or a list of them. */
function destinations(goto: NonNullable<RunCommand["goto"]>): (string | Send)[] {
  return [goto].flat().map((target) => {
    if (typeof target === "string") return target;
    const { node, input } = target as { node: string; input?: unknown };
    return new Send(node, input);
  });
}

/**
 * Gives the event loop a turn between the tokens of a model that never waits for the network, so that readers see
 * tokens as they come and not in one burst at the end.
 */
class TurnYielder extends BaseCallbackHandler {
  name = "signalbox-turn-yielder";
  override awaitHandlers = true;
  #lastTurn = performance.now();

  override async handleLLMNewToken(): Promise<void> {
    if (performance.now() - this.#lastTurn < longestTurn) return;
    await new Promise(setImmediate);
    this.#lastTurn = performance.now();
  }
}

/** How long tokens may keep the event loop to themselves, in ms. */
const longestTurn = 5;
