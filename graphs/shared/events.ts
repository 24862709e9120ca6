/** Events in a graph's state: a log of what happened, and handlers whose own failure is an event too. */
import { interrupt, isGraphBubbleUp, type LangGraphRunnableConfig, ReducedValue } from "@langchain/langgraph";
import { z } from "zod";
import { type Budget, type BudgetContext, meter } from "./budget.ts";

const work = [
  z.literal("retrieval-requested").describe("Look up or find out a fact: a person, place, event, date, time, page."),
  z.literal("action-requested").describe("Calculate a number, or act with a tool: send, book, change, run."),
  z.literal("generation-requested").describe("Write a text: a note, letter, message, poem, story, summary."),
  z.literal("outside-awaited").describe("Wait until others have done something: a payment, delivery, approval, reply."),
] as const;

/** Work that is asked for; each type is done by a handler of its own. */
export const Request = z.object({
  type: z.union(work).describe("What kind of work it is."),
  what: z.string().min(1).max(2_000).describe("What is to be done, in words that stand alone."),
});

/** `what` it is about, and, of work that has ended, the `text` of what came of it or why it failed. */
export const Event = z.object({
  type: z.union([...work, z.enum(["task-received", "work-finished", "work-failed"])]),
  what: z.string().min(1),
  text: z.string().max(50_000).optional(),
});
export type Event = z.infer<typeof Event>;

/** What resumes a run that waits for something outside: what came of it in words, or further events, or both. */
const Arrival = z.preprocess(
  (said) => (typeof said === "string" ? { text: said } : said),
  z
    .object({ text: Event.shape.text, events: z.array(Event).max(20).default([]) })
    .refine(({ text, events }) => text?.trim() || events.length > 0, "neither text nor events"),
);

const Log = z.array(Event);

/** The state field: events are appended. */
export const eventsState = new ReducedValue(Log.default([]), {
  inputSchema: Log,
  reducer: (log, more) => [...log, ...more],
});

/** What a handler is sent: its event, the thread's taint, and the budget that so many (`among`) begin to work on. */
export interface Occasion {
  readonly event: Event;
  readonly tainted: string[];
  readonly budget: Budget;
  readonly among: number;
}

type Done = {
  readonly events: Event[];
  readonly tainted?: string[];
  readonly budget?: Occasion["budget"] | ReturnType<ReturnType<typeof meter>["spent"]>;
};

/**
 * A node that handles an event. What it throws becomes the event "work-failed", so that one failing branch takes no
 * other with it; interrupts and the abort of the run pass.
 * @param handle gives the events that follow, and what it spent, unless all its calls are made with its `runtime`
 */
export function handler<Context extends BudgetContext>(
  handle: (occasion: Occasion, runtime: LangGraphRunnableConfig<Context>) => Promise<Done>,
) {
  return async (occasion: Occasion, runtime: LangGraphRunnableConfig<Context>): Promise<Done> => {
    const { config, spent } = meter(occasion, runtime);
    try {
      const done = await handle(occasion, config);
      return { budget: spent(), ...done };
    } catch (error) {
      if (isGraphBubbleUp(error) || runtime.signal?.aborted) throw error;
      const text = error instanceof Error ? error.message : String(error);
      return { budget: spent(), events: [{ type: "work-failed", what: occasion.event.what, text }] };
    }
  };
}

/**
 * The events that come from outside, the end of what was awaited among them. Anything else is asked for again.
 * @throws LangGraph's interrupt, until the run is resumed with words or `{ text?, events? }`
 */
export function awaitOutside(what: string): Event[] {
  const question = `What came of this: ${what} Answer in words, or with { text, events: [{ type, what }] }.`;
  for (let problem: string | undefined; ; ) {
    const { data, error } = Arrival.safeParse(interrupt({ type: "outside-event", question, problem }));
    if (data) return [...data.events, { type: "work-finished", what, text: data.text?.trim() || "It happened." }];
    problem = z.prettifyError(error);
  }
}

/** What the work that has ended came to: a line for each piece. */
export function resultsOf(events: readonly Event[]): string {
  const lines = events.flatMap(({ type, what, text }) => {
    if (type === "work-finished") return [`- ${what}: ${text}`];
    return type === "work-failed" ? [`- ${what}: not done. ${text}`] : [];
  });
  return lines.join("\n");
}
