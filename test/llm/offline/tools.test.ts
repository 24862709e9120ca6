/** The offline model with tools: which it calls, with what, and what it makes of their results. */
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
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
      properties: {
        to: { type: "string", format: "email" },
        subject: { type: "string" },
        on: { type: "string", description: "The date" },
      },
      required: ["to", "subject"],
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
    ["Could you compute max(3, 5) + 2 ^ 3 for me, please?", "max(3, 5) + 2 ^ 3"],
    ["Was ist 23 * 19?", "23 * 19"],
    ["¿Cuánto es 23 * 19, por favor?", "23 * 19"],
    ["Multiply 37 by 14", "37 * 14"],
    ["Divide 144 by 12, please.", "144 / 12"],
    ["Subtract 2.5 from 1,000.", "1000 - 2.5"],
    ["Add 12, 5 and 30.", "sum(12, 5, 30)"],
    ["What's the sum of 3, 5 and 9?", "sum(3, 5, 9)"],
    ["average of 1,200 and 15", "mean(1200, 15)"],
    ["Was ist 12 mal 7 minus 4?", "12 * 7 - 4"],
    ["Combien font 15 % de 840 ?", "15 / 100 * 840"],
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
      'Send an e-mail to "bob@example.com" with the subject "Lunch"',
      [["send_email", { to: "bob@example.com", subject: "Lunch" }]],
    ],
    [
      'Send an e-mail to "ann@example.com" on 5 March 2026, subject "Hi"',
      [["send_email", { to: "ann@example.com", subject: "Hi", on: "5 March 2026" }]],
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
