/** The ReAct graph: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { graph } from "../../graphs/react.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";

const ask = (question: string) => ({ messages: [new HumanMessage(question)] });
const said = (messages: BaseMessage[]) => messages.map(({ type, text }) => [type, text]);
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
    expect(first?.tools?.map((tool) => tool.function.name)).toEqual(["calculator", "current_time"]);
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
    await graph.invoke(ask("Hi"), { context: { model: "openai:another", temperature: 0.25 } });
    expect(model.requests()[0]).toMatchObject({ model: "another", temperature: 0.25 });
  });

  test("stops when it is cancelled, and takes that for no tool's error", async () => {
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

describe("With a checkpointer, the ReAct graph", () => {
  const remembering = () => graph.builder.compile({ checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: "thread" } };

  test("goes on from a checkpoint between thinking and acting", async () => {
    await using model = await scriptedModel(calling(["call_1", "calculator", '{"expression":"2 ^ 10"}']), {
      content: "1024.",
    });
    const resumable = remembering();
    await resumable.invoke(ask("2 to the 10th?"), { ...config, interruptAfter: ["think"] });
    expect((await resumable.getState(config)).next).toEqual(["act"]);
    expect(model.requests()).toHaveLength(1);
    const { messages } = await resumable.invoke(null, config);
    expect(said(messages).slice(2)).toEqual([
      ["tool", "1024"],
      ["ai", "1024."],
    ]);
  });

  test("remembers the conversation", async () => {
    await using model = await scriptedModel({ content: "Nice to meet you." }, { content: "Ada." });
    const conversation = remembering();
    await conversation.invoke(ask("I am Ada."), config);
    await conversation.invoke(ask("Who am I?"), config);
    const heard = model.requests()[1]?.messages.map(({ content }) => content);
    expect(heard?.slice(1)).toEqual(["I am Ada.", "Nice to meet you.", "Who am I?"]);
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
