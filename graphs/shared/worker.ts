/** A ReAct worker for a part of a larger task: a subgraph with messages, tools and a share of the budget of its own. */
import { HumanMessage } from "@langchain/core/messages";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import type { ModelContext } from "../../src/llm/context.ts";
import { configuredTools } from "../../tools/registry.ts";
import { graph } from "../react.ts";
import { needsApproval } from "./approval.ts";
import { type BudgetContext, budgetState, meter, remaining } from "./budget.ts";
import { quietly } from "./structured.ts";
import { taintState } from "./taint.ts";

/** The subgraphs of a node that has work done, for those who draw it or look into its state. */
export const workers = { subgraphs: [graph] };

/** The state fields of a graph that has work done: what its workers have read, and what they have spent. */
export const workState = { tainted: taintState, budget: budgetState };

/** Calls of a model on one job. A call and its tools are two supersteps, and a subgraph has 25 of them too. */
const mostCalls = 10;
/** Of a result: many of them make the brief of another job. */
const mostCharacters = 10_000;

export interface Job {
  /** What the worker is to know, in parts; the last part is what it is to do. */
  readonly brief: readonly string[];
  readonly instructions: string;
  /** The names of its tools; all there are unless given. */
  readonly tools?: readonly string[] | undefined;
  /** The node that it works for, whose model it uses. */
  readonly node: string;
}

/**
 * Has the job done, quietly, as a subgraph of the node that calls this (once): its supersteps are checkpointed too, so
 * that it goes on where it was after an interrupt (an approval) or a restart.
 * @param state the graph's, or what was sent to the node, with its `budget` and its `tainted`, and with `among` where
 *   others begin at the same time
 * @returns the worker's answer, or in words why it has none; and the updates of `budget` and `tainted`
 */
export async function work(
  state: Parameters<typeof meter>[0] & { readonly tainted: readonly string[] },
  runtime: LangGraphRunnableConfig<ModelContext & BudgetContext>,
  { brief, instructions, tools, node }: Job,
) {
  const spending = meter(state, runtime);
  const left = remaining(state, runtime);
  const { model, models, ...context } = runtime.context ?? {};
  const budget = { ...left, steps: Math.min(left.steps, mostCalls) };
  // An object, because LangGraph's type of a context insists on optional settings.
  const config: object = {
    ...quietly(runtime),
    context: { ...context, model: models?.[node] ?? model, instructions, tools, budget },
  };
  const messages = brief.map((part) => new HumanMessage(part));
  const done = await graph.invoke({ messages, tainted: [...state.tainted] }, config);
  // The worker's own count has also what it spent before an interrupt.
  const result = (done.messages.at(-1)?.text ?? "").slice(0, mostCharacters);
  const spent = { ...spending.spent(), steps: done.budget.steps, tokens: done.budget.tokens };
  return { result, budget: spent, tainted: done.tainted };
}

/** The names of the tools that only look things up. */
export async function readingTools(): Promise<string[]> {
  return (await configuredTools()).filter((tool) => !needsApproval(tool)).map(({ name }) => name);
}
