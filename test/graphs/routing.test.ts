/** Routing: what it does is proved with a scripted model, that it runs with no key by the offline model. */
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { Command } from "@langchain/langgraph";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { graph } from "../../graphs/routing.ts";
import { configure } from "../../src/config.ts";
import { calling, noModel, scriptedModel } from "../llm/scripted-model.ts";
import { startTestServer } from "../support/server.ts";
import { ask, durable, onThread, path } from "./durable.ts";

const classified = (route: string, confidence: number) =>
  calling(["call", "classification", JSON.stringify({ route, confidence })]);
const answer = { content: "Here it is." };
const remembering = () => durable((checkpointer) => graph.builder.compile({ checkpointer }));
const textsOf = ({ messages }: { messages: BaseMessage[] }) => messages.map(({ text }) => text);

describe("With a scripted model, routing", () => {
  test.each([
    ["code", /programmer/, ["calculator"]],
    ["search", /look things up/, ["current_time"]],
    ["creative", /writer/, []],
    ["data", /analyse data/, ["calculator"]],
    ["general", /helpfully/, ["calculator", "current_time", "search_documents"]],
  ])("sends a question to %s, who has instructions and tools of their own", async (route, instructions, tools) => {
    await using model = await scriptedModel(classified(route, 0.9), answer);
    expect(await path(graph, ask("Do it"))).toEqual(["receive", "classify", route]);
    const request = model.requests()[1];
    expect(request?.messages[0]?.content).toMatch(instructions);
    expect(request?.tools?.map((tool) => tool.function.name) ?? []).toEqual(expect.arrayContaining(tools));
    expect(request?.tools ?? []).toHaveLength(tools.length);
  });

  test("tells the classifier what each specialist is for, and shows the user nothing of it", async () => {
    await using model = await scriptedModel(classified("code", 1), answer);
    const streamed: string[] = [];
    const streaming = { streamMode: "messages", subgraphs: true } as const;
    for await (const [, [chunk]] of await graph.stream(ask("Write a sort"), streaming)) streamed.push(chunk.text);
    expect(JSON.stringify(model.requests()[0]?.tools)).toContain("Programs: writing");
    expect(streamed.join("")).toBe(answer.content);
    expect(streamed.length).toBeGreaterThan(1);
  });

  test("lets the specialist use tools until there is an answer", async () => {
    await using _ = await scriptedModel(
      classified("data", 0.8),
      calling(["call_1", "calculator", '{"expression":"23 * 19"}']),
      { content: "437." },
    );
    const state = await graph.invoke(ask("What is 23 * 19?"));
    expect(textsOf(state)).toEqual(["What is 23 * 19?", "", "437", "437."]);
    expect(state).toMatchObject({ route: "data", confidence: 0.8, outcome: { kind: "answered" } });
  });

  test("takes the threshold and each route's model from the assistant's context", async () => {
    await using model = await scriptedModel(classified("creative", 0.3), answer);
    const context = { threshold: 0.2, model: "openai:usual", models: { creative: "openai:poet" } };
    expect(await path(graph, ask("A poem"), { context })).toEqual(["receive", "classify", "creative"]);
    expect(model.requests().map((request) => request.model)).toEqual(["usual", "poet"]);
  });
});

describe("Where it is not sure, routing", () => {
  test("asks the user, and goes where the answer says without another look, after a restart too", async () => {
    await using model = await scriptedModel(classified("search", 0.4), answer);
    await using thread = await remembering();
    expect(await path(thread.graph, ask("Jaguar"), onThread("one"))).toEqual(["receive", "classify", "__interrupt__"]);
    await thread.restart();
    const [task] = (await thread.graph.getState(onThread("one"))).tasks;
    expect(task?.interrupts[0]?.value).toMatchObject({
      type: "clarification",
      question: expect.stringContaining("not sure"),
      options: ["code", "search", "creative", "data", "general"],
    });
    expect(await path(thread.graph, new Command({ resume: "Creative" }), onThread("one"))).toEqual(["ask", "creative"]);
    expect(model.requests()).toHaveLength(2);
  });

  test.each(["the second one", "2", 2, "SEARCH!", { route: "search" }])(
    "takes %j for a choice, without another look",
    async (resume) => {
      await using model = await scriptedModel(classified("code", 0.4), answer);
      await using thread = await remembering();
      await thread.graph.invoke(ask("Jaguar"), onThread("one"));
      expect(await path(thread.graph, new Command({ resume }), onThread("one"))).toEqual(["ask", "search"]);
      expect(model.requests()).toHaveLength(2);
    },
  );

  test("classifies again by what the user adds, and keeps it in the conversation", async () => {
    await using model = await scriptedModel(classified("search", 0.4), classified("code", 0.9), answer);
    await using thread = await remembering();
    await thread.graph.invoke(ask("Jaguar"), onThread("one"));
    const state = await thread.graph.invoke(new Command({ resume: "the class in my program" }), onThread("one"));
    expect(textsOf(state)).toEqual(["Jaguar", "the class in my program", "Here it is."]);
    expect(
      model
        .requests()[1]
        ?.messages.slice(1)
        .map(({ content }) => content),
    ).toEqual(textsOf(state).slice(0, 2));
    expect(state).toMatchObject({ route: "code", questions: 1 });
  });

  test("takes what stays in no category to the general specialist, after two questions", async () => {
    const unclear = classified("data", 0.1);
    await using model = await scriptedModel(unclear, unclear, unclear, answer, unclear);
    await using thread = await remembering();
    const say = (resume: unknown) => path(thread.graph, new Command({ resume }), onThread("one"));
    await path(thread.graph, ask("Blorp"), onThread("one"));
    expect(await say("blorp blorp")).toEqual(["ask", "classify", "__interrupt__"]);
    expect(await say({ mood: "blorp" })).toEqual(["ask", "classify", "general"]);
    expect(model.requests()[3]?.messages.at(-1)?.content).toBe('{"mood":"blorp"}');
    expect(await path(thread.graph, ask("Another blorp"), onThread("one"))).toEqual([
      "receive",
      "classify",
      "__interrupt__",
    ]);
  });

  test("asks as well when the classifier writes garbage", async () => {
    await using _ = await scriptedModel({ content: "route: code!!" }, { content: "[[" });
    await using thread = await remembering();
    expect(await path(thread.graph, ask("Sort it"), onThread("one"))).toEqual(["receive", "classify", "__interrupt__"]);
  });
});

describe("On a thread, routing", () => {
  test("goes another way from before the specialist", async () => {
    await using _ = await scriptedModel(classified("search", 0.9), answer, { content: "A poem." });
    await using thread = await remembering();
    await thread.graph.invoke(ask("Rain"), onThread("one"));
    const states = await Array.fromAsync(thread.graph.getStateHistory(onThread("one")));
    const received = states.find(({ next }) => next[0] === "classify");
    const fork = await thread.graph.updateState(received?.config ?? {}, new Command({ goto: "creative" }), "classify");
    expect(await path(thread.graph, null, fork)).toEqual(["creative"]);
    expect(textsOf((await thread.graph.getState(onThread("one"))).values)).toEqual(["Rain", "A poem."]);
    expect(textsOf((await thread.graph.getState(states[0]?.config ?? {})).values)).toEqual(["Rain", "Here it is."]);
  });

  test("goes on in the middle of a specialist's work after the provider refused and the server restarted", async () => {
    const call = calling(["call_1", "calculator", '{"expression":"2 ^ 10"}']);
    const refusal = { error: { message: "no credit left" }, status: 402 };
    await using model = await scriptedModel(classified("data", 0.9), call, refusal, { content: "1024." });
    await using thread = await remembering();
    await expect(path(thread.graph, ask("2 to the 10th?"), onThread("one"))).rejects.toThrow(/no credit left/);
    await thread.restart();
    expect(await path(thread.graph, null, onThread("one"))).toEqual(["data"]);
    expect(model.requests()).toHaveLength(4);
    expect(model.requests()[3]?.messages.at(-1)).toMatchObject({ role: "tool", content: "1024" });
    expect(textsOf((await thread.graph.getState(onThread("one"))).values).at(-1)).toBe("1024.");
  });

  test("refuses an empty message and one of 5 MB, and answers the next without them", async () => {
    await using model = await scriptedModel(classified("general", 1), answer);
    await using thread = await remembering();
    const send = (text: string) => thread.graph.invoke({ messages: [new HumanMessage(text)] }, onThread("one"));
    expect((await thread.graph.invoke({ messages: [] }, onThread("one"))).outcome?.kind).toBe("input-refused");
    expect((await send("word ".repeat(1024 * 1024))).outcome?.kind).toBe("input-refused");
    expect(model.requests()).toEqual([]);
    expect((await send("Hello")).outcome?.kind).toBe("answered");
    for (const request of model.requests()) expect(JSON.stringify(request).length).toBeLessThan(20_000);
  });
});

test("Over the chat endpoint, the question of routing is a message, and the reply to it goes on", async () => {
  await using model = await scriptedModel(classified("search", 0.4), answer);
  const environment = { MODEL: "openai:scripted", OPENAI_BASE_URL: model.url };
  const server = await startTestServer({ graphs: "../..", environment });
  try {
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    const metadata = { thread_id: crypto.randomUUID() };
    const say = async (content: string) => {
      const messages = [{ role: "user" as const, content }];
      return (await openai.chat.completions.create({ model: "routing", messages, metadata })).choices[0]?.message
        .content;
    };
    expect(await say("Jaguar")).toMatch(/^I am not sure what kind of help you want/);
    expect(await say("creative")).toBe("Here it is.");
  } finally {
    await server.close();
  }
});

describe("With the offline model, routing", () => {
  test("finds who works out numbers", async () => {
    configure(noModel);
    const state = await graph.invoke(ask("What is 31 * 17, and what is the average of 4 and 10?"));
    expect(state).toMatchObject({ route: "data", outcome: { kind: "answered" } });
    expect(textsOf(state).at(-1)).toContain("527");
  });
});
