/** The prompt chain: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import type { BaseMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { graph } from "../../graphs/prompt-chaining.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";
import { testRefusals } from "./refusals.ts";

const document =
  "Ada Lovelace met Charles Babbage in London in 1833. He showed her his engine.\nShe wrote notes on it.";
const summary = { content: "Ada Lovelace met Charles Babbage, and wrote notes on his engine." };
const report = { content: "# Ada and the engine\n\nAda Lovelace met Charles Babbage in London." };
const entities = (...texts: string[]) =>
  calling(["call", "entities", JSON.stringify({ entities: texts.map((text) => ({ text, kind: "other" })) })]);
const found = entities("Ada Lovelace", "charles\nbabbage", "London");

const wholePath = [
  "receive",
  "summarise",
  "check_summary",
  "extract",
  "check_entities",
  "write",
  "check_report",
  "deliver",
];
const answerOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text;

describe("With a scripted model, the prompt chain", () => {
  test("summarises, extracts and writes, each step from the one before", async () => {
    await using model = await scriptedModel(summary, found, report);
    expect(await path(graph, ask(document))).toEqual(wholePath);
    const [first, second, third] = model.requests();
    expect(first?.messages.at(-1)?.content).toBe(document);
    expect(second?.messages.at(-1)?.content).toBe(document);
    expect(third?.messages.at(-1)?.content).toBe(
      `Summary:\n${summary.content}\n\nEntities:\n- Ada Lovelace (other)\n- charles\nbabbage (other)\n- London (other)`,
    );
  });

  test("answers with the report alone", async () => {
    await using _ = await scriptedModel(summary, found, report);
    const state = await graph.invoke(ask(document));
    expect(state.messages.map(({ text }) => text)).toEqual([document, report.content]);
    expect(state.outcome).toEqual({ kind: "answered", reason: "" });
  });

  test("streams nothing to the user but the report that its gate has passed", async () => {
    await using _ = await scriptedModel(summary, found, { content: "Nothing about them." }, report);
    const streamed: string[] = [];
    for await (const [chunk] of await graph.stream(ask(document), { streamMode: "messages" }))
      streamed.push(chunk.text);
    expect(streamed.join("")).toBe(report.content);
  });

  test.each([
    ["an empty summary", [{ content: " " }, summary, found, report], "check_summary", "length: it has 0 characters"],
    [
      "an invented entity",
      [summary, entities("London", "Grace Hopper"), found, report],
      "check_entities",
      'occurrence: "Grace Hopper" is not in the document',
    ],
    [
      "a report that leaves the entities out",
      [summary, found, { content: "They met." }, report],
      "check_report",
      'coverage: it does not name "Ada Lovelace"',
    ],
  ])("does a step once more, with the gate's reason, after %s", async (_, replies, gateNode, reason) => {
    await using model = await scriptedModel(...replies);
    const at = wholePath.indexOf(gateNode);
    const expected = wholePath.toSpliced(at + 1, 0, ...wholePath.slice(at - 1, at + 1));
    expect(await path(graph, ask(document))).toEqual(expected);
    const retries = model.requests().filter(({ messages }) => String(messages.at(-1)?.content).includes(reason));
    expect(retries.map(({ messages }) => messages.at(-2)?.role)).toEqual(["assistant"]);
  });

  test("says of each gate whether it passed what came last, and why not", async () => {
    await using _ = await scriptedModel({ content: " " }, summary, found, { content: "No." }, { content: "Never." });
    expect((await graph.invoke(ask(document))).judgements).toEqual([
      { name: "gate: summarise", value: true },
      { name: "gate: extract", value: true },
      { name: "gate: write", value: false, comment: expect.stringContaining("coverage: it does not name") },
    ]);
  });

  test.each([
    ["the summary", [{ content: "" }, { content: "" }], "length", ""],
    ["the entities", [summary, entities("Grace Hopper"), entities("Alan Turing")], "Alan Turing", summary.content],
    ["the report", [summary, found, { content: "No." }, { content: "Never." }], "coverage", summary.content],
  ])("ends at the gate that refuses %s twice, and calls no model after it", async (_, replies, reason, partialWork) => {
    await using model = await scriptedModel(...replies, { content: "never asked for" });
    const state = await graph.invoke(ask(document));
    expect(state.outcome).toEqual({ kind: "gate-failed", reason: expect.stringContaining(reason) });
    expect(answerOf(state)).toContain(state.outcome?.reason);
    expect(answerOf(state)).toMatch(new RegExp(`^${partialWork}`));
    expect(model.requests()).toHaveLength(replies.length);
  });

  test("keeps the summary when the model cannot list entities at all", async () => {
    await using model = await scriptedModel(
      summary,
      { content: "{ENTITIES" },
      { content: "I would rather not." },
      report,
    );
    const state = await graph.invoke(ask(document));
    expect(state.outcome).toMatchObject({ kind: "model-failed" });
    expect(answerOf(state)).toContain(summary.content);
    expect(model.requests()).toHaveLength(3);
  });

  test("writes a report on a document that names nobody", async () => {
    await using model = await scriptedModel({ content: "It rained." }, entities(), { content: "Rain." });
    expect(answerOf(await graph.invoke(ask("it rained all day, and then it rained on.")))).toBe("Rain.");
    expect(model.requests()[2]?.messages.at(-1)?.content).toContain("Entities:\nNone.");
  });

  test("asks another model for a step, and holds to the lengths, that the assistant's context names", async () => {
    await using model = await scriptedModel({ content: "x".repeat(101) }, summary, found, report);
    const context = { models: { write: "openai:writer" }, summary_characters: 100 };
    const onceMore = ["summarise", "check_summary"];
    expect(await path(graph, ask(document), { context })).toEqual(wholePath.toSpliced(1, 0, ...onceMore));
    expect(model.requests().map((request) => request.model)).toEqual(["scripted", "scripted", "scripted", "writer"]);
    expect(model.requests()[1]?.messages.at(-1)?.content).toContain("101 characters; 1 to 100 are allowed");
  });
});

describe("The prompt chain refuses, without asking a model,", () => {
  testRefusals(graph);
});

describe("On a thread, the prompt chain", () => {
  const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));

  test("goes on after a restart with the step that it was stopped at", async () => {
    await using model = await scriptedModel(summary, found, report);
    await using thread = await remembering();
    await path(thread.graph, ask(document), onThread("one", { interruptAfter: ["check_entities"] }));
    await thread.restart();
    expect((await thread.graph.getState(onThread("one"))).next).toEqual(["write"]);
    expect(await path(thread.graph, null, onThread("one"))).toEqual(["write", "check_report", "deliver"]);
    expect(model.requests()).toHaveLength(3);
  });

  test("goes on from a summary that a human has corrected, and leaves the first course as it was", async () => {
    await using model = await scriptedModel(summary, found, report, found, { content: "Ada Lovelace in London." });
    await using thread = await remembering();
    await thread.graph.invoke(ask(document), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    expect(states).toHaveLength(wholePath.length + 2);
    const summarised = states.find(({ next }) => next[0] === "check_summary");
    const fork = await thread.graph.updateState(summarised?.config ?? {}, { summary: "Corrected." }, "summarise");
    expect(await path(thread.graph, null, fork)).toEqual(wholePath.slice(2));
    expect(model.requests()[4]?.messages.at(-1)?.content).toContain("Summary:\nCorrected.");
    expect((await thread.graph.getState(states[0]?.config ?? {})).values.report).toBe(report.content);
  });

  test("begins each document anew, also after one that was refused", async () => {
    await using model = await scriptedModel(summary, found, report, { content: "It rained." });
    await using thread = await remembering();
    await thread.graph.invoke(ask(document), onThread("one"));
    const refused = await thread.graph.invoke(ask(""), onThread("one"));
    expect(refused).toMatchObject({ outcome: { kind: "input-refused" }, summary: "", entities: [], report: "" });
    expect(refused.judgements).toEqual([]);
    await thread.graph.invoke(ask("it rained all day."), onThread("one", { interruptAfter: ["summarise"] }));
    expect(model.requests()[3]?.messages.at(-1)?.content).toBe("it rained all day.");
    expect((await thread.graph.getState(onThread("one"))).values).toMatchObject({ outcome: null, report: "" });
  });
});

describe("With the offline model, the prompt chain", () => {
  test("makes a report that names what the document names", async () => {
    configure(noModel);
    const state = await graph.invoke(ask(document));
    expect(state.outcome).toEqual({ kind: "answered", reason: "" });
    expect(answerOf(state)).toContain("Charles Babbage");
  });
});
