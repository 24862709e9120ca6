/** Cassettes: what a model said once, a run is told again, streams included, and without the model. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { graph as react } from "../../graphs/react.ts";
import { configure } from "../../src/config.ts";
import { chatModel } from "../../src/llm/chat-model.ts";
import { threadCassette } from "../../src/llm/thread-cassette.ts";
import { calling, noModel, scriptedModel } from "./scripted-model.ts";

afterEach(() => {
  configure(noModel);
});

const newFile = async () => join(await mkdtemp(join(tmpdir(), "signalbox-cassette-")), "calls", "react.jsonl");
const question = "How much is 6 * 7?";
const calculation = calling(["call_1", "calculator", '{"expression":"6 * 7"}']);
const ask = async (text = question) => (await react.invoke({ messages: [new HumanMessage(text)] })).messages;
const texts = (messages: BaseMessage[]) => messages.map(({ text }) => text);

/** Records a ReAct run of two calls from a scripted model; nothing answers after that. */
async function recordedRun() {
  const file = await newFile();
  await using server = await scriptedModel(calculation, { content: "It is 42." });
  configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
  return { file, messages: await ask() };
}

describe("A cassette", () => {
  test("repeats a recorded run without the model, tool calls included", async () => {
    const { file, messages } = await recordedRun();
    configure({ ...noModel, MODEL: `replay:${file}` });
    const replayed = await ask();
    expect(texts(replayed)).toEqual(texts(messages));
    expect(texts(replayed)).toEqual([question, "", "42", "It is 42."]);
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  });

  test("streams word by word what was recorded whole", async () => {
    const file = await newFile();
    const question = [new HumanMessage("Say it.")];
    await using server = await scriptedModel({ content: "Rain fell on the bridge." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await (await chatModel({})).invoke(question);
    configure({ ...noModel, MODEL: `replay:${file}` });
    const pieces: string[] = [];
    for await (const { text } of await (await chatModel({})).stream(question)) if (text !== "") pieces.push(text);
    expect(pieces).toEqual(["Rain", " fell", " on", " the", " bridge", "."]);
  });

  test("streams the pieces that were streamed when it was recorded", async () => {
    const file = await newFile();
    const pieces: string[][] = [];
    const stream = async () => {
      const told: string[] = [];
      for await (const chunk of await (await chatModel({})).stream([new HumanMessage("Say it.")]))
        told.push(chunk.text);
      pieces.push(told.filter((piece) => piece !== ""));
    };
    await using server = await scriptedModel({ content: "In several pieces." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await stream();
    configure({ ...noModel, MODEL: `replay:${file}` });
    await stream();
    expect(pieces[0]?.length).toBeGreaterThan(2);
    expect(pieces[1]).toEqual(pieces[0]);
  });

  test("gives structured replies and their usage again", async () => {
    const file = await newFile();
    const schema = z.toJSONSchema(z.object({ city: z.string() }));
    const how = { name: "place", method: "functionCalling", includeRaw: true } as const;
    const read = async () => {
      const model = (await chatModel({})).withStructuredOutput<Record<string, unknown>>(schema, how);
      return (await model.invoke([new HumanMessage("Where?")])) as { parsed: unknown; raw: BaseMessage };
    };
    await using server = await scriptedModel(calling(["call_1", "place", '{"city":"Oslo"}']));
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    const recorded = await read();
    configure({ ...noModel, MODEL: `replay:${file}` });
    const replayed = await read();
    expect(replayed.parsed).toEqual({ city: "Oslo" });
    expect(replayed.raw).toHaveProperty("usage_metadata.total_tokens", usageOf(recorded.raw));
  });

  test("keeps the trials of an evaluation apart", async () => {
    const file = await newFile();
    const say = async (trial: string) => {
      const model = await chatModel({});
      return (await model.invoke([new HumanMessage("Pick one.")], { metadata: { eval_trial: trial } })).text;
    };
    await using server = await scriptedModel({ content: "Heads." }, { content: "Tails." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await say("1");
    await say("2");
    configure({ ...noModel, MODEL: `replay:${file}` });
    expect([await say("2"), await say("1")]).toEqual(["Tails.", "Heads."]);
  });

  test("holds no secret, and is found again by the call that has it", async () => {
    const file = await newFile();
    const secret = `sk-${"a1B2".repeat(10)}`;
    const say = async () => (await (await chatModel({})).invoke([new HumanMessage(`My key is ${secret}.`)])).text;
    await using server = await scriptedModel({ content: "Noted." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await say();
    expect(await readFile(file, "utf8")).not.toContain(secret);
    configure({ ...noModel, MODEL: `replay:${file}` });
    expect(await say()).toBe("Noted.");
  });

  test("answers what was not recorded with the nearest call and what differs", async () => {
    const { file } = await recordedRun();
    configure({ ...noModel, MODEL: `replay:${file}` });
    await expect(ask("How much is 6 * 8?")).rejects.toMatchObject({
      code: "cassette-miss",
      message: expect.stringMatching(/message 2, .*6 \* 7.* where .*6 \* 8.* is asked/),
    });
    const cold = await chatModel({ context: { temperature: 0 } });
    await expect(cold.invoke([new HumanMessage(question)])).rejects.toThrow(/as message 1/);
  });

  test("shows, of a changed instruction, the call of the same question and the words that differ", async () => {
    const file = await newFile();
    const say = async (told: string, asked: string) =>
      await (await chatModel({})).invoke([
        new SystemMessage(`${"Answer well. ".repeat(40)}${told}`),
        new HumanMessage(asked),
      ]);
    await using server = await scriptedModel({ content: "One." }, { content: "Two." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await say("Be brief.", "First?");
    await say("Be brief.", "Second?");
    configure({ ...noModel, MODEL: `replay:${file}` });
    await expect(say("Be kind.", "Second?")).rejects.toThrow(
      /entry 2\) has, as message 1, ….*Be brief\..* where ….*Be kind\..* is asked/,
    );
  });

  test("of a stored thread answers where the graph has fenced what a tool gave, and not where the tool gave another thing", async () => {
    const file = await newFile();
    const page = "Ships leave at nine.";
    const thread = (result: string) => [
      new HumanMessage("When do ships leave?"),
      new AIMessage({
        content: "",
        tool_calls: [{ id: "call_1", name: "read_page", args: { url: "https://ships.example" } }],
      }),
      new ToolMessage({ content: result, tool_call_id: "call_1", name: "read_page" }),
    ];
    const entries = threadCassette([...thread(page), new AIMessage("At nine.")]);
    configure({ ...noModel, MODEL: `record:${file}` });
    await chatModel({});
    await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    configure({ ...noModel, MODEL: `replay:${file}` });
    const ask = async (result: string) =>
      (await (await chatModel({})).invoke([new SystemMessage("Answer."), ...thread(result)])).text;
    expect(await ask(`<foreign-data from="read_page">\n${page}\n</foreign-data>`)).toBe("At nine.");
    await expect(ask("Ships leave at ten.")).rejects.toMatchObject({ code: "cassette-miss" });
  });

  test("can be made of a stored thread", async () => {
    const { messages } = await recordedRun();
    const file = await newFile();
    configure({ ...noModel, MODEL: `record:${file}` });
    await chatModel({});
    await writeFile(
      file,
      threadCassette(messages)
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join(""),
    );
    configure({ ...noModel, MODEL: `replay:${file}` });
    expect(texts(await ask())).toEqual(texts(messages));
  });

  test.each([
    ["that is not there", undefined, /cannot be read/],
    ["with a line that is no JSON", "{", /wrong line 1: it is not JSON/],
    ["with a line that is no call", '{"key":"x"}', /wrong line 1/],
  ])("%s is refused by name", async (_, text, reason) => {
    const file = join(await mkdtemp(join(tmpdir(), "signalbox-cassette-")), "wrong.jsonl");
    if (text !== undefined) await writeFile(file, text);
    configure({ ...noModel, MODEL: `replay:${file}` });
    await expect(chatModel({})).rejects.toThrow(reason);
  });

  test("that is recorded again keeps one reply of each call", async () => {
    const { file } = await recordedRun();
    const before = await readFile(file, "utf8");
    await using server = await scriptedModel(calculation, { content: "It is 42." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await ask();
    expect(await readFile(file, "utf8")).toBe(before);
  });

  test("records instructions too, so that another prompt is another call", async () => {
    const file = await newFile();
    const say = async (told: string) =>
      (await (await chatModel({})).invoke([new SystemMessage(told), new HumanMessage("Go.")])).text;
    await using server = await scriptedModel({ content: "Gone." });
    configure({ ...noModel, MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url });
    await say("Be brief.");
    configure({ ...noModel, MODEL: `replay:${file}` });
    await expect(say("Be long.")).rejects.toThrow(/message 1/);
  });
});

function usageOf(message: BaseMessage): unknown {
  return (message as { usage_metadata?: { total_tokens?: number } }).usage_metadata?.total_tokens;
}
