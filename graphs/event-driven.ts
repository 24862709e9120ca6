/**
 * Event-driven: whatever happens is an event in the state's log, each type of event has a node that handles it, and
 * handlers emit further events. All that is pending is handled in parallel; events from outside come by resume.
 *
 *   START ─▶ receive ─▶ dispatch ─▶ answer ─▶ END
 *                        ▲    │ one task for each event
 *                        └─── plan · retrieve · act · generate · listen
 */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import {
  Command,
  END,
  type GraphNode,
  MessagesValue,
  Overwrite,
  Send,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { z } from "zod";
import { chatModel } from "../src/llm/chat-model.ts";
import { ModelContext } from "../src/llm/context.ts";
import { BudgetContext, exceeded, meter } from "./shared/budget.ts";
import { awaitOutside, type Event, eventsState, handler, type Occasion, Request, resultsOf } from "./shared/events.ts";
import { lastTask, taskOf } from "./shared/messages.ts";
import { answered, outcomeState, unanswered, unlessEnded } from "./shared/outcome.ts";
import { quietly, structured } from "./shared/structured.ts";
import { readingTools, work, workers, workState } from "./shared/worker.ts";

// Prompts
const planning = new SystemMessage("Name the pieces of work that the user's task needs. They are done in parallel.");
const retrieving = "Look up what is asked with tools, and say what you found and where.";
const acting = "Do what is asked with tools, and say what came of it.";
const generating = new SystemMessage("Write what is asked, and nothing else.");
const answering = new SystemMessage("Answer the user's task from the findings alone. Say what is missing in them.");

// State
/** Of one task. */
const mostEvents = 100;

const Plan = z.object({ requests: z.array(Request).min(1).max(8).describe("The pieces of work.") });
const State = new StateSchema({
  messages: MessagesValue,
  events: eventsState,
  handled: z.number().default(0).describe("How many of the events were given to their handlers."),
  task: z.string().default("").describe("The id of the message that is worked on."),
  ...workState,
  outcome: outcomeState,
});
const Context = z.object({ ...ModelContext.shape, ...BudgetContext.shape });
type Context = z.infer<typeof Context>;

// Nodes
/** Begins a log with the events of the input, and with the last message, unless that was worked on before. */
const receive: GraphNode<typeof State, Context> = (state, runtime) => {
  const { messages, events, handled, task } = state;
  const waiting = events.slice(handled);
  const id = lastTask(messages)?.id ?? "";
  // A budget of its own, also where only events came, and the message was worked on before.
  const budget = new Overwrite({ ...meter(state, runtime).spent(), seconds: 0 });
  const clean = { handled: 0, task: id, budget, outcome: null };
  if (id === task && waiting.length > 0) return { ...clean, events: new Overwrite(waiting) };
  const { text, refusal } = taskOf(messages);
  if (refusal) return { ...clean, events: new Overwrite([]), ...unanswered(refusal) };
  return { ...clean, events: new Overwrite([...waiting, { type: "task-received", what: text }]) };
};

const dispatch: GraphNode<typeof State, Context, string> = (state, runtime) => {
  const { events, tainted, budget } = state;
  const handled = events.length;
  const tooMany = { kind: "budget-exceeded" as const, reason: `I stopped here: more than ${mostEvents} events.` };
  const over = handled > mostEvents ? tooMany : exceeded(state, runtime);
  if (over)
    return new Command({ goto: END, update: { handled, ...unanswered(over, resultsOf(events.slice(0, mostEvents))) } });
  const pending = events.slice(state.handled).flatMap((event) => {
    const node = handlers[event.type];
    return node ? [{ node, event }] : [];
  });
  const among = pending.length;
  const sends = pending.map(({ node, event }) => new Send(node, { event, tainted, budget, among } satisfies Occasion));
  return new Command({ goto: sends.length > 0 ? sends : "answer", update: { handled } });
};

const plan = handler<Context>(async ({ event }, runtime) => {
  const request = [planning, new HumanMessage(event.what)];
  const { requests } = await structured(await chatModel(runtime, "plan"), Plan, request, runtime, { name: "plan" });
  return { events: requests };
});

const retrieve = handler<Context>(async ({ event: { what }, ...shared }, runtime) => {
  const job = { brief: [what], instructions: retrieving, tools: await readingTools(), node: "retrieve" };
  return finished(what, await work(shared, runtime, job));
});

const act = handler<Context>(async ({ event: { what }, ...shared }, runtime) =>
  finished(what, await work(shared, runtime, { brief: [what], instructions: acting, node: "act" })),
);

const generate = handler<Context>(async ({ event: { what } }, runtime) => {
  const model = await chatModel(runtime, "generate");
  const { text } = await model.invoke([generating, new HumanMessage(what)], quietly(runtime));
  return { events: [{ type: "work-finished", what, text }] };
});

/** Waits for something outside, by an interrupt; the other branches are not held up. */
const listen = ({ event: { what } }: Occasion) => ({ events: awaitOutside(what) });

const answer: GraphNode<typeof State, Context> = async ({ events, messages, budget }, runtime) => {
  const nothing = { kind: "model-failed" as const, reason: "Nothing of what the task needs could be done." };
  if (!events.some(({ type }) => type === "work-finished")) return unanswered(nothing, resultsOf(events));
  const { config, spent } = meter({ messages, budget }, runtime);
  const model = await chatModel(runtime, "answer");
  const material = `Task:\n${taskOf(messages).text ?? "Say what happened."}\n\nFindings:\n${resultsOf(events)}`;
  const reply = await model.invoke([answering, new HumanMessage(material)], config);
  return { ...answered(reply, resultsOf(events)), budget: spent() };
};

const finished = (what: string, { result, ...update }: Awaited<ReturnType<typeof work>>) => ({
  events: [{ type: "work-finished" as const, what, text: result }],
  ...update,
});

// Edges
/** The node that handles each type of event; work that has ended only has to be joined. */
const handlers: Partial<Record<Event["type"], string>> = {
  "task-received": "plan",
  "retrieval-requested": "retrieve",
  "action-requested": "act",
  "generation-requested": "generate",
  "outside-awaited": "listen",
};

// Graph
export const graph = new StateGraph(State, { context: Context })
  .addNode("receive", receive)
  .addNode("dispatch", dispatch, { ends: ["plan", "retrieve", "act", "generate", "listen", "answer", END] })
  .addNode("plan", plan)
  .addNode("retrieve", retrieve, workers)
  .addNode("act", act, workers)
  .addNode("generate", generate)
  .addNode("listen", listen)
  .addNode("answer", answer)
  .addEdge(START, "receive")
  .addConditionalEdges("receive", unlessEnded("dispatch"), ["dispatch", END])
  .addEdge("plan", "dispatch")
  .addEdge("retrieve", "dispatch")
  .addEdge("act", "dispatch")
  .addEdge("generate", "dispatch")
  .addEdge("listen", "dispatch")
  .addEdge("answer", END)
  .compile({ name: "event-driven" });
