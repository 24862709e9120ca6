/**
 * Assistant: answers questions over the user's documents, with citations, and with tools where the documents do not say.
 * A guard reads what comes in, and another each sentence that goes out. What a simple question takes is one model call.
 *
 *                                     ┌▶ answer ───┬─────────────────────────▶ END   documents say it: one call
 *   START ─▶ receive ─▶ retrieve ─────┼────────────▼─▶ think ─▶ (reflect) ─▶ deliver ─▶ END
 *               │                     └▶ plan ─────▲  │        │
 *               │                                  └─ act      └▶ think, until the critic is content
 *               ├─▶ summarise ─▶ retrieve   a conversation that has outgrown the window
 *               ├─▶ remember ─▶ END      what is asked of the memory takes no model
 *               └─▶ END                  a message that the input guard has blocked
 *
 * receive.ts: the input guard · retrieve.ts: search and route · answer.ts: the output guard, citations ·
 * reason.ts: think and act · research.ts: plan and reflect · prompt.ts: what the model is told · state.ts
 */
import { END, START, StateGraph } from "@langchain/langgraph";
import { answer, deliver } from "./answer.ts";
import { act, actOrGoOn, think } from "./reason.ts";
import { receive, remember } from "./receive.ts";
import { plan, reflect, reviseOrDeliver } from "./research.ts";
import { retrieve } from "./retrieve.ts";
import { type AssistantState, Context, type Runtime, State, settingsOf } from "./state.ts";
import { isTooLong, summarise } from "./summarise.ts";

// Edges
const unlessRefused = (state: AssistantState, runtime: Pick<Runtime, "context">) => {
  if (state.outcome) return END;
  if (state.route === "memory") return "remember";
  return isTooLong(state, settingsOf(runtime).window) ? "summarise" : "retrieve";
};
const byRoute = ({ route }: AssistantState) =>
  route === "answer" ? "answer" : route === "research" ? "plan" : "think";
/** From the answer, and from the plan: on to the tools, unless the work has ended. */
const unlessEnded = ({ outcome }: AssistantState) => (outcome ? END : "think");

// Graph
export const graph = new StateGraph(State, { context: Context })
  .addNode("receive", receive)
  .addNode("remember", remember)
  .addNode("summarise", summarise)
  .addNode("retrieve", retrieve)
  .addNode("answer", answer)
  .addNode("plan", plan)
  .addNode("think", think)
  .addNode("act", act)
  .addNode("reflect", reflect)
  .addNode("deliver", deliver)
  .addEdge(START, "receive")
  .addConditionalEdges("receive", unlessRefused, ["remember", "summarise", "retrieve", END])
  .addEdge("remember", END)
  .addEdge("summarise", "retrieve")
  .addConditionalEdges("retrieve", byRoute, ["answer", "plan", "think"])
  .addConditionalEdges("answer", unlessEnded, ["think", END])
  .addConditionalEdges("plan", unlessEnded, ["think", END])
  .addConditionalEdges("think", actOrGoOn, ["act", "reflect", "deliver", END])
  .addEdge("act", "think")
  .addConditionalEdges("reflect", reviseOrDeliver, ["think", "deliver"])
  .addEdge("deliver", END)
  .compile({ name: "assistant" });
