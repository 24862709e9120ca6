/** The orchestrator: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import type { BaseMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { afterEach, describe, expect, test } from "vitest";
import { graph } from "../../graphs/orchestrator.ts";
import { configure } from "../../src/config.ts";
import { calculator } from "../../tools/calculator.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";
import { testRefusals } from "./refusals.ts";

const task = "Which is warmer, Oslo or Rome?";
const plan = (...questions: string[]) => calling(["plan", "plan", JSON.stringify({ questions })]);
const verdict = (accepted: boolean, feedback = "", ...questions: string[]) =>
  calling(["verdict", "verdict", JSON.stringify({ accepted, feedback, questions })]);
const calculating = calling(["call", "calculator", '{"expression":"20 - 5"}']);
const report = { content: "It has so many degrees." };
const result = { content: "Rome, by 15 degrees." };

const wholeCourse = [plan("How warm is Oslo?", "How warm is Rome?"), report, report, result, verdict(true)];
const wholePath = ["plan", "research", "research", "execute", "criticise"];

/** A config with an assistant's context. */
const assistant = (context: object): object => ({ context });
const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));
const answerOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text;

describe("With a scripted model, the orchestrator", () => {
  test("plans, researches in parallel, executes from the reports, and delivers what the critic accepts", async () => {
    await using model = await scriptedModel(...wholeCourse);
    expect(await path(graph, ask(task))).toEqual(wholePath);
    const asked = model.requests().map(({ messages }) => messages.slice(1).map(({ content }) => content));
    expect(asked.slice(1, 3).sort()).toEqual([
      [`The team's task: ${task}`, "How warm is Oslo?"],
      [`The team's task: ${task}`, "How warm is Rome?"],
    ]);
    expect(asked[3]).toEqual([
      'The planner, round 1, on "The plan.":\nHow warm is Oslo?\nHow warm is Rome?',
      'The researcher, round 1, on "How warm is Oslo?":\nIt has so many degrees.',
      'The researcher, round 1, on "How warm is Rome?":\nIt has so many degrees.',
      task,
    ]);
    expect(asked[4]?.[0]).toMatch(/^Task:\nWhich is warmer.*Result:\nRome, by 15 degrees\.$/s);
  });

  test("keeps who said what, and adds only the result to the conversation", async () => {
    await using _ = await scriptedModel(...wholeCourse);
    const state = await graph.invoke(ask(task));
    expect(state.messages.map(({ text }) => text)).toEqual([task, result.content]);
    expect(state.outcome).toEqual({ kind: "answered", reason: "" });
    expect(state.contributions.map(({ author, round, text }) => [author, round, text])).toEqual([
      ["planner", 1, "How warm is Oslo?\nHow warm is Rome?"],
      ["researcher", 1, report.content],
      ["researcher", 1, report.content],
      ["executor", 1, result.content],
      ["critic", 1, "Accepted."],
    ]);
    expect(state.budget.steps).toBe(5);
    expect(state.judgements).toEqual([
      { name: "critic: accepted", value: true },
      { name: "critic: rounds", value: 1 },
    ]);
  });

  test("streams nothing to the user but the result that the critic has accepted", async () => {
    await using _ = await scriptedModel(...wholeCourse);
    const streamed: string[] = [];
    for await (const [chunk] of await graph.stream(ask(task), { streamMode: "messages" })) streamed.push(chunk.text);
    expect(streamed.join("")).toBe(result.content);
  });

  test("sends work back to the executor, or to research first, as the critic says", async () => {
    await using model = await scriptedModel(
      plan(),
      { content: "Oslo." },
      verdict(false, "Give the difference."),
      { content: "Oslo, by 15." },
      verdict(false, "That is wrong.", "How warm is Rome?"),
      report,
      result,
      verdict(true),
    );
    const course = ["plan", "execute", "criticise", "execute", "criticise", "research", "execute", "criticise"];
    expect(await path(graph, ask(task))).toEqual(course);
    const heard = model.requests()[6]?.messages.map(({ content }) => content);
    expect(heard).toContain('The critic, round 1, on "The result.":\nGive the difference.');
    expect(heard).toContain('The researcher, round 3, on "How warm is Rome?":\nIt has so many degrees.');
  });

  test("gives researchers only tools that look things up, and the executor all", async () => {
    calculator.metadata = { effect: "write", taints: false };
    await using model = await scriptedModel(plan("How warm is Oslo?"), report, result, verdict(true));
    await graph.invoke(ask(task));
    const tools = model.requests().map((request) => request.tools?.map((tool) => tool.function.name));
    expect(tools.slice(1, 3)).toEqual([
      ["current_time", "search_documents"],
      ["calculator", "current_time", "search_documents"],
    ]);
  });

  test("asks the models that the assistant's context names for its members", async () => {
    await using model = await scriptedModel(plan("How warm is Oslo?"), report, result, verdict(true));
    const models = { research: "openai:quick", criticise: "openai:strict" };
    await graph.invoke(ask(task), assistant({ models }));
    expect(model.requests().map((request) => request.model)).toEqual(["scripted", "quick", "scripted", "strict"]);
  });
});

describe("The orchestrator ends in words, and keeps the work that is done,", () => {
  test("where the plan cannot be used", async () => {
    await using _ = await scriptedModel({ content: "{plan" }, { content: "Let us begin!" });
    const state = await graph.invoke(ask(task));
    expect(state.outcome).toMatchObject({ kind: "model-failed", reason: expect.stringContaining('"plan"') });
    expect(answerOf(state)).toBe(state.outcome?.reason);
  });

  test("where 10,000 questions would be researched at once", async () => {
    const wide = plan(...Array.from({ length: 10_000 }, (_, index) => `Question ${index}`));
    await using model = await scriptedModel(wide, wide);
    expect((await graph.invoke(ask(task))).outcome?.kind).toBe("model-failed");
    expect(model.requests()[1]?.messages.at(-1)?.content).toMatch(/<=5 items/);
  });

  test("where the critic is never content", async () => {
    const round = [result, verdict(false, "I expected more.")];
    await using model = await scriptedModel(plan(), ...round, ...round, ...round, { content: "never asked for" });
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("gate-failed");
    expect(answerOf(state)).toBe(`${result.content}\n\nThe critic was not content after 3 rounds: I expected more.`);
    expect(model.requests()).toHaveLength(7);
    expect(state.judgements).toEqual([
      { name: "critic: accepted", value: false, comment: "I expected more." },
      { name: "critic: rounds", value: 3 },
    ]);
  });

  test("where the critic cannot be understood", async () => {
    await using _ = await scriptedModel(plan(), result, { content: "Hm." }, { content: "Well." });
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("model-failed");
    expect(answerOf(state)).toContain(result.content);
  });

  test("where the budget is spent", async () => {
    await using model = await scriptedModel(plan("How warm is Oslo?"), report, { content: "never asked for" });
    const state = await graph.invoke(ask(task), assistant({ budget: { steps: 2 } }));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("2 calls") });
    expect(answerOf(state)).toContain(report.content);
    expect(model.requests()).toHaveLength(2);
  });

  test("where researchers side by side never end: each has its share of the budget, not all of it", async () => {
    await using model = await scriptedModel(plan("Oslo?", "Rome?"), ...Array.from({ length: 20 }, () => calculating));
    const state = await graph.invoke(ask(task), assistant({ budget: { steps: 5 } }));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("5 calls") });
    expect(model.requests()).toHaveLength(5);
  });
});

describe("The orchestrator refuses, without asking a model,", () => {
  testRefusals(graph);
});

const { metadata } = calculator;
afterEach(() => {
  calculator.metadata = metadata;
});

describe("On a thread, the orchestrator", () => {
  test("goes on after a restart with the member that it was stopped at", async () => {
    await using model = await scriptedModel(...wholeCourse);
    await using thread = await remembering();
    await path(thread.graph, ask(task), onThread("one", { interruptAfter: ["research"] }));
    await thread.restart();
    expect((await thread.graph.getState(onThread("one"))).next).toEqual(["execute"]);
    expect(await path(thread.graph, null, onThread("one"))).toEqual(["execute", "criticise"]);
    expect(model.requests()).toHaveLength(5);
  });

  test("goes on inside the executor, which waits for an approval, after a restart", async () => {
    calculator.metadata = { effect: "external", taints: false };
    await using model = await scriptedModel(plan(), calculating, result, verdict(true));
    await using thread = await remembering();
    expect(await path(thread.graph, ask(task), onThread("one"))).toEqual(["plan", "__interrupt__"]);
    await thread.restart();
    expect(await path(thread.graph, new Command({ resume: "yes" }), onThread("one"))).toEqual(["execute", "criticise"]);
    expect((await thread.graph.getState(onThread("one"))).values).toMatchObject({ budget: { steps: 4 } });
    expect(model.requests()[2]?.messages.at(-1)).toMatchObject({ role: "tool", content: "15" });
  });

  test("goes on from a result that a human has corrected, and leaves the first course as it was", async () => {
    await using model = await scriptedModel(...wholeCourse, verdict(true));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    // Research is one superstep, and the input has two checkpoints.
    expect(states).toHaveLength(new Set(wholePath).size + 2);
    const executed = states.find(({ next }) => next[0] === "criticise");
    const corrected = { author: "executor", round: 1, task: "The result.", text: "Rome, by 20 degrees." };
    const fork = await thread.graph.updateState(executed?.config ?? {}, { contributions: [corrected] }, "execute");
    expect(answerOf(await thread.graph.invoke(null, fork))).toBe(corrected.text);
    expect(model.requests().at(-1)?.messages.at(-1)?.content).toContain("Result:\nRome, by 20 degrees.");
    expect(answerOf((await thread.graph.getState(states[0]?.config ?? {})).values)).toBe(result.content);
  });

  test("begins each task anew", async () => {
    await using _ = await scriptedModel(...wholeCourse, plan(), { content: "Tokyo." }, verdict(true));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const state = await thread.graph.invoke(ask("And of Tokyo and Oslo?"), onThread("one"));
    expect(state.contributions.map(({ author }) => author)).toEqual(["planner", "executor", "critic"]);
    expect(answerOf(state)).toBe("Tokyo.");
  });
});

describe("With the offline model, the orchestrator", () => {
  test("makes a result from what its tools find", async () => {
    configure(noModel);
    const state = await graph.invoke(ask("What is 14 * 3? And what time is it in Tokyo?"));
    expect(["answered", "gate-failed"]).toContain(state.outcome?.kind);
    expect(answerOf(state)).toContain("14 * 3 = 42");
    expect(answerOf(state)).toContain("Asia/Tokyo");
  });
});
