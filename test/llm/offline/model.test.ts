/** The offline model, as a chat model that a graph uses. */
import { readdirSync, readFileSync } from "node:fs";
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { OfflineChatModel } from "../../../src/llm/offline/model.ts";
import { calculator } from "../../../tools/calculator.ts";
import { currentTime } from "../../../tools/current-time.ts";

const model = new OfflineChatModel();

const weather = tool(() => "", {
  name: "get_weather",
  description: "Gets the weather forecast of a city",
  schema: z.object({
    city: z.string(),
    unit: z.enum(["celsius", "fahrenheit"]).optional(),
    days: z.number().int().max(14).optional(),
    hourly: z.boolean().optional(),
  }),
});
const search = {
  name: "searchWeb",
  description: "Searches the web for pages",
  input_schema: {
    type: "object",
    properties: { query: { type: "string" }, limit: { type: "integer", default: 5 } },
    required: ["query", "limit"],
  },
};
const mail = {
  type: "function",
  function: {
    name: "send_email",
    description: "Sends an e-mail",
    parameters: {
      type: "object",
      properties: { to: { type: "string", format: "email" }, subject: { type: "string" }, on: { $ref: "#/$defs/day" } },
      required: ["to", "subject"],
      $defs: { day: { type: "string", description: "The date to send it" } },
    },
  },
};
const tools = [calculator, currentTime, weather, search, mail];

async function callsFor(question: string) {
  const { tool_calls } = await model.bindTools(tools).invoke(question);
  return tool_calls?.map(({ name, args }) => [name, args]);
}

describe("Given tools, the offline model", () => {
  test.each([
    ["What is 23 * 19?", "23 * 19"],
    ["how much is 15% of 80 plus 3?", "15 / 100 * 80 + 3"],
    ["(2+3)^4?", "(2+3)^4"],
    ["What is -5 - -3?", "-5 - -3"],
    ["12 times 7", "12 * 7"],
    ["6 × 7 ÷ 2", "6 * 7 / 2"],
    ["1,234 * 2", "1234 * 2"],
    ["What is the square root of 144?", "sqrt(144)"],
    ["Could you compute max(3, 5) + 2 to the power of 3 for me, please?", "max(3, 5) + 2 ^ 3"],
    ["Was ist 23 * 19?", "23 * 19"],
    ["¿Cuánto es 23 * 19, por favor?", "23 * 19"],
    ["What is (which was 2 + 3) again?", "2 + 3"],
  ])("reads %j as arithmetic", async (question, expression) => {
    expect(await callsFor(question)).toEqual([["calculator", { expression }]]);
  });

  test.each([
    ["What time is it?", [["current_time", {}]]],
    ["what time is it in tokyo?", [["current_time", { timeZone: "Asia/Tokyo" }]]],
    ["What's the date in Europe/Paris?", [["current_time", { timeZone: "Europe/Paris" }]]],
    ["What's the weather in Paris today?", [["get_weather", { city: "Paris" }]]],
    [
      "Weather forecast, city: Rome, unit fahrenheit, 3 days, hourly",
      [["get_weather", { city: "Rome", unit: "fahrenheit", days: 3, hourly: true }]],
    ],
    ["Search the web for cats", [["searchWeb", { query: "Search the web for cats", limit: 5 }]]],
    [
      'Send an e-mail to bob@example.com with the subject "Lunch"',
      [["send_email", { to: "bob@example.com", subject: "Lunch" }]],
    ],
    [
      'Send ann@example.com an e-mail on 5 March 2026, subject "Hi"',
      [["send_email", { to: "ann@example.com", subject: "Hi", on: "2026-03-05" }]],
    ],
  ])("calls for %j the tool that speaks of it", async (question, calls) => {
    expect(await callsFor(question)).toEqual(calls);
  });

  test.each([
    ["What is 2+2? And what time is it in Paris?", ["calculator", "current_time"]],
    ["What is 2+2 and what's the weather in Rome", ["calculator", "get_weather"]],
    ["What is 2+2 and 3*3?", ["calculator", "calculator"]],
    ["What time is it in Tokyo and in New York?", ["current_time", "current_time"]],
    ["What is 2+2? I said: what is 2+2?", ["calculator"]],
  ])("answers all that %j asks, each once", async (question, names) => {
    expect((await callsFor(question))?.map(([name]) => name)).toEqual(names);
  });

  test.each([
    "hello",
    "",
    "Tell me about Madrid",
    "I had a good time yesterday",
    "Was ist das?",
    "今何時ですか？",
    "2024-05-01",
  ])("calls none for %j", async (question) => {
    expect(await callsFor(question)).toEqual([]);
  });

  test("answers from their results, and asks for nothing twice", async () => {
    const bound = model.bindTools(tools);
    const question = new HumanMessage("What is 23 * 19? And what is 1/0?");
    const asking = await bound.invoke([question]);
    const [first, second] = asking.tool_calls ?? [];
    const results = [
      new ToolMessage({ content: "437", tool_call_id: first?.id ?? "", name: "calculator" }),
      new ToolMessage({
        content: "no such thing",
        status: "error",
        tool_call_id: second?.id ?? "",
        name: "calculator",
      }),
    ];
    const answer = await bound.invoke([question, asking, ...results]);
    expect(answer.tool_calls).toEqual([]);
    expect(answer.text).toBe("23 * 19 = 437\nThe tool calculator failed: no such thing");
  });

  test("gives each call of a thread its own id", async () => {
    const bound = model.bindTools(tools);
    const messages = [new HumanMessage("2+2? And 3+3?")];
    const once = await bound.invoke(messages);
    const again = await bound.invoke([...messages, once, new AIMessage("4, 6"), ...messages]);
    const ids = [once, again].flatMap(({ tool_calls }) => tool_calls?.map(({ id }) => id));
    expect(new Set(ids).size).toBe(4);
  });

  test.each([
    ["none", []],
    ["any", ["get_weather"]],
    ["required", ["get_weather"]],
    ["send_email", ["send_email"]],
    [{ type: "function", function: { name: "searchWeb" } }, ["searchWeb"]],
    [{ type: "tool", name: "searchWeb" }, ["searchWeb"]],
  ])("obeys the choice %j", async (tool_choice, names) => {
    const { tool_calls } = await model.bindTools(tools, { tool_choice }).invoke("Weather?");
    expect(tool_calls?.map(({ name }) => name)).toEqual(names);
  });

  test("that must call one calls another than it has called already", async () => {
    const given = { type: "function", function: { name: "give_answer", parameters: {} } };
    const bound = model.bindTools([calculator, given], { tool_choice: "any" });
    const question = new HumanMessage("What is 6 * 7?");
    const first = await bound.invoke([question]);
    const result = new ToolMessage({ content: "42", tool_call_id: first.tool_calls?.[0]?.id ?? "" });
    const second = await bound.invoke([question, first, result]);
    expect([first, second].map(({ tool_calls }) => tool_calls?.[0]?.name)).toEqual(["calculator", "give_answer"]);
  });
});

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
        tags: z.array(z.enum(["red", "blue"])),
      }),
      "Ada Lovelace met Charles Babbage on 5 June 1833 and 1834-01-02, wearing red and blue.",
      { people: ["Ada Lovelace", "Charles Babbage"], dates: ["1833-06-05", "1834-01-02"], tags: ["red", "blue"] },
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
      { event: { title: "Team lunch", when: "2026-03-05", at: { city: "Berlin" } } },
    ],
    [
      z.object({ route: z.union([z.literal("code"), z.literal("search")]) }),
      "please search for it",
      { route: "search" },
    ],
    [
      z.object({ score: z.number().min(0).max(10), rest: z.string().default("none") }),
      "7 of 10, not 70",
      { score: 7, rest: "none" },
    ],
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
    expect(raw).toMatchObject({ tool_calls: [{ name: "invoice", args: { total: 12.5 } }] });
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
    const chunks = await Array.fromAsync(await model.bindTools(tools).stream("What is 2+2 and 3*3?"));
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
