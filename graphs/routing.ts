/**
 * Routing: a classifier sends the question to one of five specialists, each with its own instructions, model and tools.
 * Where it is not sure it asks the user instead of guessing; what is still unclear after two questions goes to "general".
 *
 *                                 ┌▶ code ─────┐
 *                                 ├▶ search ───┤
 *   START ─▶ receive ─▶ classify ─┼▶ creative ─┼─▶ END
 *                        ▲   │    ├▶ data ─────┤
 *                        │   ▼    ├▶ general ──┘
 *                        └─ ask ──┘    each is the ReAct graph
 */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import {
  Command,
  END,
  type GraphNode,
  interrupt,
  MessagesValue,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { z } from "zod";
import { chatModel } from "../src/llm/chat-model.ts";
import { ModelContext } from "../src/llm/context.ts";
import { graph as react } from "./react.ts";
import { BudgetContext } from "./shared/budget.ts";
import { conversation, taskOf } from "./shared/messages.ts";
import { outcomeState, unanswered, unlessEnded } from "./shared/outcome.ts";
import { chosen } from "./shared/replies.ts";
import { StructuredOutputError, structured } from "./shared/structured.ts";
import { taintState } from "./shared/taint.ts";

// Prompts
const classifying = new SystemMessage(
  "Decide which specialist should answer the user's last question, in the light of the conversation. Do not answer it. " +
    "If it fits none, or more than one equally well, your confidence is low.",
);

/** The classifier reads `about`, the specialist `instructions`. It has those of `tools` that are configured, or else all. */
const routes = {
  code: {
    about: "Programs: writing, explaining, correcting or reviewing code, algorithms, commands, software errors.",
    instructions: "You are a programmer. Give code that runs, complete and short, and say what it assumes.",
    tools: ["run_code", "calculator"],
  },
  search: {
    about: "Facts about the world to look up: news, people, places, companies, events, what a web page says.",
    instructions: "You look things up. Search before you answer, name your sources, and say what you could not find.",
    tools: ["search_web", "fetch_page", "current_time"],
  },
  creative: {
    about: "Texts to invent: a story, poem, song, slogan, joke, speech, name or letter.",
    instructions: "You are a writer. Mind the form, the tone and the length that are asked for. Avoid stock phrases.",
    tools: [],
  },
  data: {
    about: "Numbers to work out: arithmetic, statistics, sums and averages, tables, questions to a database.",
    instructions: "You analyse data. Calculate with tools, never in your head. Give the result and how it came about.",
    tools: ["calculator", "query_database", "api__*", "run_code"],
  },
  general: {
    about: "Everything else: conversation, advice, explanations, dates and times, questions about this assistant.",
    instructions: "Answer the user's question helpfully and briefly. Call tools for what they can find out exactly.",
    tools: undefined,
  },
};
type Route = keyof typeof routes;
const names = Object.keys(routes) as Route[];

const question = `I am not sure what kind of help you want. Name one of these, or say more: ${names.join(", ")}.`;
const [mostQuestions, longestAnswer] = [2, 2_000];

// State
const Context = z.object({
  ...ModelContext.shape,
  ...BudgetContext.shape,
  threshold: z.number().min(0).max(1).default(0.6).describe("The confidence below which the user is asked, 0 to 1."),
});
type Context = z.input<typeof Context>;

const Classification = z.object({
  route: z.union(names.map((name) => z.literal(name).describe(routes[name].about))).describe("The specialist."),
  confidence: z.number().min(0).max(1).describe("How sure you are that this specialist is right, 0 to 1."),
});

const State = new StateSchema({
  messages: MessagesValue,
  route: z.enum(names).nullable().default(null),
  confidence: z.number().default(0),
  questions: z.number().default(0).describe("How often the user was asked about this question."),
  tainted: taintState,
  outcome: outcomeState,
});
type Node<Next extends string = never> = GraphNode<typeof State, Context, Next>;

// Nodes
const receive: Node = ({ messages }) => {
  const { refusal } = taskOf(messages);
  return { route: null, confidence: 0, questions: 0, outcome: null, ...(refusal && unanswered(refusal)) };
};

const classify: Node<Route | "ask"> = async (state, runtime) => {
  const model = await chatModel(runtime, "classify");
  const request = [classifying, ...conversation(state.messages)];
  const name = "classification";
  const { route, confidence } = await structured(model, Classification, request, runtime, { name }).catch(unsure);
  const { threshold } = Context.parse(runtime.context ?? {});
  if (confidence >= threshold) return new Command({ goto: route, update: { route, confidence } });
  const goto = state.questions < mostQuestions ? "ask" : "general";
  return new Command({ goto, update: { route: "general", confidence } });
};

/** A classifier that says nothing usable is not sure of anything. */
function unsure(error: unknown): z.infer<typeof Classification> {
  if (error instanceof StructuredOutputError) return { route: "general", confidence: 0 };
  throw error;
}

const ask: Node<Route | "classify"> = ({ questions }) => {
  const answer: unknown = interrupt({ type: "clarification", question, options: names });
  const said = (typeof answer === "string" ? answer : JSON.stringify(answer)).trim().slice(0, longestAnswer);
  const named = chosen(said, names);
  if (named) return new Command({ goto: named, update: { route: named, confidence: 1 } });
  const messages = said === "" ? [] : [new HumanMessage(said)];
  return new Command({ goto: "classify", update: { messages, questions: questions + 1 } });
};

/** The node of a route: the ReAct graph as its subgraph, with the instructions, the tools and the model of the route. */
const specialist =
  (route: Route): Node =>
  async ({ messages, tainted }, runtime) => {
    const { instructions, tools } = routes[route];
    const model = runtime.context?.models?.[route] ?? runtime.context?.model;
    // An object, because LangGraph's type of a context insists on optional settings.
    const config: object = { ...runtime, context: { ...runtime.context, model, instructions, tools } };
    const work = await react.invoke({ messages, tainted }, config);
    return { messages: work.messages, tainted: work.tainted, outcome: work.outcome };
  };

// Graph
export const graph = new StateGraph(State, { context: Context })
  .addNode("receive", receive)
  .addNode("classify", classify, { ends: [...names, "ask"] })
  .addNode("ask", ask, { ends: [...names, "classify"] })
  .addNode("code", specialist("code"))
  .addNode("search", specialist("search"))
  .addNode("creative", specialist("creative"))
  .addNode("data", specialist("data"))
  .addNode("general", specialist("general"))
  .addEdge(START, "receive")
  .addConditionalEdges("receive", unlessEnded("classify"), ["classify", END])
  .addEdge("code", END)
  .addEdge("search", END)
  .addEdge("creative", END)
  .addEdge("data", END)
  .addEdge("general", END)
  .compile({ name: "routing" });
