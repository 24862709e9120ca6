/** The event-driven graph: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import type { BaseMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { afterEach, describe, expect, test } from "vitest";
import { graph } from "../../graphs/event-driven.ts";
import type { Event } from "../../graphs/shared/events.ts";
import { configure } from "../../src/config.ts";
import { calculator } from "../../tools/calculator.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";
import { testRefusals } from "./refusals.ts";

const task = "Greet the guest, and say when the train goes.";
const plan = (...requests: Event[]) => calling(["plan", "plan", JSON.stringify({ requests })]);
const retrieval: Event = { type: "retrieval-requested", what: "When does the train go?" };
const action: Event = { type: "action-requested", what: "Calculate 6 * 7" };
const generation: Event = { type: "generation-requested", what: "A greeting" };
const outside: Event = { type: "outside-awaited", what: "The guest arrives." };
const calculating = calling(["call", "calculator", '{"expression":"6 * 7"}']);
/** Parallel handlers ask in any order, so they are all given the same. */
const done = { content: "Done." };
const answer = { content: "Hello, it goes at noon." };

/** A config with an assistant's context. */
const assistant = (context: object): object => ({ context });
const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));
const answerOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text;
const finished = (what: string, text: string): Event => ({ type: "work-finished", what, text });

describe("With a scripted model, the event-driven graph", () => {
  test("handles retrieval, generation and tool calls in parallel, and joins what comes of them", async () => {
    await using model = await scriptedModel(plan(retrieval, generation, action), done, done, done, answer);
    const course = await path(graph, ask(task));
    expect(course.slice(0, 4)).toEqual(["receive", "dispatch", "plan", "dispatch"]);
    expect(course.slice(4, 7).sort()).toEqual(["act", "generate", "retrieve"]);
    expect(course.slice(7)).toEqual(["dispatch", "answer"]);
    expect(model.requests()[4]?.messages.at(-1)?.content).toBe(
      `Task:\n${task}\n\nFindings:\n- ${retrieval.what}: Done.\n- ${generation.what}: Done.\n- ${action.what}: Done.`,
    );
  });

  test("keeps every event in its log, and adds only the answer to the conversation", async () => {
    await using _ = await scriptedModel(plan(action), calculating, { content: "42." }, answer);
    const state = await graph.invoke(ask(task));
    expect(state.events).toEqual([{ type: "task-received", what: task }, action, finished(action.what, "42.")]);
    expect(state.messages.map(({ text }) => text)).toEqual([task, answer.content]);
    expect(state).toMatchObject({ handled: 3, budget: { steps: 4 }, outcome: { kind: "answered" } });
  });

  test("streams the answer alone", async () => {
    await using _ = await scriptedModel(plan(generation, action), done, done, answer);
    const streamed: string[] = [];
    for await (const [chunk] of await graph.stream(ask(task), { streamMode: "messages" })) streamed.push(chunk.text);
    expect(streamed.join("")).toBe(answer.content);
  });

  test("loses no branch to another one that fails", async () => {
    const failing = { error: { message: "no such model", type: "invalid_request_error" }, status: 404 };
    await using model = await scriptedModel(plan(generation, action), failing, done, answer);
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("answered");
    expect(state.events.map(({ type }) => type).sort()).toEqual([
      "action-requested",
      "generation-requested",
      "task-received",
      "work-failed",
      "work-finished",
    ]);
    const material = String(model.requests().at(-1)?.messages.at(-1)?.content);
    expect(material).toMatch(/not done\. .*no such model/);
    expect(material).toContain(": Done.");
  });

  test("handles events of the input, without a message and beside one", async () => {
    await using _ = await scriptedModel(done, { content: "All went well." });
    const alone = await graph.invoke({ events: [generation] });
    expect(alone.messages.map(({ text }) => text)).toEqual(["All went well."]);
    await using both = await scriptedModel(done, plan(generation), done, answer);
    const state = await graph.invoke({ ...ask(task), events: [generation] });
    expect(state.events.filter(({ type }) => type === "work-finished")).toHaveLength(2);
    expect(both.requests()).toHaveLength(4);
  });

  test("asks the models that the assistant's context names for its nodes", async () => {
    await using model = await scriptedModel(plan(action), done, answer);
    await graph.invoke(ask(task), assistant({ models: { act: "openai:worker", answer: "openai:writer" } }));
    expect(model.requests().map((request) => request.model)).toEqual(["scripted", "worker", "writer"]);
  });

  test("gives retrieval only tools that look things up", async () => {
    calculator.metadata = { effect: "write", taints: false };
    await using model = await scriptedModel(plan(retrieval), done, answer);
    await graph.invoke(ask(task));
    expect(model.requests()[1]?.tools?.map((tool) => tool.function.name)).toEqual(["current_time", "search_documents"]);
  });
});

const { metadata } = calculator;
afterEach(() => {
  calculator.metadata = metadata;
});

describe("The event-driven graph ends in words, and keeps the work that is done,", () => {
  test("where the plan cannot be used", async () => {
    await using model = await scriptedModel({ content: "{" }, { content: "Gladly!" }, { content: "never asked for" });
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("model-failed");
    expect(answerOf(state)).toMatch(/not done.*"plan"/);
    expect(model.requests()).toHaveLength(2);
  });

  test("where 10,000 events come at once", async () => {
    await using model = await scriptedModel({ content: "never asked for" });
    const events = Array.from({ length: 10_000 }, (_, index) => ({ ...generation, what: `Text ${index}` }));
    const state = await graph.invoke({ ...ask(task), events });
    expect(state.outcome).toEqual({ kind: "budget-exceeded", reason: "I stopped here: more than 100 events." });
    expect(answerOf(state)).toBe(state.outcome?.reason);
    expect(model.requests()).toEqual([]);
  });

  test("where work side by side never ends: each piece has its share of the budget, not all of it", async () => {
    await using model = await scriptedModel(plan(action, action), ...Array.from({ length: 20 }, () => calculating));
    const state = await graph.invoke(ask(task), assistant({ budget: { steps: 5 } }));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("5 calls") });
    expect(model.requests()).toHaveLength(5);
  });

  test("where its budget is spent", async () => {
    await using model = await scriptedModel(
      plan(action),
      calculating,
      { content: "42." },
      { content: "never asked for" },
    );
    const state = await graph.invoke(ask(task), assistant({ budget: { steps: 3 } }));
    expect(state.outcome?.kind).toBe("budget-exceeded");
    expect(answerOf(state)).toMatch(/^- Calculate 6 \* 7: 42\.\n\nI stopped here/);
    expect(model.requests()).toHaveLength(3);
  });
});

describe("The event-driven graph refuses, without asking a model,", () => {
  testRefusals(graph);

  test("an event of no known type", async () => {
    const events = [{ type: "world-ended", what: "All" }];
    await expect(graph.invoke({ ...ask(task), events: events as never })).rejects.toThrow(/events/);
  });
});

describe("On a thread, the event-driven graph", () => {
  test.each([
    ["words", "She is here.", []],
    ["further events", { text: "She is here.", events: [generation] }, [finished(generation.what, "Done.")]],
  ])("waits for what happens outside, which comes by resume as %s, also after a restart", async (_, resume, more) => {
    await using model = await scriptedModel(plan(outside, action), done, ...more.map(() => done), answer);
    await using thread = await remembering();
    const course = await path(thread.graph, ask(task), onThread("one"));
    expect(course.slice(4).sort()).toEqual(["__interrupt__", "act"]);
    await thread.restart();
    await path(thread.graph, new Command({ resume }), onThread("one"));
    const { values } = await thread.graph.getState(onThread("one"));
    expect(values.events.slice(3)).toEqual(
      expect.arrayContaining([finished(action.what, "Done."), finished(outside.what, "She is here."), ...more]),
    );
    expect(values.outcome).toEqual({ kind: "answered", reason: "" });
    expect(model.requests()).toHaveLength(3 + more.length);
  });

  test.each([
    ["an event that is none", { events: [{ type: "world-ended" }] }, "events[0].type"],
    ["an answer without a word", " ", "neither text nor events"],
    ["an empty object", {}, "neither text nor events"],
  ])("asks again for %s", async (_, resume, problem) => {
    await using _model = await scriptedModel(plan(outside), answer);
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    expect(await path(thread.graph, new Command({ resume }), onThread("one"))).toEqual(["__interrupt__"]);
    const { tasks } = await thread.graph.getState(onThread("one"));
    expect(tasks[0]?.interrupts[0]?.value).toMatchObject({ problem: expect.stringContaining(problem) });
    const state = await thread.graph.invoke(new Command({ resume: "She is here." }), onThread("one"));
    expect(state.outcome?.kind).toBe("answered");
  });

  test("goes on after a restart with the events that are pending", async () => {
    await using model = await scriptedModel(plan(action), done, answer);
    await using thread = await remembering();
    await path(thread.graph, ask(task), onThread("one", { interruptAfter: ["plan"] }));
    await thread.restart();
    expect(await path(thread.graph, null, onThread("one"))).toEqual(["dispatch", "act", "dispatch", "answer"]);
    expect(model.requests()).toHaveLength(3);
  });

  test("goes on from a log that a human has added to, and leaves the first course as it was", async () => {
    await using _ = await scriptedModel(plan(action), done, answer, done, done, { content: "Both." });
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    // receive, dispatch, plan, dispatch, act, dispatch, answer; and two of the input.
    expect(states).toHaveLength(9);
    const planned = states.find(({ values }) => values.events.length === 2 && values.handled === 1);
    const fork = await thread.graph.updateState(planned?.config ?? {}, { events: [generation] }, "plan");
    const state = await thread.graph.invoke(null, fork);
    expect(state.events.filter(({ type }) => type === "work-finished")).toHaveLength(2);
    expect(answerOf(state)).toBe("Both.");
    expect(answerOf((await thread.graph.getState(states[0]?.config ?? {})).values)).toBe(answer.content);
  });

  test("begins each message, and each input of events, anew", async () => {
    await using _ = await scriptedModel(plan(action), done, answer, done, { content: "More." });
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const state = await thread.graph.invoke({ events: [generation] }, onThread("one"));
    expect(state.events).toEqual([generation, finished(generation.what, "Done.")]);
    expect(state.budget.steps).toBe(2);
    expect(answerOf(state)).toBe("More.");
  });
});

describe("With the offline model, the event-driven graph", () => {
  test("ends, with what its tools found", async () => {
    configure(noModel);
    const state = await graph.invoke(ask("What is 14 * 3? And what time is it in Tokyo?"));
    expect(state.outcome?.kind).toBe("answered");
    expect(answerOf(state)).toContain("42");
  });
});
