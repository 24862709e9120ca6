/** What the assistant keeps of a thread, and what may be set for it. */
import type { UsageMetadata } from "@langchain/core/messages";
import { type GraphNode, type LangGraphRunnableConfig, MessagesValue, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { ModelContext } from "../../src/llm/context.ts";
import { BudgetContext, budgetState } from "../shared/budget.ts";
import { citationsState, passagesState } from "../shared/citations.ts";
import { GuardContext } from "../shared/input-guard.ts";
import { judgementsState } from "../shared/judgements.ts";
import { outcomeState } from "../shared/outcome.ts";
import { taintState } from "../shared/taint.ts";

export const Context = z.object({
  ...ModelContext.shape,
  ...BudgetContext.shape,
  ...GuardContext.shape,
  instructions: z.string().max(20_000).optional().describe("What the model is told beside the assistant's own rules."),
  tools: z.array(z.string()).max(100).optional().describe("The tools it may use: names, or `api__*`. Left out: all."),
  window: z.int().min(1_000).default(100_000).describe("The tokens of a conversation, from which it is summarised."),
  metadata: z
    .record(z.string(), z.string())
    .optional()
    .describe("Only documents that were ingested with this metadata are searched. Left out: all."),
  passages: z.int().min(1).max(20).default(5).describe("How many passages of the documents a search gives."),
  accept: z
    .number()
    .min(0)
    .max(10)
    .default(7)
    .describe("The critic's score from which a draft is the answer, 0 to 10."),
});

/**
 * Which way a message goes: `memory` needs no model, `answer` one call over the documents, `tools` as many as the tools
 * take, `research` a plan and a critic besides.
 */
const Route = z.enum(["memory", "answer", "tools", "research"]);

/** No text of a model is here before a guard has passed it: what streams of the state show is what users may see. */
export const State = new StateSchema({
  messages: MessagesValue,
  route: Route.nullable().default(null),
  passages: passagesState,
  questions: z.array(z.string()).default([]).describe("The parts of a question that needs research."),
  draft: z.string().default("").describe("An answer that the critic has not accepted yet, guarded."),
  usage: z.custom<UsageMetadata>().nullable().default(null).describe("What the draft took, for the answer's message."),
  advice: z.string().default("").describe("What the critic wants of the next draft."),
  rounds: z.number().default(0).describe("How many drafts the critic has read."),
  summary: z.string().default("").describe("What the model reads of the conversation up to the message `summarised`."),
  summarised: z.string().default("").describe("The id of the last message that the summary stands for."),
  citations: citationsState,
  used: z.array(z.string()).default([]).describe("The ids of the chunks that the answer cites."),
  judgements: judgementsState,
  tainted: taintState,
  budget: budgetState,
  outcome: outcomeState,
});
export type AssistantState = typeof State.State;
export type Runtime = LangGraphRunnableConfig<z.input<typeof Context>>;
export type Node<Next extends string = never> = GraphNode<typeof State, z.input<typeof Context>, Next>;

/** Calls of a model on one task, unless a budget is given. Two supersteps each, and a run has 25 of them. */
export const mostCalls = 10;

/** The source of passages that are memories, in the user's own words. */
export const memorySource = "memory";

/** The run's settings, with the defaults for what its context leaves out. */
export function settingsOf({ context }: Pick<Runtime, "context">): z.output<typeof Context> {
  return Context.parse(context ?? {});
}
