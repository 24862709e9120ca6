/**
 * Orchestrator: a team works on a task. The planner hands out questions, researchers answer them in parallel, the
 * executor makes the result from their reports, and the critic accepts it or sends work back, to either of them.
 *
 *   START ─▶ plan ─▶ research ─▶ execute ─▶ criticise ─▶ END
 *                    ▲ one task    ▲          │   │
 *                    │ a question  └──────────┘   │
 *                    └────────────────────────────┘
 */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import {
  END,
  type GraphNode,
  type LangGraphRunnableConfig,
  MessagesValue,
  Overwrite,
  ReducedValue,
  Send,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { z } from "zod";
import { chatModel } from "../src/llm/chat-model.ts";
import { ModelContext } from "../src/llm/context.ts";
import { type Budget, BudgetContext, exceeded, meter } from "./shared/budget.ts";
import { criticised, judgementsState } from "./shared/judgements.ts";
import { conversation, taskOf, taskText } from "./shared/messages.ts";
import { answered, outcomeState, unanswered, unlessEnded } from "./shared/outcome.ts";
import { structured, unusable } from "./shared/structured.ts";
import { readingTools, work, workers, workState } from "./shared/worker.ts";

// Prompts
const planning = new SystemMessage(
  "You lead a team. Name the questions whose answers the user's task needs; researchers with tools will find them, " +
    "each one alone. As few as the task needs; none if all is known. An executor then makes the result.",
);
const researching = "You are a researcher. Answer the question with tools, and say what you found and where.";
const executing =
  "You are the executor of a team. Make what the task asks for from the reports of the researchers, with tools where " +
  "they help. Heed what the critic said. Give the result alone.";
const criticising = new SystemMessage(
  "You are the critic of a team. Accept the last result if it does what the task asks and the reports bear it out. If " +
    "not, say what is wrong, and name the questions that need research first, if there are any.",
);

// State
const mostRounds = 3;
const Questions = z.array(z.string().min(1).max(2_000)).max(5);
const Plan = z.object({ questions: Questions.describe("The questions to be researched.") });
const Verdict = z.object({
  accepted: z.boolean().describe("Whether the result does what the task asks."),
  feedback: z.string().max(4_000).describe("What is wrong with it and how to mend it; empty if it is accepted."),
  questions: Questions.describe("The questions that need research before the result can be mended; often none."),
});

const Contribution = z.object({
  author: z.enum(["planner", "researcher", "executor", "critic"]),
  round: z.number(),
  task: z.string().describe("What was to be done."),
  text: z.string().describe("What was said."),
});
const Said = z.array(Contribution);
const State = new StateSchema({
  messages: MessagesValue,
  questions: z.array(z.string()).default([]).describe("What is researched in this round."),
  round: z.number().default(1),
  contributions: new ReducedValue(Said.default([]), { inputSchema: Said, reducer: (said, more) => [...said, ...more] }),
  ...workState,
  judgements: judgementsState,
  outcome: outcomeState,
});
const Context = z.object({ ...ModelContext.shape, ...BudgetContext.shape });
type Context = z.infer<typeof Context>;
type Node = GraphNode<typeof State, Context>;

// Nodes
const plan: Node = async (state, runtime) => {
  const clean = { questions: [], round: 1, contributions: new Overwrite([]), judgements: [], outcome: null };
  const { refusal } = taskOf(state.messages);
  if (refusal) return { ...clean, ...unanswered(refusal) };
  const spending = meter(state, runtime);
  const model = await chatModel(runtime, "plan");
  try {
    const request = [planning, ...conversation(state.messages)];
    const { questions } = await structured(model, Plan, request, spending.config, { name: "plan" });
    const said = { author: "planner" as const, round: 1, task: "The plan.", text: questions.join("\n") || "Nothing." };
    return { ...clean, questions, contributions: new Overwrite([said]), budget: spending.spent() };
  } catch (error) {
    return { ...clean, ...unusable(error) };
  }
};

/** What a researcher is sent: a question of its own, and what all have in common. */
type Errand = { question: string; task: string; round: number; tainted: string[]; budget: Budget; among: number };

/** Researchers look things up; what changes something is for the executor. */
const research = async ({ question, task, ...errand }: Errand, runtime: LangGraphRunnableConfig<Context>) => {
  const tools = await readingTools();
  const job = { brief: [`The team's task: ${task}`, question], instructions: researching, tools, node: "research" };
  const { result, ...update } = await work(errand, runtime, job);
  return {
    contributions: [{ author: "researcher" as const, round: errand.round, task: question, text: result }],
    ...update,
  };
};

const execute: Node = async (state, runtime) => {
  const over = exceeded(state, runtime);
  if (over) return unanswered(over, resultOf(state) || state.contributions.map(worded).join("\n\n"));
  const brief = [...state.contributions.map(worded), taskText(state.messages)];
  const { result, ...update } = await work(state, runtime, { brief, instructions: executing, node: "execute" });
  return { contributions: [{ author: "executor", round: state.round, task: "The result.", text: result }], ...update };
};

const criticise: Node = async (state, runtime) => {
  const { contributions, round, messages } = state;
  const { config, spent } = meter(state, runtime);
  const model = await chatModel(runtime, "criticise");
  const material = [`Task:\n${taskText(messages)}`, ...contributions.map(worded), `Result:\n${resultOf(state)}`];
  try {
    const request = [criticising, new HumanMessage(material.join("\n\n"))];
    const { accepted, feedback, questions } = await structured(model, Verdict, request, config, { name: "verdict" });
    const said = { author: "critic" as const, round, task: "The result.", text: accepted ? "Accepted." : feedback };
    const judgements = criticised({ accepted, feedback, round });
    const update = { questions, round: round + 1, contributions: [said], judgements, budget: spent() };
    if (accepted) return { ...update, ...answered(resultOf(state)) };
    if (round < mostRounds) return update;
    const reason = `The critic was not content after ${mostRounds} rounds: ${feedback}`;
    return { ...update, ...unanswered({ kind: "gate-failed", reason }, resultOf(state)) };
  } catch (error) {
    return unusable(error, resultOf(state));
  }
};

const worded = ({ author, round, task, text }: z.infer<typeof Contribution>) =>
  `The ${author}, round ${round}, on "${task}":\n${text}`;
const resultOf = ({ contributions }: typeof State.State) =>
  contributions.findLast(({ author }) => author === "executor")?.text ?? "";

// Edges
const assign = ({ outcome, questions, messages, round, tainted, budget }: typeof State.State) => {
  if (outcome) return END;
  if (questions.length === 0) return "execute";
  const [task, among] = [taskText(messages), questions.length];
  return questions.map((question) => new Send("research", { question, task, round, tainted, budget, among }));
};

// Graph
export const graph = new StateGraph(State, { context: Context })
  .addNode("plan", plan)
  .addNode("research", research, workers)
  .addNode("execute", execute, workers)
  .addNode("criticise", criticise)
  .addEdge(START, "plan")
  .addConditionalEdges("plan", assign, ["research", "execute", END])
  .addEdge("research", "execute")
  .addConditionalEdges("execute", unlessEnded("criticise"), ["criticise", END])
  .addConditionalEdges("criticise", assign, ["research", "execute", END])
  .compile({ name: "orchestrator" });
