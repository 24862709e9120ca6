/** The ReAct graph: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import { type AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import { afterEach, describe, expect, test } from "vitest";
import { graph } from "../../graphs/react.ts";
import { configure } from "../../src/config.ts";
import { calculator } from "../../tools/calculator.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { ask, durable, onThread, path } from "./durable.ts";
import { testRefusals } from "./refusals.ts";

const calculating = (id: string, expression: string) => calling([id, "calculator", JSON.stringify({ expression })]);
const said = (messages: BaseMessage[]) => messages.map(({ type, text }) => [type, text]);
/** A config with an assistant's context. */
const assistant = (context: object): object => ({ context });
const toolMessages = (messages: BaseMessage[]) => messages.filter((message) => ToolMessage.isInstance(message));

describe("With a scripted model, the ReAct graph", () => {
  test("calls the tool that the model asks for and answers from what it gave", async () => {
    await using model = await scriptedModel(calling(["call_1", "calculator", '{"expression":"23 * 19"}']), {
      content: "It is 437.",
    });
    const { messages } = await graph.invoke(ask("What is 23 * 19?"));
    expect(said(messages)).toEqual([
      ["human", "What is 23 * 19?"],
      ["ai", ""],
      ["tool", "437"],
      ["ai", "It is 437."],
    ]);
    const [first, second] = model.requests();
    expect(first?.tools?.map((tool) => tool.function.name)).toEqual(["calculator", "current_time", "search_documents"]);
    expect(second?.messages.at(-1)).toMatchObject({ role: "tool", tool_call_id: "call_1", content: "437" });
  });

  test("runs the calls of one reply as tasks of their own, and keeps their order", async () => {
    await using model = await scriptedModel(
      calling(
        ["failing", "calculator", '{"expression":"2 +"}'],
        ["clock", "current_time", '{"timeZone":"Asia/Tokyo"}'],
        ["other", "calculator", '{"expression":"1 + 1"}'],
      ),
      { content: "Done." },
    );
    const steps: string[] = [];
    let messages: BaseMessage[] = [];
    for await (const [mode, chunk] of await graph.stream(ask("Three things"), { streamMode: ["updates", "values"] })) {
      if (mode === "updates") steps.push(...Object.keys(chunk));
      else messages = chunk.messages;
    }
    expect(steps).toEqual(["think", "act", "act", "act", "think"]);
    const results = toolMessages(messages);
    expect(results.map(({ tool_call_id, status }) => [tool_call_id, status])).toEqual([
      ["failing", "error"],
      ["clock", "success"],
      ["other", "success"],
    ]);
    expect(model.requests()).toHaveLength(2);
  });

  test.each([
    ["a tool that fails", calling(["call_1", "calculator", '{"expression":"2 +"}']), /Unexpected end of expression/],
    [
      "a tool that does not exist",
      calling(["call_1", "teleport", "{}"]),
      /no tool "teleport".*calculator, current_time/,
    ],
    [
      "arguments of the wrong shape",
      calling(["call_1", "calculator", '{"expression":7}']),
      /expected string.*expression/s,
    ],
    ["arguments that are not JSON", calling(["call_1", "calculator", "23 * 19"]), /not a JSON object: 23 \* 19/],
  ])("shows the model the error of %s, and lets it go on", async (_, reply, error) => {
    await using model = await scriptedModel(reply, { content: "I see." });
    const { messages } = await graph.invoke(ask("Try it"));
    const [result] = toolMessages(messages);
    expect(result).toMatchObject({ status: "error", tool_call_id: "call_1", content: expect.stringMatching(error) });
    expect(model.requests()[1]?.messages.at(-1)).toMatchObject({ role: "tool", content: expect.stringMatching(error) });
    expect(messages.at(-1)?.text).toBe("I see.");
  });

  test("answers a broken call beside a sound one, so that the provider finds a call for each result", async () => {
    await using model = await scriptedModel(
      calling(["sound", "calculator", '{"expression":"6 * 7"}'], ["broken", "calculator", "{expression"]),
      { content: "42, at least." },
    );
    await graph.invoke(ask("Two things"));
    const sent = model.requests()[1]?.messages ?? [];
    const asked = sent.flatMap(({ tool_calls }) => tool_calls?.map(({ id }) => id) ?? []);
    const answered = sent.flatMap(({ role, tool_call_id }) => (role === "tool" ? [tool_call_id] : []));
    expect(asked).toEqual(["sound", "broken"]);
    expect(answered).toEqual(["sound", "broken"]);
  });

  test("takes arguments that were not written at all for none", async () => {
    await using model = await scriptedModel(calling(["call_1", "current_time", ""]), { content: "It is late." });
    const { messages } = await graph.invoke(ask("How late is it?"));
    expect(toolMessages(messages)[0]).toMatchObject({ content: expect.stringContaining("in UTC") });
    expect(toolMessages(messages)[0]?.status).not.toBe("error");
    expect(model.requests()).toHaveLength(2);
  });

  test("has no answer where the model writes nothing, and shows what its tools gave", async () => {
    await using _ = await scriptedModel(calling(["call_1", "calculator", '{"expression":"6 * 7"}']), { content: " " });
    const { messages, outcome } = await graph.invoke(ask("6 * 7?"));
    expect(outcome).toEqual({ kind: "model-failed", reason: "The model wrote nothing." });
    expect(messages.at(-1)?.text).toBe("calculator: 42\n\nThe model wrote nothing.");
  });

  test("streams the answer in pieces and reports its usage", async () => {
    await using _ = await scriptedModel({ content: "A long answer in many pieces." });
    const pieces: string[] = [];
    const usages: unknown[] = [];
    for await (const [chunk] of await graph.stream(ask("Talk"), { streamMode: "messages" })) {
      if (chunk.text) pieces.push(chunk.text);
      usages.push((chunk as AIMessage).usage_metadata);
    }
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join("")).toBe("A long answer in many pieces.");
    expect(usages).toContainEqual(expect.objectContaining({ total_tokens: expect.any(Number) }));
  });

  test("uses the model and temperature of the run's context", async () => {
    await using model = await scriptedModel({ content: "Hello." });
    await graph.invoke(ask("Hi"), assistant({ model: "openai:another", temperature: 0.25 }));
    expect(model.requests()[0]).toMatchObject({ model: "another", temperature: 0.25 });
  });

  test("may use only the tools, and is told what, the run's context says", async () => {
    await using model = await scriptedModel(calling(["a", "current_time", "{}"]), { content: "I cannot." });
    const bookkeeper = assistant({ tools: ["calculator"], instructions: "You are a bookkeeper." });
    const { messages } = await graph.invoke(ask("What time is it?"), bookkeeper);
    expect(model.requests()[0]?.tools?.map((tool) => tool.function.name)).toEqual(["calculator"]);
    expect(model.requests()[0]?.messages[0]).toMatchObject({ role: "system", content: "You are a bookkeeper." });
    expect(toolMessages(messages)[0]?.text).toContain('no tool "current_time"');
  });

  test("stops in the middle of a tool when it is cancelled", async () => {
    await using model = await scriptedModel(calling(["call_1", "calculator", '{"expression":"factorial(1e7)"}']), {
      content: "never",
    });
    const cancel = new AbortController();
    const updates: object[] = [];
    const run = async () => {
      for await (const update of await graph.stream(ask("Slow"), { streamMode: "updates", signal: cancel.signal })) {
        updates.push(update);
        cancel.abort();
      }
    };
    await expect(run()).rejects.toThrow(/abort/i);
    expect(updates.flatMap(Object.keys)).toEqual(["think"]);
    expect(model.requests()).toHaveLength(1);
  });
});

describe("The ReAct graph ends with what it found", () => {
  test("where the model makes the same call for ever: the call is refused, and the budget is spent", async () => {
    const same = (id: string) => calculating(id, "6 * 7");
    await using model = await scriptedModel(same("a"), same("b"), same("c"), { content: "never asked for" });
    const state = await graph.invoke(ask("6 times 7?"), assistant({ budget: { steps: 3 } }));
    expect(toolMessages(state.messages).map(({ status, text }) => [status, text])).toEqual([
      ["success", "42"],
      ["error", expect.stringContaining("made before with the same arguments")],
      ["error", expect.stringContaining("made before with the same arguments")],
    ]);
    expect(state.outcome).toEqual({ kind: "budget-exceeded", reason: expect.stringContaining("3 calls of the model") });
    expect(state.messages.at(-1)?.text).toBe(`calculator: 42\n\n${state.outcome?.reason}`);
    expect(model.requests()).toHaveLength(3);
  });

  test("before LangGraph's own limit of supersteps, where no budget is given", async () => {
    const replies = Array.from({ length: 20 }, (_, turn) => calculating(`call_${turn}`, `${turn} + 1`));
    await using _ = await scriptedModel(...replies);
    const state = await graph.invoke(ask("Count"));
    expect(state.outcome?.kind).toBe("budget-exceeded");
    expect(state.messages.at(-1)?.text).toContain("calculator: 11\n\nI stopped here");
  });

  test("where its tokens are spent", async () => {
    await using model = await scriptedModel(calculating("call_1", "2 + 2"), { content: "never asked for" });
    const state = await graph.invoke(ask("2 + 2?"), assistant({ budget: { tokens: 1 } }));
    expect(state.outcome).toMatchObject({ kind: "budget-exceeded", reason: expect.stringContaining("1 tokens") });
    expect(state.messages.at(-1)?.text).toContain("calculator: 4");
    expect(model.requests()).toHaveLength(1);
  });

  test("where one reply asks for 1,000 calls", async () => {
    const calls = Array.from({ length: 1_000 }, (_, index) => [`call_${index}`, "calculator", "{}"] as const);
    await using _ = await scriptedModel(calling(...calls));
    const state = await graph.invoke(ask("Everything"));
    expect(said(state.messages)).toEqual([
      ["human", "Everything"],
      ["ai", "I stopped here: the model asked for 1000 calls at once, and 32 is the most."],
    ]);
    expect(state.outcome?.kind).toBe("budget-exceeded");
  });
});

describe("The ReAct graph refuses, without asking a model,", () => {
  testRefusals(graph);
});

describe("A tool that changes something", () => {
  const { metadata } = calculator;
  afterEach(() => {
    calculator.metadata = metadata;
  });

  test.each([
    ["is called once a human has approved", { approve: true }, "42", "success"],
    [
      "is called with what the human puts in its place",
      { approve: true, arguments: { expression: "1" } },
      "1",
      "success",
    ],
    ["is not called when the human says no", "no", expect.stringContaining("did not approve"), "error"],
  ])("%s, also after a restart", async (_, resume, content, status) => {
    calculator.metadata = { effect: "write", taints: false };
    await using model = await scriptedModel(calculating("call_1", "6 * 7"), { content: "Done." });
    await using thread = await remembering();
    expect(await path(thread.graph, ask("Do it"), onThread("one"))).toEqual(["think", "__interrupt__"]);
    const { tasks } = await thread.graph.getState(onThread("one"));
    expect(tasks[0]?.interrupts[0]?.value).toMatchObject({ tool: "calculator", arguments: { expression: "6 * 7" } });
    await thread.restart();
    expect(await path(thread.graph, new Command({ resume }), onThread("one"))).toEqual(["act", "think"]);
    const { values } = await thread.graph.getState(onThread("one"));
    expect(toolMessages(values.messages)[0]).toMatchObject({ content, status });
    expect(model.requests()).toHaveLength(2);
  });
});

const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));

describe("On a thread, the ReAct graph", () => {
  test("goes on after a restart between thinking and acting", async () => {
    await using model = await scriptedModel(calculating("call_1", "2 ^ 10"), { content: "1024." });
    await using thread = await remembering();
    await path(thread.graph, ask("2 to the 10th?"), onThread("one", { interruptAfter: ["think"] }));
    await thread.restart();
    expect((await thread.graph.getState(onThread("one"))).next).toEqual(["act"]);
    expect(model.requests()).toHaveLength(1);
    const { messages } = await thread.graph.invoke(null, onThread("one"));
    expect(said(messages).slice(2)).toEqual([
      ["tool", "1024"],
      ["ai", "1024."],
    ]);
  });

  test("goes on from an observation that a human has corrected, and leaves the first course as it was", async () => {
    await using model = await scriptedModel(calculating("a", "1 + 1"), { content: "2." }, { content: "3, then." });
    await using thread = await remembering();
    await thread.graph.invoke(ask("1 + 1?"), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    expect(states.map(({ next }) => next[0])).toEqual([undefined, "think", "act", "think", "__start__"]);
    const [observed] = toolMessages(states[1]?.values.messages);
    const corrected = new ToolMessage({ id: observed?.id, content: "3", name: "calculator", tool_call_id: "a" });
    const fork = await thread.graph.updateState(states[1]?.config ?? {}, { messages: [corrected] }, "act");
    expect(await path(thread.graph, null, fork)).toEqual(["think"]);
    expect(model.requests().at(-1)?.messages.at(-1)).toMatchObject({ role: "tool", content: "3" });
    expect(said((await thread.graph.getState(states[0]?.config ?? {})).values.messages).at(-1)).toEqual(["ai", "2."]);
  });

  test("remembers the conversation", async () => {
    await using model = await scriptedModel({ content: "Nice to meet you." }, { content: "Ada." });
    await using thread = await remembering();
    await thread.graph.invoke(ask("I am Ada."), onThread("one"));
    await thread.graph.invoke(ask("Who am I?"), onThread("one"));
    const heard = model.requests()[1]?.messages.map(({ content }) => content);
    expect(heard?.slice(1)).toEqual(["I am Ada.", "Nice to meet you.", "Who am I?"]);
  });

  test("answers the calls that a stopped run has left open, so that the provider goes on", async () => {
    await using model = await scriptedModel(calculating("open", "1 + 1"), { content: "Never mind." });
    await using thread = await remembering();
    await path(thread.graph, ask("1 + 1?"), onThread("one", { interruptAfter: ["think"] }));
    await thread.graph.invoke(ask("Something else"), onThread("one"));
    expect(model.requests()[1]?.messages.slice(1)).toMatchObject([
      { role: "user", content: "1 + 1?" },
      { role: "assistant", tool_calls: [{ id: "open" }] },
      { role: "tool", tool_call_id: "open", content: expect.stringContaining("not made") },
      { role: "user", content: "Something else" },
    ]);
  });

  test("has a whole budget for each message", async () => {
    await using _ = await scriptedModel(calculating("a", "1"), calculating("b", "2"), { content: "2." });
    await using thread = await remembering();
    const config = onThread("one", assistant({ budget: { steps: 1 } }));
    const first = await thread.graph.invoke(ask("One?"), config);
    expect(first.outcome?.kind).toBe("budget-exceeded");
    const second = await thread.graph.invoke(ask("Two?"), onThread("one", assistant({ budget: { steps: 2 } })));
    expect(second.outcome).toEqual({ kind: "answered", reason: "" });
  });
});

describe("With the offline model, the ReAct graph", () => {
  test("answers by way of its tools", async () => {
    configure(noModel);
    const { messages } = await graph.invoke(ask("What is 23 * 19? And what time is it in Tokyo?"));
    expect(toolMessages(messages).map(({ name }) => name)).toEqual(["calculator", "current_time"]);
    expect(messages.at(-1)?.text).toContain("23 * 19 = 437");
    expect(messages.at(-1)?.text).toContain("Asia/Tokyo");
  });
});
