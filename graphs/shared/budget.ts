/**
 * What the work on one task may take: model calls, tokens, seconds and dollars. Counted in state, so that a run goes on with
 * the same budget after an interrupt or a restart, and the next human message begins with a new one.
 *
 *   const over = exceeded(state, runtime);             // before a step: an outcome, or undefined
 *   if (over) return unanswered(over, state.draft);
 *   const spending = meter(state, runtime);            // during it: counts all calls made with its config
 *   const reply = await model.invoke(state.messages, spending.config);
 *   return { messages: [reply], budget: spending.spent() };
 */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { mergeConfigs } from "@langchain/core/runnables";
import { type LangGraphRunnableConfig, ReducedValue } from "@langchain/langgraph";
import { z } from "zod";
import { currentConfig } from "../../src/config.ts";
import { costOf } from "../../src/llm/prices.ts";
import { lastTask } from "./messages.ts";
import type { Outcome } from "./outcome.ts";

const amount = z.number().min(0).optional();
const Amounts = z.object({ steps: amount, tokens: amount, seconds: amount, cost: amount });
type Amounts = z.infer<typeof Amounts>;

/** Part of a graph's context schema. What is left out is the server's default; its hard caps hold whatever is given. */
export const BudgetContext = z.object({
  budget: Amounts.optional().describe(
    "What the work on one message may take: calls of a model (steps), tokens, seconds, and cost in US dollars where " +
      "the price of each model is known.",
  ),
});
export type BudgetContext = z.infer<typeof BudgetContext>;

/** `cost` is null, which is unknown, as soon as one call's is. */
const Spent = z.object({ steps: z.number(), tokens: z.number(), seconds: z.number(), cost: z.number().nullable() });
const Stretch = z.object({ task: z.string(), run: z.string(), from: z.number(), to: z.number() });
/**
 * `task`: the human message's id; null before there is one. `run`: the run that has worked on it since `from` (ms), and
 * until `to`. `seconds`: what earlier runs took.
 */
const Budget = Spent.extend(Stretch.shape).extend({ task: z.string().nullable() });
/** What a step took, from and to when (ms). */
const Spending = Spent.omit({ seconds: true }).extend(Stretch.shape);

export type Budget = z.infer<typeof Budget>;
type Spending = z.infer<typeof Spending>;

const nothing: Budget = { task: null, run: "", from: 0, to: 0, steps: 0, tokens: 0, seconds: 0, cost: 0 };

/** The state field `budget`. */
export const budgetState = new ReducedValue(Budget.default(nothing), { inputSchema: Spending, reducer: add });

/** A state with a budget. What is sent to a worker may leave out `messages`: then it works on the budget's task. */
interface WithBudget {
  readonly messages?: readonly BaseMessage[];
  readonly budget?: Budget;
  /** How many workers begin on what is left at the same time, each with an equal share; 1 unless given. */
  readonly among?: number;
}

type Runtime = LangGraphRunnableConfig<BudgetContext>;
type Left = Required<Omit<Amounts, "cost">> & Pick<Amounts, "cost">;

/**
 * The outcome "budget-exceeded" if the task's budget is spent, else undefined.
 * @param runtime the node's, whose context may hold a `budget`
 * @param defaults the graph's own, where the context says nothing; else the server's
 */
export function exceeded(state: WithBudget, runtime: Runtime, defaults: Amounts = {}): Outcome | undefined {
  const left = remaining(state, runtime, defaults);
  const over = kinds.find((kind) => (left[kind] ?? 1) <= 0);
  if (!over) return undefined;
  const most = budgetOf(runtime, defaults)[over];
  return { kind: "budget-exceeded", reason: `I stopped here: the budget of ${most} ${words[over]} is spent.` };
}

/**
 * What the task has left, 0 or more each: the context's `budget` of a worker that takes over a part of it. Calls and
 * tokens are whole numbers, so that the last worker has one too. No `cost`, where none is set, or where what was spent
 * is unknown.
 */
export function remaining(state: WithBudget, runtime: Runtime, defaults: Amounts = {}): Left {
  const { steps, tokens, seconds, cost, from, to } = add(state.budget ?? nothing, spending(state, runtime));
  const most = budgetOf(runtime, defaults);
  const share = (left: number) => Math.max(0, left) / (state.among ?? 1);
  return {
    steps: Math.ceil(share(most.steps - steps)),
    tokens: Math.ceil(share(most.tokens - tokens)),
    seconds: Math.max(0, most.seconds - seconds - (to - from) / 1000),
    ...(most.cost !== undefined && cost !== null && { cost: share(most.cost - cost) }),
  };
}

/** Counts what is called with `config`; `spent()` is the update of the state field. */
export function meter<Config extends Runtime>(
  state: WithBudget,
  runtime: Config,
): { readonly config: Config; readonly spent: () => Spending } {
  const start = spending(state, runtime);
  const counter = new Counter();
  const config = mergeConfigs(runtime, { callbacks: [counter] }) as Config;
  const counted = ({ steps, tokens, cost }: Counter) => ({ steps, tokens, cost });
  return { config, spent: () => ({ ...start, to: Date.now(), ...counted(counter) }) };
}

const kinds = ["steps", "tokens", "seconds", "cost"] as const;
const words = { steps: "calls of the model", tokens: "tokens", seconds: "seconds", cost: "dollars" };

/** The context's budget, or else the defaults, and never more than the caps. */
function budgetOf({ context }: Runtime, defaults: Amounts): Left {
  const { limits } = currentConfig();
  const { steps, tokens, seconds, cost } = { ...defaults, ...context?.budget };
  return {
    steps: Math.min(steps ?? limits.budgetSteps, limits.budgetMostSteps),
    tokens: Math.min(tokens ?? limits.budgetTokens, limits.budgetMostTokens),
    seconds: Math.min(seconds ?? limits.budgetMs / 1000, limits.budgetMostMs / 1000),
    cost,
  };
}

function spending({ messages = [], budget = nothing }: WithBudget, runtime: Runtime): Spending {
  const now = Date.now();
  const run = runtime.executionInfo?.runId ?? String(runtime.metadata?.run_id ?? "");
  return { task: lastTask(messages)?.id ?? budget.task ?? "", run, from: now, to: now, steps: 0, tokens: 0, cost: 0 };
}

/** The time between two runs, in which a human thinks about an interrupt, does not count. */
function add(current: Budget, { task, run, from, to, steps, tokens, cost }: Spending): Budget {
  if (task !== current.task) return { task, run, from, to, steps, tokens, cost, seconds: 0 };
  const costs = current.cost === null || cost === null ? null : current.cost + cost;
  const sum = { task, run, steps: current.steps + steps, tokens: current.tokens + tokens, cost: costs };
  if (run === current.run)
    return { ...sum, from: current.from, to: Math.max(current.to, to), seconds: current.seconds };
  return { ...sum, from, to, seconds: current.seconds + (current.to - current.from) / 1000 };
}

class Counter extends BaseCallbackHandler {
  name = "signalbox-budget";
  override awaitHandlers = true;
  steps = 0;
  tokens = 0;
  cost: number | null = 0;

  override handleLLMEnd({ generations }: LLMResult): void {
    this.steps++;
    for (const generation of generations.flat()) {
      const message = "message" in generation ? generation.message : undefined;
      if (!AIMessage.isInstance(message)) continue;
      const { usage_metadata: usage, response_metadata } = message;
      const { model_name } = { ...generation.generationInfo, ...response_metadata };
      const cost = usage && costOf(String(model_name), usage);
      this.tokens += usage?.total_tokens ?? 0;
      this.cost = this.cost === null || cost === undefined ? null : this.cost + cost;
    }
  }
}
