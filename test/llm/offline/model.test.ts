/** The offline model, as a chat model that a graph uses. */
import { readdirSync, readFileSync } from "node:fs";
import { AIMessage, HumanMessage, SystemMessage } from "@langchain/core/messages";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { OfflineChatModel } from "../../../src/llm/offline/model.ts";
import { calculator } from "../../../tools/calculator.ts";

const model = new OfflineChatModel();

describe("Asked about the conversation, the offline model", () => {
  const told = [
    new SystemMessage("The library closes at nine."),
    new HumanMessage("My name is Ada. I live in London."),
    new AIMessage("Noted."),
    new HumanMessage("What is my name? I live in Paris now."),
    new AIMessage("You said it."),
  ];

  test.each([
    ["What is my name?", 'You said: "My name is Ada."'],
    ["Where do I live?", 'You said: "I live in Paris now."'],
    ["When does the library close?", 'My instructions say: "The library closes at nine."'],
  ])("answers %j with what was said last", async (question, answer) => {
    expect((await model.invoke([...told, new HumanMessage(question)])).text).toBe(answer);
  });

  test("admits what it cannot know, what it has, and how to set a real model", async () => {
    const { text } = await model.bindTools([calculator]).invoke([...told, new HumanMessage("Why is the sky blue?")]);
    expect(text).toMatch(/offline model.*tools \(calculator\).*OPENAI_API_KEY.*MODEL=provider:name/);
    expect((await model.invoke("Hello")).text).toContain("none here");
  });
});

describe("Given a schema, the offline model", () => {
  test.each([
    [
      z.object({ name: z.string(), age: z.number().int(), city: z.string() }),
      "Ada Lovelace is 36 years old and lives in London.",
      { name: "Ada Lovelace", age: 36, city: "London" },
    ],
    [z.object({ width: z.number(), height: z.number() }), "Make it height 5 and width 3", { width: 3, height: 5 }],
    [
      z.object({ category: z.enum(["billing", "technical"]), urgent: z.boolean(), count: z.number().optional() }),
      "I have a technical problem and it is urgent!",
      { category: "technical", urgent: true },
    ],
    [
      z.object({
        people: z.array(z.string()),
        dates: z.array(z.string().describe("date")),
      }),
      "Ada Lovelace met Charles Babbage on 5 June 1833 and 1834-01-02.",
      { people: ["Ada Lovelace", "Charles Babbage"], dates: ["5 June 1833", "1834-01-02"] },
    ],
    [
      z.object({
        event: z.object({
          title: z.string(),
          when: z.string().describe("date"),
          at: z.object({ city: z.string().nullable() }),
        }),
      }),
      'Plan "Team lunch" on March 5, 2026 in Berlin',
      { event: { title: "Team lunch", when: "March 5, 2026", at: { city: "Berlin" } } },
    ],
    [
      z.object({ route: z.union([z.literal("code"), z.literal("search")]) }),
      "please search for it",
      { route: "search" },
    ],
    [z.object({ score: z.number().min(0).max(10), rest: z.string().optional() }), "7 of 10, not 70", { score: 7 }],
    [
      z.object({ score: z.number().min(1), ok: z.boolean(), list: z.array(z.string()) }),
      "",
      { score: 1, ok: false, list: [] },
    ],
  ])("fills it from the text (%#)", async (schema, text, value) => {
    expect(await model.withStructuredOutput(schema).invoke(text)).toEqual(value);
  });

  test("takes JSON schemas and gives the message beside the value", async () => {
    const schema = { type: "object", properties: { total: { type: "number" } }, required: ["total"] };
    const { raw, parsed } = await model
      .withStructuredOutput(schema, { name: "invoice", includeRaw: true })
      .invoke("Total: 12.50");
    expect(parsed).toEqual({ total: 12.5 });
    expect(raw).toMatchObject({ tool_calls: [{ type: "tool_call", name: "invoice", args: { total: 12.5 } }] });
  });

  test("gives nothing that the schema does not allow", async () => {
    const schema = z.object({ code: z.string().regex(/^[A-Z]{3}-\d{3}$/) });
    await expect(model.withStructuredOutput(schema).invoke("no code here")).rejects.toThrow(/parse/i);
  });
});

describe("Streaming, the offline model", () => {
  const question = "Who are you?";

  test("says the same as when it is invoked, token by token", async () => {
    const tokens: string[] = [];
    const heard: string[] = [];
    const callbacks = [{ handleLLMNewToken: (token: string) => void heard.push(token) }];
    for await (const { text } of await model.stream(question, { callbacks })) tokens.push(text);
    expect(tokens.length).toBeGreaterThan(20);
    expect(tokens.join("")).toBe((await model.invoke(question)).text);
    expect(heard).toEqual(tokens);
  });

  test("names itself and reports usage in exactly one chunk", async () => {
    const chunks = await Array.fromAsync(await model.stream(question));
    const last = chunks.at(-1);
    expect(chunks.filter(({ response_metadata }) => "model_name" in response_metadata)).toEqual([last]);
    expect(chunks.filter(({ usage_metadata }) => usage_metadata)).toEqual([last]);
    expect(last?.response_metadata.model_name).toBe("offline");
    expect(last?.usage_metadata).toEqual({
      input_tokens: 4,
      output_tokens: chunks.length - 1,
      total_tokens: chunks.length + 3,
    });
    expect((await model.invoke(question)).usage_metadata).toEqual(last?.usage_metadata);
  });

  test("streams its tool calls too", async () => {
    const chunks = await Array.fromAsync(await model.bindTools([calculator]).stream("What is 2+2 and 3*3?"));
    const whole = chunks.reduce((sum, chunk) => sum.concat(chunk));
    expect(whole.tool_calls?.map(({ args }) => args)).toEqual([{ expression: "2+2" }, { expression: "3*3" }]);
  });

  test("lets others work between two tokens", async () => {
    let turns = 0;
    let isDone = false;
    const work = () => {
      turns++;
      if (!isDone) setImmediate(work);
    };
    setImmediate(work);
    const chunks = await Array.fromAsync(await model.stream(question));
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(chunks.length);
  });

  test("ends before a stop sequence", async () => {
    const { text } = await model.invoke(question, { stop: ["no such words", " language", " offline"] });
    expect(text).toBe("I am Signalbox's");
  });

  test("ends when it is aborted", async () => {
    const abort = new AbortController();
    const tokens: string[] = [];
    const read = async () => {
      for await (const { text } of await model.stream(question, { signal: abort.signal })) {
        tokens.push(text);
        if (tokens.length === 3) abort.abort();
      }
    };
    await expect(read()).rejects.toThrow(/abort/i);
    expect(tokens).toHaveLength(3);
    await expect(model.invoke(question, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

test("The offline model has at most 500 lines, for good", () => {
  const folder = new URL("../../../src/llm/offline/", import.meta.url);
  const lines = readdirSync(folder).flatMap((name) =>
    readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n"),
  );
  expect(lines.length).toBeLessThanOrEqual(500);
});
