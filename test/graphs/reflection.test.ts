/** Reflection: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import type { BaseMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { graph } from "../../graphs/reflection.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";

const reviewed = (correctness: number, completeness: number, clarity: number, advice = "Be brief.") =>
  calling(["call", "review", JSON.stringify({ scores: { correctness, completeness, clarity }, advice })]);
const draft = (content: string) => ({ content });
const task = "Write a haiku about rails";
const answerOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text;
const round = ["write", "review"];

describe("With a scripted model, reflection", () => {
  test("answers with the first draft if that is good enough", async () => {
    await using model = await scriptedModel(draft("Rails hum."), reviewed(9, 8, 10));
    expect(await path(graph, ask(task))).toEqual(["receive", ...round, "answer"]);
    const [writing, reviewing] = model.requests();
    expect(writing?.messages.at(-1)?.content).toBe(task);
    expect(reviewing?.messages.at(-1)?.content).toBe(`Task:\n${task}\n\nDraft:\nRails hum.`);
  });

  test("gives the writer its draft back with the review, until the weakest score is good enough", async () => {
    await using model = await scriptedModel(
      draft("First."),
      reviewed(9, 2, 9, "Mention rails."),
      draft("Second."),
      reviewed(8, 8, 8),
    );
    const state = await graph.invoke(ask(task));
    expect(state.messages.map(({ text }) => text)).toEqual([task, "Second."]);
    expect(state.outcome).toEqual({ kind: "answered", reason: "" });
    const sent = model
      .requests()[2]
      ?.messages.slice(1)
      .map(({ content }) => content);
    const review = "correctness: 9 of 10\ncompleteness: 2 of 10\nclarity: 9 of 10\nMention rails.";
    expect(sent).toEqual([task, `Task:\n${task}\n\nDraft:\nFirst.\n\nReview:\n${review}`]);
  });

  test("answers with the best draft, not the last, when the drafts are spent", async () => {
    const replies = [
      draft("First."),
      reviewed(3, 3, 3),
      draft("Best."),
      reviewed(6, 7, 6),
      draft("Last."),
      reviewed(1, 9, 9),
    ];
    await using _ = await scriptedModel(...replies);
    const state = await graph.invoke(ask(task));
    expect(answerOf(state)).toBe("Best.");
    expect(state.drafts.map(({ text }) => text)).toEqual(["First.", "Best.", "Last."]);
  });

  test("comes to an end with a writer and a reviewer who say the same for ever", async () => {
    const replies = Array.from({ length: 10 }, () => [draft("Same."), reviewed(1, 1, 1)]).flat();
    await using model = await scriptedModel(...replies, draft("never asked for"));
    const expected = ["receive", ...Array.from({ length: 10 }, () => round).flat(), "answer"];
    expect(await path(graph, ask(task), { context: { drafts: 10 } })).toEqual(expected);
    expect(model.requests()).toHaveLength(20);
  });

  test("streams nothing to the user but the best draft", async () => {
    await using _ = await scriptedModel(draft("First."), reviewed(9, 2, 9), draft("Second."), reviewed(8, 8, 8));
    const streamed: string[] = [];
    for await (const [chunk] of await graph.stream(ask(task), { streamMode: "messages" })) streamed.push(chunk.text);
    expect(streamed.join("")).toBe("Second.");
  });

  test("takes rubric, threshold, drafts and each node's model from the assistant's context", async () => {
    const verdict = calling(["call", "review", '{"scores":{"rhyme":4},"advice":"Rhyme."}']);
    await using model = await scriptedModel(draft("Rails."), verdict, draft("Trails."), verdict);
    const rubric = { rhyme: "Every line rhymes." };
    const context = { rubric, threshold: 5, drafts: 2, models: { review: "openai:critic" } };
    expect(await path(graph, ask(task), { context })).toEqual(["receive", ...round, ...round, "answer"]);
    expect(model.requests().map((request) => request.model)).toEqual(["scripted", "critic", "scripted", "critic"]);
    expect(JSON.stringify(model.requests()[1]?.tools)).toContain("Every line rhymes.");
  });

  test("has a reviewer repair a review without all scores", async () => {
    const incomplete = calling(["call", "review", '{"scores":{"clarity":9},"advice":"Fine."}']);
    await using model = await scriptedModel(draft("Rails hum."), incomplete, reviewed(9, 9, 9));
    expect((await graph.invoke(ask(task))).outcome?.kind).toBe("answered");
    expect(model.requests()[2]?.messages.at(-1)?.content).toMatch(/correctness/);
  });

  test("shows the best draft so far when a reviewer has nothing usable to say", async () => {
    const garbage = { content: "9/10, would read again" };
    await using _ = await scriptedModel(draft("First."), reviewed(5, 5, 5), draft("Second."), garbage, garbage);
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("model-failed");
    expect(answerOf(state)).toMatch(/^First\.\n\n.*review/);
  });

  test("says so when the writer never writes anything", async () => {
    await using _ = await scriptedModel(
      draft(""),
      reviewed(0, 0, 0),
      draft(" "),
      reviewed(0, 0, 0),
      draft(""),
      reviewed(0, 0, 0),
    );
    const state = await graph.invoke(ask(task));
    expect(state.outcome?.kind).toBe("model-failed");
    expect(answerOf(state)).toBe("The model wrote nothing.");
  });

  test.each([
    ["before the first review", 1, [draft("First.")], ["receive", "write", "review"]],
    ["in the middle", 2, [draft("First."), reviewed(5, 5, 5)], ["receive", "write", "review", "write"]],
  ])("stops %s, with the work done so far, when its budget is spent", async (_, steps, replies, expected) => {
    await using model = await scriptedModel(...replies, draft("never asked for"));
    await using thread = await remembering();
    expect(await path(thread.graph, ask(task), onThread("one", { context: { budget: { steps } } }))).toEqual(expected);
    const { values } = await thread.graph.getState(onThread("one"));
    expect(values.outcome).toMatchObject({ kind: "budget-exceeded" });
    expect(answerOf(values)).toMatch(/^First\.\n\n.*budget/);
    expect(model.requests()).toHaveLength(replies.length);
  });
});

const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));

describe("On a thread, reflection", () => {
  test("goes on after the provider failed and the server restarted, without writing the draft again", async () => {
    const refusal = { error: { message: "no credit left" }, status: 402 };
    await using model = await scriptedModel(draft("Rails hum."), refusal, reviewed(9, 9, 9));
    await using thread = await remembering();
    await expect(path(thread.graph, ask(task), onThread("one"))).rejects.toThrow(/no credit left/);
    await thread.restart();
    expect(await path(thread.graph, null, onThread("one"))).toEqual(["review", "answer"]);
    expect(model.requests()).toHaveLength(3);
  });

  test("takes a human's review in place of the reviewer's, and leaves the first course as it was", async () => {
    await using model = await scriptedModel(draft("First."), reviewed(9, 9, 9), draft("Second."), reviewed(9, 9, 9));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    expect(states).toHaveLength(["receive", ...round, "answer"].length + 2);
    const written = states.find(({ next }) => next[0] === "review");
    const drafts = [{ text: "First.", scores: { taste: 1 }, advice: "Too plain." }];
    const fork = await thread.graph.updateState(written?.config ?? {}, { drafts }, "review");
    expect(await path(thread.graph, null, fork)).toEqual([...round, "answer"]);
    expect(model.requests()[2]?.messages.at(-1)?.content).toMatch(/First\.\n\nReview:\ntaste: 1 of 10\nToo plain\.$/);
    expect(answerOf((await thread.graph.getState(onThread("one"))).values)).toBe("Second.");
    expect(answerOf((await thread.graph.getState(states[0]?.config ?? {})).values)).toBe("First.");
  });

  test("refuses an empty message and one of 5 MB, and begins the next task anew", async () => {
    await using model = await scriptedModel(draft("One."), reviewed(9, 9, 9), draft("Two."), reviewed(9, 9, 9));
    await using thread = await remembering();
    await thread.graph.invoke(ask(task), onThread("one"));
    for (const text of ["", "word ".repeat(1024 * 1024)]) {
      const refused = await thread.graph.invoke(ask(text), onThread("one"));
      expect(refused).toMatchObject({ outcome: { kind: "input-refused" }, drafts: [] });
    }
    const state = await thread.graph.invoke(ask("Another one"), onThread("one"));
    expect([answerOf(state), state.drafts.length]).toEqual(["Two.", 1]);
    expect(JSON.stringify(model.requests()[2]).length).toBeLessThan(20_000);
  });
});

describe("With the offline model, reflection", () => {
  test("comes to an answer, with every draft scored by each criterion", async () => {
    configure(noModel);
    const state = await graph.invoke(ask("Write two sentences about why night trains are worth keeping."));
    expect(state.outcome?.kind).toBe("answered");
    for (const { scores } of state.drafts) {
      expect(Object.keys(scores)).toEqual(["correctness", "completeness", "clarity"]);
    }
    expect(state.drafts.map(({ text }) => text)).toContain(answerOf(state));
  });
});
