/** A structured call: what it accepts, what it repairs, and what it gives up on. */
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import { MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { StructuredOutputError, structured, unusable } from "../../../graphs/shared/structured.ts";
import { chatModel } from "../../../src/llm/chat-model.ts";
import { calling, scriptedModel } from "../../llm/scripted-model.ts";

const Verdict = z.object({ score: z.number().min(0).max(10), reason: z.string().default("none") });
const request = [new SystemMessage("Score it."), new HumanMessage("A draft.")];

const ask = async (config: object = {}) =>
  structured(await chatModel({}), Verdict, request, config, { name: "verdict" });
const good = calling(["call", "verdict", '{"score":7}']);

describe("A structured call", () => {
  test("gives the value of the schema, with its defaults", async () => {
    await using model = await scriptedModel(good);
    expect(await ask()).toEqual({ score: 7, reason: "none" });
    expect(model.requests()[0]?.tools).toMatchObject([
      { function: { name: "verdict", parameters: { type: "object" } } },
    ]);
    expect(model.requests()[0]?.tool_choice).toMatchObject({ function: { name: "verdict" } });
  });

  test.each(['{"score":7}', 'Here it is:\n```json\n{"score":7}\n```\nEnjoy.'])(
    "takes %j, which a model wrote instead of a call",
    async (content) => {
      await using _ = await scriptedModel({ content });
      expect(await ask()).toEqual({ score: 7, reason: "none" });
    },
  );

  test.each([
    ["a value out of range", calling(["call", "verdict", '{"score":70}']), /score[\s\S]*\{"score":70\}/],
    ["a wrong type", calling(["call", "verdict", '{"score":"high"}']), /expected number/],
    ["broken JSON", calling(["call", "verdict", '{"score":']), /not JSON[\s\S]*\{"score":/],
    ["prose", { content: "I would say seven." }, /not JSON[\s\S]*I would say seven/],
    ["nothing", { content: "" }, /empty/],
  ])("sends %s back once, with the reason", async (_, reply, reason) => {
    await using model = await scriptedModel(reply, good);
    expect(await ask()).toMatchObject({ score: 7 });
    const sent = model.requests()[1]?.messages ?? [];
    expect(sent.map(({ role }) => role)).toEqual(["system", "user", "user"]);
    expect(sent.at(-1)?.content).toMatch(reason);
  });

  test("gives up after the second try", async () => {
    await using model = await scriptedModel({ content: "no" }, { content: "never" }, good);
    const error = await ask().catch((refused: unknown) => refused);
    expect(error).toBeInstanceOf(StructuredOutputError);
    expect(error).toMatchObject({ output: "verdict", message: expect.stringMatching(/"verdict".*not JSON/) });
    expect(model.requests()).toHaveLength(2);
  });

  test("keeps its tokens to itself in a graph that streams", async () => {
    await using _ = await scriptedModel(good, { content: "The answer." });
    const State = new StateSchema({ messages: MessagesValue });
    const graph = new StateGraph(State)
      .addNode("judge", async ({ messages }, runtime) => {
        await structured(await chatModel(runtime), Verdict, messages, runtime, { name: "verdict" });
        return { messages: [await (await chatModel(runtime)).invoke(messages, runtime)] };
      })
      .addEdge(START, "judge")
      .compile();
    const said: string[] = [];
    const stream = await graph.stream({ messages: [new HumanMessage("Hello")] }, { streamMode: "messages" });
    for await (const [chunk] of stream)
      said.push(chunk.text, ...((chunk as { tool_call_chunks?: [] }).tool_call_chunks ?? []));
    expect(said.join("")).toBe("The answer.");
  });
});

describe("An unusable reply", () => {
  test("ends the graph with what was done so far", () => {
    const update = unusable(new StructuredOutputError("plan", "it is empty"), "Half of it.");
    expect(update.outcome.kind).toBe("model-failed");
    expect(update.messages.map(({ text }) => text)).toEqual([expect.stringMatching(/^Half of it\.\n\n.*"plan"/s)]);
  });

  test("is no other error", () => {
    const other = new Error("disk full");
    expect(() => unusable(other)).toThrow(other);
  });
});
