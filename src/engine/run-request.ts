/** From what a client asks for to what is stored and run: the assistant's settings under the request's own. */
import type { RunRecord } from "../storage/tables/runs.ts";
import type { Assistant, CheckpointReference, JsonObject, RunCommand, RunRequest, RunStreamMode } from "./contract.ts";

/** A run's request as its row keeps it: complete, so that later changes of the assistant do not touch it. */
export interface StoredRequest extends JsonObject {
  graph_id: string;
  /** Of the assistant, as it was when the run was accepted. */
  assistant_version?: number;
  input?: unknown;
  command?: RunCommand;
  /** checkpoint_id (and checkpoint_ns, checkpoint_map) to fork from. */
  checkpoint?: CheckpointReference;
  configurable: JsonObject;
  context: JsonObject;
  tags?: string[];
  recursion_limit?: number;
  interrupt_before?: "*" | string[];
  interrupt_after?: "*" | string[];
  stream_mode?: RunStreamMode[];
  stream_subgraphs?: boolean;
  stream_resumable?: boolean;
  on_completion?: "delete" | "keep";
  durability?: "sync" | "async" | "exit";
  /** What the run's signed urls are for, and where they lead. */
  feedback?: { keys: string[]; base_url: string };
}

/** What `mergeRequest` has made of a run's request, which its row keeps as JSON. */
export function requestOf({ request }: Pick<RunRecord, "request">): StoredRequest {
  return request as StoredRequest;
}

/**
 * Merges an assistant's settings and a request's. `config.configurable` and `context` are two doors to the same
 * settings, for graphs of either style: each is filled from both, and the request wins over the assistant.
 */
export function mergeRequest(assistant: Assistant, request: RunRequest, headers: JsonObject = {}): StoredRequest {
  const settings = {
    ...headers,
    ...assistant.config.configurable,
    ...assistant.context,
    ...request.config?.configurable,
    ...request.context,
  };
  const {
    checkpoint_id,
    checkpoint_ns,
    checkpoint_map,
    thread_id: _,
    ...configurable
  } = settings as JsonObject & CheckpointReference;
  const checkpoint = withoutAbsent({
    checkpoint_id: request.checkpoint?.checkpoint_id ?? request.checkpoint_id ?? checkpoint_id,
    checkpoint_ns: request.checkpoint?.checkpoint_ns ?? checkpoint_ns,
    checkpoint_map: request.checkpoint?.checkpoint_map ?? checkpoint_map,
  });
  const tags = [...(assistant.config.tags ?? []), ...(request.config?.tags ?? [])];
  return withoutAbsent({
    graph_id: assistant.graph_id,
    assistant_version: assistant.version,
    input: request.input,
    command: request.command,
    checkpoint: Object.keys(checkpoint).length > 0 ? checkpoint : undefined,
    configurable,
    context: configurable,
    tags: tags.length > 0 ? tags : undefined,
    recursion_limit: request.config?.recursion_limit ?? assistant.config.recursion_limit,
    interrupt_before: request.interrupt_before,
    interrupt_after: request.interrupt_after,
    stream_mode: request.stream_mode,
    stream_subgraphs: request.stream_subgraphs,
    stream_resumable: request.stream_resumable,
    on_completion: request.on_completion,
    durability: request.durability,
  });
}

function withoutAbsent<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}
