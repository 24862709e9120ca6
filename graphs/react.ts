/**
 * ReAct: the model thinks and asks for tools, the calls are acted out in parallel, and what they are observed to give
 * goes back to the model, until it asks for none and answers.
 *
 *   START ─▶ think ─▶ END
 *            ▲   │ one task for each tool call
 *            └── act
 */
import { AIMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { InvalidToolCall, ToolCall } from "@langchain/core/messages/tool";
import type { StructuredToolInterface } from "@langchain/core/tools";
import {
  END,
  type GraphNode,
  isGraphBubbleUp,
  type LangGraphRunnableConfig,
  MessagesValue,
  Send,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { chatModel } from "../src/llm/chat-model.ts";
import { ModelContext } from "../src/llm/context.ts";
import { calculator } from "../tools/calculator.ts";
import { currentTime } from "../tools/current-time.ts";

const tools: StructuredToolInterface[] = [calculator, currentTime];

// Prompts
const instructions = new SystemMessage(
  "Answer the user's question. Call tools for what they can find out exactly, several at once if they do not depend " +
    "on each other. When a tool reports an error, correct the call, or say what could not be found out.",
);

// State
const State = new StateSchema({ messages: MessagesValue });

// Nodes
const think: GraphNode<typeof State, ModelContext> = async ({ messages }, runtime) => {
  const model = (await chatModel(runtime)).bindTools(tools);
  const reply = await model.invoke([instructions, ...messages], runtime);
  // A call whose arguments are not JSON is kept as a call, so that its error has something to answer.
  const broken = reply.invalid_tool_calls?.map(({ id, name = "" }) => ({ id, name, args: {} })) ?? [];
  reply.tool_calls = [...(reply.tool_calls ?? []), ...broken];
  return { messages: [reply] };
};

/** Whatever goes wrong with a call is an observation like any other: the model reads it and decides what to do. */
async function act(call: ToolCall | InvalidToolCall, runtime: LangGraphRunnableConfig) {
  try {
    return { messages: [await observe(call, runtime)] };
  } catch (error) {
    if (isGraphBubbleUp(error) || runtime.signal?.aborted) throw error;
    const content = error instanceof Error ? error.message : String(error);
    const { id = "", name } = call;
    return { messages: [new ToolMessage({ status: "error", content, name, tool_call_id: id })] };
  }
}

async function observe(call: ToolCall | InvalidToolCall, runtime: LangGraphRunnableConfig): Promise<ToolMessage> {
  if (typeof call.args === "string") throw new Error(`The arguments are not a JSON object: ${call.args}`);
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool)
    throw new Error(`There is no tool "${call.name}". The tools are: ${tools.map(({ name }) => name).join(", ")}.`);
  return tool.invoke({ ...call, type: "tool_call" }, runtime);
}

// Edges
const actOrEnd = ({ messages }: typeof State.State) => {
  const reply = messages.at(-1);
  if (!AIMessage.isInstance(reply) || !reply.tool_calls?.length) return END;
  const broken = new Map(reply.invalid_tool_calls?.map((call) => [call.id, call]));
  return reply.tool_calls.map((call) => new Send("act", broken.get(call.id) ?? call));
};

// Graph
export const graph = new StateGraph(State, { context: ModelContext })
  .addNode("think", think)
  .addNode("act", act)
  .addEdge(START, "think")
  .addConditionalEdges("think", actOrEnd, ["act", END])
  .addEdge("act", "think")
  .compile({ name: "react" });
