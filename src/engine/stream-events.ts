/** Turns what LangGraph streams into protocol v1 events: the names and shapes that SDKs read. */
import { type AIMessageChunk, type BaseMessage, isAIMessageChunk } from "@langchain/core/messages";
import type { StreamEvent } from "@langchain/core/tracers/log_stream";
import type { StreamMode } from "@langchain/langgraph";
import type { RunStreamMode } from "./contract.ts";
import { toWire, toWireText } from "./wire.ts";

/** One chunk of `graph.stream` with several modes and subgraphs: where it comes from, its mode, its payload. */
export type GraphChunk = [namespace: string[], mode: StreamMode, payload: unknown];

export type Publish = (event: string, data: string) => void;

/** The modes LangGraph must run with so that these can be served; `values` is always among them, for the result. */
export function graphModes(modes: readonly RunStreamMode[]): StreamMode[] {
  const needed = new Set<StreamMode>(["values"]);
  for (const mode of modes) {
    if (mode === "messages-tuple") needed.add("messages");
    else if (mode !== "events") needed.add(mode);
  }
  return [...needed];
}

/**
 * Gives a function that publishes each chunk in the form of the modes asked for. With subgraphs, an event of a
 * subgraph is named `mode|namespace|…`.
 */
export function createStreamEvents(modes: readonly RunStreamMode[], publish: Publish): (chunk: GraphChunk) => void {
  const wanted = new Set(modes);
  const accumulate = wanted.has("messages") ? createAccumulator(publish) : undefined;

  return ([namespace, mode, payload]) => {
    if (mode === "messages") {
      const [message, metadata] = payload as [BaseMessage, Record<string, unknown>];
      accumulate?.(message, metadata);
      if (wanted.has("messages-tuple"))
        publish(named("messages", namespace), `[${toWireText(message)},${metadataText(metadata)}]`);
    } else if (wanted.has(mode)) {
      publish(named(mode, namespace), toWireText(visible(mode, payload)));
    }
  };
}

/** A payload as clients may see it: a checkpoint without the config it was made with, which is the server's business. */
function visible(mode: StreamMode, payload: unknown): unknown {
  if (mode === "checkpoints") {
    const { values, metadata, next } = payload as Record<string, unknown>;
    return { values, metadata, next };
  }
  if (mode !== "debug") return payload;
  const event = payload as { payload: Record<string, unknown> };
  const { config, parentConfig, ...rest } = event.payload;
  const shown = { ...rest, ...(config ? { config: publicConfig(config) } : {}) };
  return { ...event, payload: parentConfig ? { ...shown, parentConfig: publicConfig(parentConfig) } : shown };
}

function publicConfig(config: unknown): Record<string, unknown> {
  const { configurable, metadata, tags, recursion_limit } = config as Record<string, unknown>;
  return { configurable, metadata, tags, recursion_limit };
}

/** The chunks of `graph.stream` out of LangChain's events, of which the others are published: the `events` mode. */
export async function* chunksAmong(
  events: AsyncIterable<StreamEvent>,
  runId: string,
  publish: Publish,
): AsyncGenerator<unknown, void, void> {
  for await (const event of events) {
    if (event.event === "on_chain_stream" && event.run_id === runId) yield event.data.chunk;
    else publish("events", toWireText(event));
  }
}

/** One object comes with every token of a model call: its text is made once. */
const metadataTexts = new WeakMap<object, string>();

function metadataText(metadata: object): string {
  const known = metadataTexts.get(metadata);
  if (known !== undefined) return known;
  const text = toWireText(metadata);
  metadataTexts.set(metadata, text);
  return text;
}

function named(event: string, namespace: readonly string[]): string {
  return namespace.length === 0 ? event : `${event}|${namespace.join("|")}`;
}

function isChunk(message: BaseMessage): message is AIMessageChunk {
  return isAIMessageChunk(message as AIMessageChunk);
}

/** The `messages` mode: metadata once per message, then the message as far as it has come, with each chunk. */
function createAccumulator(publish: Publish): (message: BaseMessage, metadata: Record<string, unknown>) => void {
  const announced = new Set<string>();
  const partial = new Map<string, AIMessageChunk>();
  return (message, metadata) => {
    const id = message.id ?? "";
    if (!announced.has(id)) {
      announced.add(id);
      publish("messages/metadata", JSON.stringify({ [id]: { metadata: toWire(metadata) } }));
    }
    if (!isChunk(message)) {
      publish("messages/complete", toWireText([message]));
      return;
    }
    const whole = partial.get(id)?.concat(message) ?? message;
    partial.set(id, whole);
    publish("messages/partial", toWireText([whole]));
  };
}
