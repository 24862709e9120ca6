/**
 * The ReAct loop with a model that asks for a sum twice, and then answers: five supersteps. `slow` takes its time.
 *
 *   START ─▶ think ─▶ END
 *            ▲   │
 *            └─ act
 */
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { END, type GraphNode, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { reactAnswer, reactToolCalls, slowTurnMs } from "./script.ts";
import { type Script, ScriptedModel, say } from "./scripted-model.ts";

const add = tool(({ left, right }) => String(left + right), {
  name: "add",
  description: "Adds two numbers.",
  schema: z.object({ left: z.number(), right: z.number() }),
});

const script: Script = (messages) => {
  const calls = messages.filter((message) => ToolMessage.isInstance(message)).length;
  if (calls === reactToolCalls) return say(reactAnswer);
  return say({ content: "", tool_calls: [{ id: `call-${calls}`, name: add.name, args: { left: 20, right: 22 } }] });
};

// State
const State = new StateSchema({ messages: MessagesValue });

// Nodes
const thinkBy =
  (model: ScriptedModel): GraphNode<typeof State> =>
  async ({ messages }) => ({ messages: [await model.invoke(messages)] });

const act: GraphNode<typeof State> = async ({ messages }) => {
  const calls = toolCalls(messages);
  return { messages: await Promise.all(calls.map((call) => add.invoke({ ...call, type: "tool_call" }))) };
};

// Edges
function toolCalls(messages: BaseMessage[]) {
  const last = messages.at(-1);
  return AIMessage.isInstance(last) ? (last.tool_calls ?? []) : [];
}

const actOrEnd = ({ messages }: typeof State.State) => (toolCalls(messages).length > 0 ? "act" : END);

// Graph
function loop(name: string, model: ScriptedModel) {
  return new StateGraph(State)
    .addNode("think", thinkBy(model))
    .addNode("act", act)
    .addEdge(START, "think")
    .addConditionalEdges("think", actOrEnd, ["act", END])
    .addEdge("act", "think")
    .compile({ name });
}

export const graph = loop("react", new ScriptedModel(script));
export const slow = loop("slow", new ScriptedModel(script, slowTurnMs));
