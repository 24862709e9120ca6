/**
 * Plan and execute: a long task is planned as steps, a ReAct worker executes them one by one, and after each the rest
 * of the plan is thought over, until the task is done and its findings become the answer. A human may edit the plan.
 *
 *   START ─▶ plan ─▶ review ─▶ execute ─▶ reflect ─▶ answer ─▶ END
 *                                 ▲          │
 *                                 └──────────┘
 */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { END, type GraphNode, interrupt, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { z } from "zod";
import { chatModel } from "../src/llm/chat-model.ts";
import { ModelContext } from "../src/llm/context.ts";
import { BudgetContext, exceeded, meter } from "./shared/budget.ts";
import { judgementsState } from "./shared/judgements.ts";
import { conversation, taskOf } from "./shared/messages.ts";
import { answered, outcomeState, unanswered, unlessEnded } from "./shared/outcome.ts";
import { yesOrNo } from "./shared/replies.ts";
import { StructuredOutputError, structured, unusable } from "./shared/structured.ts";
import { work, workers, workState } from "./shared/worker.ts";

// Prompts
const planning = new SystemMessage(
  "Plan the user's task as steps for a worker with tools, who sees the task, the step and the findings before it. " +
    "As few steps as the task needs; one is enough for a simple task.",
);
const working =
  "You do one step of a larger task. Call tools for what they can find out exactly. Answer with the step's result " +
  "alone, or say what could not be found out.";
const reflecting = new SystemMessage(
  "You direct the work on a task. Judge by the findings whether it is done. If not, give the steps that are still to " +
    "be done: keep, change, drop or add as the findings demand.",
);
const answering = new SystemMessage("Answer the user's task from the findings alone. Say what is missing in them.");

// State
/** In all. A step is two supersteps, and a run has 25 of them. */
const mostSteps = 10;

const Steps = z.array(z.string().min(1).max(2_000)).max(mostSteps);
const Plan = z.object({ steps: Steps.min(1).describe("The steps of the plan, in the order in which they are done.") });
const Reflection = z.object({
  done: z.boolean().describe("Whether the findings are enough to answer the task."),
  steps: Steps.describe("The steps that are still to be done, in their order; none if the task is done."),
});
/** What resumes the review: yes, no, or the plan as it shall be. */
const Review = z.preprocess(
  (said) => (yesOrNo(said) === undefined ? said : { approve: yesOrNo(said) }),
  z
    .object({ approve: z.boolean().optional(), steps: Steps.min(1).optional() })
    .refine(({ approve, steps }) => approve !== undefined || steps, "neither yes nor no, nor a plan"),
);

const Finding = z.object({ step: z.string(), result: z.string() });
const State = new StateSchema({
  messages: MessagesValue,
  steps: z.array(z.string()).default([]).describe("What is still to be done."),
  findings: z.array(Finding).default([]).describe("What was done, and what came of it."),
  ...workState,
  judgements: judgementsState,
  outcome: outcomeState,
});

const Context = z.object({
  ...ModelContext.shape,
  ...BudgetContext.shape,
  review_plan: z.boolean().optional().describe("Whether a human is asked to approve or edit the plan."),
});
type Node = GraphNode<typeof State, z.infer<typeof Context>>;

// Nodes
const plan: Node = async (state, runtime) => {
  const { refusal } = taskOf(state.messages);
  if (refusal) return { judgements: [], ...unanswered(refusal) };
  const spending = meter(state, runtime);
  const model = await chatModel(runtime, "plan");
  try {
    const request = [planning, ...conversation(state.messages)];
    const { steps } = await structured(model, Plan, request, spending.config, { name: "plan" });
    return { steps, findings: [], judgements: [], outcome: null, budget: spending.spent() };
  } catch (error) {
    return { judgements: [], ...unusable(error) };
  }
};

/** A plan that cannot be executed is asked for again, with what is wrong with it. */
const review: Node = ({ steps }, { context }) => {
  if (!context?.review_plan) return {};
  const question = "Shall this plan be executed? Answer yes, no, or { steps: [...] } with a plan of your own.";
  for (let problem: string | undefined; ; ) {
    const { data, error } = Review.safeParse(interrupt({ type: "plan-review", question, steps, problem }));
    if (data && (data.approve ?? data.steps)) return { steps: data.steps ?? steps };
    if (data) return unanswered({ kind: "refused", reason: "The plan was not approved, and nothing was done." });
    problem = z.prettifyError(error);
  }
};

const execute: Node = async (state, runtime) => {
  const reason = `I stopped here: ${mostSteps} steps are done, and the task is not.`;
  if (state.findings.length === mostSteps)
    return unanswered({ kind: "budget-exceeded", reason }, listed(state.findings));
  const [step = "", ...steps] = state.steps;
  const number = state.findings.length + 1;
  runtime.writer?.({ type: "step-started", number, step });
  const brief = [`Task: ${taskOf(state.messages).text}`, `Findings so far:\n${listed(state.findings)}`, step];
  const { result, ...update } = await work(state, runtime, { brief, instructions: working, node: "execute" });
  runtime.writer?.({ type: "step-finished", number, step, result });
  return { steps, findings: [...state.findings, { step, result }], ...update };
};

/** A reflection that cannot be used changes nothing: the plan goes on as it is. */
const reflect: Node = async (state, runtime) => {
  const over = exceeded(state, runtime);
  if (over) return unanswered(over, listed(state.findings));
  const spending = meter(state, runtime);
  const model = await chatModel(runtime, "reflect");
  const left = state.steps.map((step) => `- ${step}`).join("\n") || "None.";
  const request = [reflecting, new HumanMessage(`${material(state)}\n\nSteps left:\n${left}`)];
  try {
    const { done, steps } = await structured(model, Reflection, request, spending.config, { name: "reflection" });
    const judgements = [{ name: "critic: done", value: done }];
    return { steps: done ? [] : steps, judgements, budget: spending.spent() };
  } catch (error) {
    if (!(error instanceof StructuredOutputError)) throw error;
    return { budget: spending.spent() };
  }
};

const answer: Node = async (state, runtime) => {
  const over = exceeded(state, runtime);
  if (over) return unanswered(over, listed(state.findings));
  const spending = meter(state, runtime);
  const model = await chatModel(runtime, "answer");
  const reply = await model.invoke([answering, new HumanMessage(material(state))], spending.config);
  return { ...answered(reply, listed(state.findings)), budget: spending.spent() };
};

const material = ({ messages, findings }: typeof State.State) =>
  `Task:\n${taskOf(messages).text}\n\nFindings:\n${listed(findings)}`;
const listed = (findings: z.infer<typeof Finding>[]) =>
  findings.map(({ step, result }, index) => `${index + 1}. ${step}: ${result}`).join("\n") || "None.";

// Edges
const executeOrAnswer = ({ outcome, steps }: typeof State.State) =>
  outcome ? END : steps.length > 0 ? "execute" : "answer";

// Graph
export const graph = new StateGraph(State, { context: Context })
  .addNode("plan", plan)
  .addNode("review", review)
  .addNode("execute", execute, workers)
  .addNode("reflect", reflect)
  .addNode("answer", answer)
  .addEdge(START, "plan")
  .addConditionalEdges("plan", unlessEnded("review"), ["review", END])
  .addConditionalEdges("review", unlessEnded("execute"), ["execute", END])
  .addConditionalEdges("execute", unlessEnded("reflect"), ["reflect", END])
  .addConditionalEdges("reflect", executeOrAnswer, ["execute", "answer", END])
  .addEdge("answer", END)
  .compile({ name: "plan-and-execute" });
