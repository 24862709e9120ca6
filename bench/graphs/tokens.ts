/** One model call whose answer comes in many tokens: START ─▶ speak ─▶ END */
import { AIMessageChunk } from "@langchain/core/messages";
import { END, type GraphNode, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { tokensPerAnswer } from "./script.ts";
import { ScriptedModel } from "./scripted-model.ts";

const model = new ScriptedModel(() =>
  Array.from({ length: tokensPerAnswer }, (_, index) => new AIMessageChunk(`word${index} `)),
);

// State
const State = new StateSchema({ messages: MessagesValue });

// Nodes
const speak: GraphNode<typeof State> = async ({ messages }) => ({ messages: [await model.invoke(messages)] });

// Graph
export const graph = new StateGraph(State)
  .addNode("speak", speak)
  .addEdge(START, "speak")
  .addEdge("speak", END)
  .compile({ name: "tokens" });
