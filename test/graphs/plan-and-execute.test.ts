/** Plan and execute: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import type { BaseMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { afterEach, describe, expect, test } from "vitest";
import { graph } from "../../graphs/plan-and-execute.ts";
import { configure } from "../../src/config.ts";
import { calculator } from "../../tools/calculator.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";
import { testRefusals } from "./refusals.ts";

const task = "What is 6 * 7, and is it more than 40?";
const plan = (...steps: string[]) => calling(["plan", "plan", JSON.stringify({ steps })]);
const reflection = (done: boolean, ...steps: string[]) =>
  calling(["reflection", "reflection", JSON.stringify({ done, steps })]);
const calculating = (expression: string) => calling(["call", "calculator", JSON.stringify({ expression })]);
const answer = { content: "It is 42, which is more than 40." };

/** Two steps: the first with a tool, the second from the first one's finding. */
const wholeCourse = [
  plan("Calculate 6 * 7", "Compare it with 40"),
  calculating("6 * 7"),
  { content: "42" },
  reflection(false, "Compare it with 40"),
  { content: "42 is more than 40." },
  reflection(true),
  answer,
];
const wholePath = ["plan", "review", "execute", "reflect", "execute", "reflect", "answer"];

/** A config with an assistant's context. */
const assistant = (context: object): object => ({ context });
const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));
const answerOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text;

describe("With a scripted model, plan and execute", () => {
  test("plans, executes each step with the findings before it, and answers from all", async () => {
    await using model = await scriptedModel(...wholeCourse);
    expect(await path(graph, ask(task))).toEqual(wholePath);
    const asked = model.requests().map(({ messages }) => messages.slice(1).map(({ content }) => content));
    expect(asked[0]).toEqual([task]);
    expect(asked[1]).toEqual([`Task: ${task}`, "Findings so far:\nNone.", "Calculate 6 * 7"]);
    expect(asked[4]).toEqual([`Task: ${task}`, "Findings so far:\n1. Calculate 6 * 7: 42", "Compare it with 40"]);
    expect(asked[6]?.at(-1)).toContain("1. Calculate 6 * 7: 42\n2. Compare it with 40: 42 is more than 40.");
  });

  test("keeps its steps and findings in the state, and only the answer in the conversation", async () => {
    await using _ = await scriptedModel(...wholeCourse);
    const state = await graph.invoke(ask(task));
    expect(state.messages.map(({ text }) => text)).toEqual([task, answer.content]);
    expect(state).toMatchObject({
      steps: [],
      findings: [
        { step: "Calculate 6 * 7", result: "42" },
        { step: "Compare it with 40", result: "42 is more than 40." },
      ],
      outcome: { kind: "answered" },
      budget: { steps: 7 },
      judgements: [{ name: "critic: done", value: true }],
    });
  });

  test("streams the answer alone, and its progress as custom events", async () => {
    await using _ = await scriptedModel(...wholeCourse);
    const [streamed, events]: [string[], unknown[]] = [[], []];
    for await (const [mode, chunk] of await graph.stream(ask(task), { streamMode: ["messages", "custom"] })) {
      if (mode === "custom") events.push(chunk);
      else streamed.push(chunk[0].text);
    }
    expect(streamed.join("")).toBe(answer.content);
    expect(events).toEqual([
      { type: "step-started", number: 1, step: "Calculate 6 * 7" },
      { type: "step-finished", number: 1, step: "Calculate 6 * 7", result: "42" },
      { type: "step-started", number: 2, step: "Compare it with 40" },
      { type: "step-finished", number: 2, step: "Compare it with 40", result: "42 is more than 40." },
    ]);
  });

  test("ends early when the reflection finds the task done", async () => {
    await using _ = await scriptedModel(plan("One", "Two"), { content: "All." }, reflection(true, "Two"), answer);
    expect(await path(graph, ask(task))).toEqual(["plan", "review", "execute", "reflect", "answer"]);
  });

  test("goes on with steps that the reflection adds", async () => {
    const more = [reflection(false, "Another"), { content: "Enough." }, reflection(true)];
    await using _ = await scriptedModel(plan("One"), { content: "Not enough." }, ...more, answer);
    expect((await graph.invoke(ask(task))).findings.map(({ step }) => step)).toEqual(["One", "Another"]);
  });

  test("goes on with its plan when a reflection cannot be used", async () => {
    const garbage = { content: "{done" };
    await using _ = await scriptedModel(
      plan("One", "Two"),
      { content: "1" },
      garbage,
      garbage,
      { content: "2" },
      reflection(true),
      answer,
    );
    expect((await graph.invoke(ask(task))).findings.map(({ step }) => step)).toEqual(["One", "Two"]);
  });

  test("asks the models that the assistant's context names for its nodes", async () => {
    await using model = await scriptedModel(plan("One"), { content: "1" }, reflection(true), answer);
    const models = { plan: "openai:planner", execute: "openai:worker", answer: "openai:writer" };
    await graph.invoke(ask(task), assistant({ models }));
    expect(model.requests().map((request) => request.model)).toEqual(["planner", "worker", "scripted", "writer"]);
  });
});

describe("Plan and execute ends in words, and keeps the work that is done,", () => {
  test("where the plan cannot be used", async () => {
    await using model = await scriptedModel({ content: "Let me think." }, { content: "I shall." }, answer);
    const state = await graph.invoke(ask(task));
    expect(state.outcome).toMatchObject({ kind: "model-failed", reason: expect.stringContaining('"plan"') });
    expect(answerOf(state)).toBe(state.outcome?.reason);
    expect(model.requests()).toHaveLength(2);
  });

  test("where a plan has 1,000 steps", async () => {
    const long = plan(...Array.from({ length: 1_000 }, (_, index) => `Step ${index}`));
    await using model = await scriptedModel(long, long);
    expect((await graph.invoke(ask(task))).outcome).toMatchObject({ kind: "model-failed" });
    expect(model.requests()[1]?.messages.at(-1)?.content).toMatch(/<=10 items/);
  });

  test("where the work never ends", async () => {
    const round = (number: number) => [{ content: `Result ${number}` }, reflection(false, `Step ${number + 1}`)];
    const rounds = Array.from({ length: 10 }, (_, index) => round(index + 1)).flat();
    await using model = await scriptedModel(plan("Step 1"), ...rounds, { content: "never asked for" });
    const state = await graph.invoke(ask(task));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("10 steps") });
    expect(answerOf(state)).toMatch(/^1\. Step 1: Result 1\n.*10\. Step 10: Result 10\n\nI stopped here/s);
    expect(model.requests()).toHaveLength(21);
    expect(state.judgements).toEqual([{ name: "critic: done", value: false }]);
  });

  test("where its budget is spent inside a worker", async () => {
    await using model = await scriptedModel(plan("Calculate", "Compare"), calculating("6 * 7"), calculating("7 * 6"), {
      content: "never asked for",
    });
    const state = await graph.invoke(ask(task), assistant({ budget: { steps: 3 } }));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("3 calls") });
    expect(answerOf(state)).toContain("1. Calculate: calculator: 42\ncalculator: 42");
    expect(model.requests()).toHaveLength(3);
  });
});

describe("Plan and execute refuses, without asking a model,", () => {
  testRefusals(graph);
});

describe("Where the assistant wants its plans reviewed, plan and execute", () => {
  const reviewed = (thread_id: string) => onThread(thread_id, assistant({ review_plan: true }));
  const rest = [{ content: "1" }, reflection(true), answer];

  test.each([
    ["executes the plan when it is approved", "Yes, please.", ["One", "Two"]],
    ["executes the plan when it is approved by a button", true, ["One", "Two"]],
    ["executes the plan that it is given instead", { steps: ["Another"] }, ["Another"]],
  ])("%s, also after a restart", async (_, resume, executed) => {
    await using model = await scriptedModel(plan("One", "Two"), ...rest);
    await using thread = await remembering();
    expect(await path(thread.graph, ask(task), reviewed("one"))).toEqual(["plan", "__interrupt__"]);
    const { tasks } = await thread.graph.getState(onThread("one"));
    expect(tasks[0]?.interrupts[0]?.value).toMatchObject({ type: "plan-review", steps: ["One", "Two"] });
    await thread.restart();
    const course = await path(thread.graph, new Command({ resume }), reviewed("one"));
    expect(course).toEqual(["review", "execute", "reflect", "answer"]);
    expect(model.requests()[1]?.messages.at(-1)?.content).toBe(executed[0]);
  });

  test.each(["No!", false, { approve: false }])("does nothing when it is answered %j", async (resume) => {
    await using model = await scriptedModel(plan("One"));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), reviewed("one"));
    const state = await thread.graph.invoke(new Command({ resume }), reviewed("one"));
    expect(state.outcome).toMatchObject({ kind: "refused" });
    expect(model.requests()).toHaveLength(1);
  });

  test.each([
    ["neither yes nor no", "Which train, though?"],
    ["an empty object", {}],
    ["a refusal with a slip", { aprove: false }],
    ["an empty plan", { steps: [] }],
    ["a plan of empty steps", { steps: [""] }],
    ["a plan of numbers", { steps: [1, 2] }],
    ["a list", ["One"]],
    ["an object that cannot be worded", { toString: 1 }],
  ])("executes nothing, and asks again, after %s", async (_, unclear) => {
    await using model = await scriptedModel(plan("One"));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), reviewed("one"));
    const course = await path(thread.graph, new Command({ resume: unclear }), reviewed("one"));
    expect(course).toEqual(["__interrupt__"]);
    expect(model.requests()).toHaveLength(1);
  });

  test("asks again for a plan of 1,000 steps, and says why", async () => {
    await using _ = await scriptedModel(plan("One"), ...rest);
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), reviewed("one"));
    const steps = Array.from({ length: 1_000 }, (_, index) => `Step ${index}`);
    expect(await path(thread.graph, new Command({ resume: { steps } }), reviewed("one"))).toEqual(["__interrupt__"]);
    const { tasks } = await thread.graph.getState(onThread("one"));
    expect(tasks[0]?.interrupts[0]?.value).toMatchObject({ problem: expect.stringMatching(/<=10 items/) });
    const state = await thread.graph.invoke(new Command({ resume: { steps: ["Shorter"] } }), reviewed("one"));
    expect(state.findings).toEqual([{ step: "Shorter", result: "1" }]);
  });
});

describe("On a thread, plan and execute", () => {
  const { metadata } = calculator;
  afterEach(() => {
    calculator.metadata = metadata;
  });

  test("goes on after a restart with the step that it was stopped at", async () => {
    await using model = await scriptedModel(...wholeCourse);
    await using thread = await remembering();
    await path(thread.graph, ask(task), onThread("one", { interruptAfter: ["reflect"] }));
    await thread.restart();
    expect((await thread.graph.getState(onThread("one"))).next).toEqual(["execute"]);
    expect(await path(thread.graph, null, onThread("one"))).toEqual(wholePath.slice(4));
    expect(model.requests()).toHaveLength(7);
  });

  test("goes on inside a worker that waits for an approval, after a restart, without doing anything twice", async () => {
    calculator.metadata = { effect: "external" };
    await using model = await scriptedModel(...wholeCourse);
    await using thread = await remembering();
    expect(await path(thread.graph, ask(task), onThread("one"))).toEqual(["plan", "review", "__interrupt__"]);
    await thread.restart();
    const { tasks } = await thread.graph.getState(onThread("one"), { subgraphs: true });
    expect(tasks[0]?.state).toMatchObject({ next: ["act"], values: { budget: { steps: 1 } } });
    expect(await path(thread.graph, new Command({ resume: "yes" }), onThread("one"))).toEqual(wholePath.slice(2));
    const { values } = await thread.graph.getState(onThread("one"));
    expect(values).toMatchObject({ findings: [{ result: "42" }, {}], budget: { steps: 7 } });
    expect(model.requests()).toHaveLength(7);
  });

  test("goes on inside a worker whose model failed, without doing anything twice", async () => {
    const gone = { error: { message: "no such model" }, status: 404 };
    await using failing = await scriptedModel(...wholeCourse.slice(0, 2), gone);
    await using thread = await remembering();
    await expect(path(thread.graph, ask(task), onThread("one"))).rejects.toMatchObject({ code: "model-failed" });
    expect(failing.requests()).toHaveLength(3);
    await thread.restart();
    await using model = await scriptedModel(...wholeCourse.slice(2));
    expect(await path(thread.graph, null, onThread("one"))).toEqual(wholePath.slice(2));
    expect(model.requests()[0]?.messages.at(-1)).toMatchObject({ role: "tool", content: "42" });
  });

  test("goes on from a finding that a human has corrected, and leaves the first course as it was", async () => {
    await using model = await scriptedModel(...wholeCourse, reflection(true), { content: "It is 43." });
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    expect(states).toHaveLength(wholePath.length + 2);
    const executed = states.findLast(({ next }) => next[0] === "reflect");
    const findings = [{ step: "Calculate 6 * 7", result: "43" }];
    const fork = await thread.graph.updateState(executed?.config ?? {}, { findings }, "execute");
    expect(await path(thread.graph, null, fork)).toEqual(["reflect", "answer"]);
    expect(model.requests().at(-1)?.messages.at(-1)?.content).toContain("1. Calculate 6 * 7: 43");
    expect(answerOf((await thread.graph.getState(states[0]?.config ?? {})).values)).toBe(answer.content);
  });

  test("begins each task anew", async () => {
    await using model = await scriptedModel(...wholeCourse, plan("New"), { content: "1" }, reflection(true), answer);
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const { findings, budget } = await thread.graph.invoke(ask("And now?"), onThread("one"));
    expect(findings).toEqual([{ step: "New", result: "1" }]);
    expect(budget.steps).toBe(4);
    expect(
      model
        .requests()[7]
        ?.messages.slice(1)
        .map(({ content }) => content),
    ).toEqual([task, answer.content, "And now?"]);
  });
});

describe("With the offline model, plan and execute", () => {
  test("answers a task of several steps", async () => {
    configure(noModel);
    const state = await graph.invoke(ask("Calculate 14 * 3. Then calculate 100 / 8. Then tell the time in Tokyo."));
    expect(state.outcome).toEqual({ kind: "answered", reason: "" });
    expect(answerOf(state)).toContain("42");
    expect(answerOf(state)).toContain("12.5");
  });
});
