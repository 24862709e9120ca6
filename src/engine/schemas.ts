/** What a client may know of a graph before it runs it: its schemas, and its drawing. */
import type { RunnableConfig } from "@langchain/core/runnables";
import { messagesStateReducer } from "@langchain/langgraph";
import {
  getConfigTypeSchema,
  getInputTypeSchema,
  getOutputTypeSchema,
  getStateTypeSchema,
} from "@langchain/langgraph/zod/schema";
import type { CompiledGraph } from "./graphs.ts";

export type JsonSchema = { [key: string]: unknown };

/** JSON Schemas as GET /assistants/:id/schemas gives them; null where nothing is known. */
export interface GraphSchemas {
  graph_id: string;
  input_schema: JsonSchema | null;
  output_schema: JsonSchema | null;
  state_schema: JsonSchema | null;
  /** The same as context_schema: in JavaScript a graph has one schema for both. */
  config_schema: JsonSchema | null;
  context_schema: JsonSchema | null;
}

/** As GET /assistants/:id/graph gives it: nodes { id, type, data }, edges { source, target, data?, conditional? }. */
export type GraphDrawing = {
  nodes: JsonSchema[];
  edges: JsonSchema[];
};

/** LangGraph describes a list of messages by this key alone. */
const messagesMark = { langgraph_type: "messages" };
const message = {
  type: "object",
  properties: {
    type: { type: "string", description: "human, ai, system or tool; `role` with user or assistant is understood too" },
    content: { anyOf: [{ type: "string" }, { type: "array", items: { type: "object" } }] },
    id: { type: "string" },
  },
  required: ["content"],
};

/**
 * The schemas of a graph whose state is a StateSchema or a zod object. A state of Annotations has no types at run
 * time: there the channels' names stand, with `{}`.
 */
export function graphSchemas(graph: CompiledGraph, graphId: string): GraphSchemas {
  const context = attempt(() => getConfigTypeSchema(graph));
  return {
    graph_id: graphId,
    input_schema: attempt(() => getInputTypeSchema(graph)) ?? channelSchema(graph, graph.streamChannelsList),
    output_schema: attempt(() => getOutputTypeSchema(graph)) ?? channelSchema(graph, [graph.outputChannels].flat()),
    state_schema: attempt(() => getStateTypeSchema(graph)) ?? channelSchema(graph, graph.streamChannelsList),
    config_schema: context,
    context_schema: context,
  };
}

/** The drawing, with the graphs inside its nodes too: all (`xray` true), or so many levels deep. */
export async function graphDrawing(graph: CompiledGraph, xray: boolean | number): Promise<GraphDrawing> {
  const options: RunnableConfig & { xray: boolean | number } = { xray };
  const drawing = await graph.getGraphAsync(options);
  return drawing.toJSON() as GraphDrawing;
}

/** What zod cannot say in JSON Schema (a date, a map) makes LangGraph's helpers throw; then the schema is unknown. */
function attempt(read: () => object | boolean | undefined): JsonSchema | null {
  try {
    const schema = read();
    return typeof schema === "object" ? withMessages(schema as JsonSchema) : null;
  } catch {
    return null;
  }
}

function withMessages(schema: JsonSchema): JsonSchema {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>);
  const complete = properties.map(([name, property]) => [
    name,
    property.langgraph_type === "messages" ? { type: "array", items: message, ...property } : property,
  ]);
  return { ...schema, properties: Object.fromEntries(complete) };
}

function channelSchema(graph: CompiledGraph, names: readonly string[]): JsonSchema | null {
  const channels = names.filter((name) => !name.startsWith("__"));
  if (channels.length === 0) return null;
  const properties = channels.map((name) => [name, isMessageChannel(graph.channels[name]) ? messagesMark : {}]);
  return withMessages({ type: "object", properties: Object.fromEntries(properties) });
}

function isMessageChannel(channel: object | undefined): boolean {
  return channel !== undefined && "operator" in channel && channel.operator === messagesStateReducer;
}
