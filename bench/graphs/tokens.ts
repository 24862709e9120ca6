/** One model call whose answer comes in many tokens: START ─▶ speak ─▶ END. `tokens` has them at once, `paced` in time. */
import { AIMessageChunk } from "@langchain/core/messages";
import { END, type GraphNode, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { pacedPauseMs, pacedTokens, tokensPerAnswer } from "./script.ts";
import { ScriptedModel } from "./scripted-model.ts";

const words = (count: number) => Array.from({ length: count }, (_, index) => new AIMessageChunk(`word${index} `));

// State
const State = new StateSchema({ messages: MessagesValue });

// Nodes
function speak(model: ScriptedModel): GraphNode<typeof State> {
  return async ({ messages }) => ({ messages: [await model.invoke(messages)] });
}

// Graph
function speaker(name: string, model: ScriptedModel) {
  return new StateGraph(State)
    .addNode("speak", speak(model))
    .addEdge(START, "speak")
    .addEdge("speak", END)
    .compile({ name });
}

export const tokens = speaker("tokens", new ScriptedModel(() => words(tokensPerAnswer)));
export const paced = speaker("paced", new ScriptedModel(() => words(pacedTokens), pacedPauseMs));
