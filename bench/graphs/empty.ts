/** Nothing but a run: START ─▶ answer ─▶ END */
import { END, type GraphNode, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { emptyAnswer } from "./script.ts";

// State
const State = new StateSchema({ question: z.string().default(""), reply: z.string().default("") });

// Nodes
const answer: GraphNode<typeof State> = () => ({ reply: emptyAnswer });

// Graph
export const graph = new StateGraph(State)
  .addNode("answer", answer)
  .addEdge(START, "answer")
  .addEdge("answer", END)
  .compile({ name: "empty" });
