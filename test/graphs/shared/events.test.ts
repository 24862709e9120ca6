/** Events as any graph may use them: failures that are events, waiting for outside, and what it all came to. */
import { Command, END, interrupt, MemorySaver, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { budgetState } from "../../../graphs/shared/budget.ts";
import { awaitOutside, type Event, eventsState, handler, resultsOf } from "../../../graphs/shared/events.ts";

const State = new StateSchema({ events: eventsState, budget: budgetState });
const config = { configurable: { thread_id: "one" } };

/** A graph of one handler, which gets the log's first event. */
const handling = (handle: Parameters<typeof handler>[0]) => {
  const node = handler(handle);
  return new StateGraph(State, { context: z.object({}) })
    .addNode("handle", ({ events: [event], budget }, runtime) => {
      if (!event) throw new Error("The log is empty.");
      return node({ event, tainted: [], among: 1, budget }, runtime);
    })
    .addEdge(START, "handle")
    .addEdge("handle", END)
    .compile({ checkpointer: new MemorySaver() });
};
const asked: Event = { type: "action-requested", what: "Bake a cake" };

describe("A handler", () => {
  test("adds the events that follow to the log", async () => {
    const done: Event = { type: "work-finished", what: asked.what, text: "Baked." };
    const { events } = await handling(async () => ({ events: [done] })).invoke({ events: [asked] }, config);
    expect(events).toEqual([asked, done]);
  });

  test("makes an event of what it throws", async () => {
    const failing = handling(async () => {
      throw new Error("There is no flour.");
    });
    const { events } = await failing.invoke({ events: [asked] }, config);
    expect(events[1]).toEqual({ type: "work-failed", what: asked.what, text: "There is no flour." });
  });

  test("lets an interrupt pass", async () => {
    const waiting = handling(async () => ({
      events: [{ type: "work-finished", what: "It", text: interrupt("How?") }],
    }));
    expect(await waiting.invoke({ events: [asked] }, config)).toMatchObject({ __interrupt__: [{ value: "How?" }] });
    const { events } = await waiting.invoke(new Command({ resume: "Well." }), config);
    expect(events[1]).toMatchObject({ type: "work-finished", text: "Well." });
  });

  test("ends with its run when that is aborted", async () => {
    const cancel = new AbortController();
    const endless = handling(async () => {
      cancel.abort(new Error("enough"));
      throw new Error("aborted");
    });
    await expect(endless.invoke({ events: [asked] }, { ...config, signal: cancel.signal })).rejects.toThrow();
  });
});

describe("Waiting for something outside", () => {
  const waiting = () => handling(async () => ({ events: awaitOutside("The post comes.") }));
  const ended = (text: string) => ({ type: "work-finished", what: "The post comes.", text });
  const letter: Event = { type: "action-requested", what: "Open the letter" };

  test.each([
    ["words", "It came.", [ended("It came.")]],
    ["words and events", { text: "It came.", events: [letter] }, [letter, ended("It came.")]],
    ["events alone", { events: [letter] }, [letter, ended("It happened.")]],
  ])("ends with %s", async (_, resume, expected) => {
    const graph = waiting();
    expect(await graph.invoke({ events: [asked] }, config)).toMatchObject({
      __interrupt__: [{ value: { type: "outside-event", question: expect.stringContaining("The post comes.") } }],
    });
    const { events } = await graph.invoke(new Command({ resume }), config);
    expect(events.slice(1)).toEqual(expected);
  });

  test.each([
    ["nothing", {}, "neither text nor events"],
    ["an event of no known type", { events: [{ type: "world-ended", what: "All" }] }, "events[0].type"],
    ["a number", 7, "expected object"],
  ])("goes on after %s, and says what was wrong", async (_, resume, problem) => {
    const graph = waiting();
    await graph.invoke({ events: [asked] }, config);
    expect(await graph.invoke(new Command({ resume }), config)).toMatchObject({
      __interrupt__: [{ value: { problem: expect.stringContaining(problem) } }],
    });
  });
});

test("Results are what has ended, a line for each", () => {
  const log: Event[] = [
    asked,
    { type: "work-finished", what: "A cake", text: "Baked." },
    { type: "work-failed", what: "Tea", text: "No water." },
  ];
  expect(resultsOf(log)).toBe("- A cake: Baked.\n- Tea: not done. No water.");
  expect(resultsOf([])).toBe("");
});
