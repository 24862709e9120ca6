/** A tool call and what the model observes of it: results, errors, limits, repetitions and a human's word. */
import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Command, MemorySaver, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { needsApproval } from "../../../graphs/shared/approval.ts";
import { answerable, callsOf, observe, repeated } from "../../../graphs/shared/tool-calls.ts";
import { hashOfJson } from "../../../src/canonical-json.ts";

const limits = { toolMs: 10_000, toolResultChars: 20 };
const sent: unknown[] = [];

const read = { metadata: { effect: "read" } };
const look = tool(({ what }) => (what === "trouble" ? Promise.reject(new Error("It is closed.")) : `Saw ${what}.`), {
  name: "look",
  description: "Looks at something.",
  schema: z.object({ what: z.string() }),
  ...read,
});
const sleep = tool(() => new Promise<string>(() => {}), {
  name: "sleep",
  description: "",
  schema: z.object({}),
  ...read,
});
const flood = tool(() => "x".repeat(100_000_000), { name: "flood", description: "", schema: z.object({}), ...read });
const send = tool(
  (mail) => {
    sent.push(mail);
    return `Sent to ${mail.to}.`;
  },
  {
    name: "send",
    description: "Sends a letter.",
    schema: z.object({ to: z.string(), text: z.string() }),
    metadata: { effect: "external" },
  },
);
const tools = [look, sleep, flood, send];
const call = (name: string, args: Record<string, unknown> = {}, id = "call") => ({ name, args, id });

describe("A tool call gives the model", () => {
  test("the tool's result", async () => {
    const result = await observe(call("look", { what: "Rome" }), tools, {});
    expect(result).toMatchObject({ text: "Saw Rome.", tool_call_id: "call", name: "look" });
  });

  test.each([
    ["the tool's error", call("look", { what: "trouble" }), /It is closed/],
    ["what is wrong with the arguments", call("look", { what: 7 }), /expected string/],
    ["the tools that there are", call("fly"), /no tool "fly".*look, sleep, flood, send/],
    ["the arguments that are not JSON", { name: "look", args: "{what", id: "call" }, /not a JSON object: \{what/],
  ])("%s", async (_, made, observed) => {
    const result = await observe(made, tools, {}, limits);
    expect(result).toMatchObject({ status: "error", tool_call_id: "call", content: expect.stringMatching(observed) });
  });

  test("no answer of a tool that hangs", async () => {
    const result = await observe(call("sleep"), tools, {}, { ...limits, toolMs: 30 });
    expect(result).toMatchObject({ status: "error", content: expect.stringMatching(/did not answer within 0\.03 s/) });
  });

  test("the beginning of a result that is too long, and how long it was", async () => {
    const { text } = await observe(call("flood"), tools, {}, limits);
    expect(text).toBe(`${"x".repeat(20)}\n(Cut: the result has 100000000 characters.)`);
  });

  test("nothing when the run is cancelled", async () => {
    const cancel = new AbortController();
    const result = observe(call("sleep"), tools, { signal: cancel.signal });
    cancel.abort(new Error("cancelled"));
    await expect(result).rejects.toThrow("cancelled");
    await expect(observe(call("look"), tools, { signal: cancel.signal })).rejects.toThrow("cancelled");
  });
});

describe("The calls of a reply", () => {
  test("are all answerable, those that are not JSON too", () => {
    const broken = { id: "two", name: "look", args: "{what", error: "not JSON" };
    const reply = new AIMessage({ content: "", tool_calls: [call("look", {}, "one")], invalid_tool_calls: [broken] });
    expect(answerable(reply).tool_calls?.map(({ id }) => id)).toEqual(["one", "two"]);
    expect(callsOf(reply).map(({ args }) => args)).toEqual([{}, "{what"]);
    expect(callsOf(new HumanMessage("no reply"))).toEqual([]);
  });

  test("are refused when they were made before for the same task", () => {
    const asking = (id: string, what: string) =>
      new AIMessage({ content: "", tool_calls: [call("look", { what }, id)] });
    const talk = [
      new HumanMessage("First."),
      asking("one", "Rome"),
      new ToolMessage("Saw Rome.", "one"),
      new HumanMessage("Second."),
      asking("two", "Rome"),
      new ToolMessage("Saw Rome.", "two"),
      asking("three", "Rome"),
      asking("four", "Paris"),
    ];
    expect(repeated(call("look", { what: "Rome" }, "two"), talk)).toBeUndefined();
    expect(repeated(call("look", { what: "Paris" }, "four"), talk)).toBeUndefined();
    expect(repeated(call("look", { what: "Rome" }, "three"), talk)).toMatchObject({
      status: "error",
      tool_call_id: "three",
      content: expect.stringMatching(/same arguments/),
    });
  });
});

describe("A tool that changes something", () => {
  const letter = { to: "Ada", text: "Hello" };
  const State = new StateSchema({ messages: MessagesValue });
  const compiled = () =>
    new StateGraph(State)
      .addNode("act", async (_, runtime) => ({ messages: [await observe(call("send", letter), tools, runtime)] }))
      .addEdge(START, "act")
      .compile({ checkpointer: new MemorySaver() });

  /** What the human is asked, and what the model observes after the answer. */
  async function approving(answer: (asked: { arguments_hash: string }) => unknown) {
    sent.length = 0;
    const graph = compiled();
    const config = { configurable: { thread_id: "thread" } };
    const waiting = (await graph.invoke({ messages: [] }, config)) as { __interrupt__?: { value: never }[] };
    expect(sent).toEqual([]);
    const asked = z.object({ arguments_hash: z.string() }).loose().parse(waiting.__interrupt__?.[0]?.value);
    const { messages } = await graph.invoke(new Command({ resume: answer(asked) }), config);
    return { asked, observed: messages.at(-1) };
  }

  test("shows a human the exact call first", async () => {
    const { asked } = await approving(() => "yes");
    const expected = { type: "approval", tool: "send", effect: "external", arguments: letter };
    expect(asked).toMatchObject({ ...expected, arguments_hash: hashOfJson({ text: "Hello", to: "Ada" }) });
  });

  test.each([
    ["yes", "yes"],
    ["OK.", "OK."],
    ["true", true],
    ["an approval", { approve: true }],
  ])("is called once after %s", async (_, answer) => {
    const { observed } = await approving(() => answer);
    expect(sent).toEqual([letter]);
    expect(observed?.text).toBe("Sent to Ada.");
  });

  test("is called after an approval that is bound to these arguments", async () => {
    await approving(({ arguments_hash }) => ({ approve: true, arguments_hash }));
    expect(sent).toEqual([letter]);
  });

  test("is called with the arguments that the human approves in place of the model's", async () => {
    const edited = { to: "Grace", text: "Hi" };
    const { observed } = await approving(() => ({ approve: true, arguments: edited }));
    expect(sent).toEqual([edited]);
    expect(observed?.text).toBe("Sent to Grace.");
  });

  test.each([
    ["no", "no", /did not approve.*no/],
    ["a reason", "Not on Sundays", /Not on Sundays/],
    ["a refusal", { approve: false, reason: "too early" }, /too early/],
    ["false", false, /no reason/],
    ["an approval of other arguments", { approve: true, arguments_hash: hashOfJson({ to: "Eve" }) }, /other arguments/],
    ["something else", { approved: "maybe" }, /expected yes, no/],
  ])("is not called after %s, and the model is told", async (_, answer, told) => {
    const { observed } = await approving(() => answer);
    expect(sent).toEqual([]);
    expect(observed).toMatchObject({ status: "error", tool_call_id: "call", content: expect.stringMatching(told) });
  });

  test("may not be called with edited arguments that it does not take", async () => {
    const { observed } = await approving(() => ({ approve: true, arguments: { to: 7 } }));
    expect(sent).toEqual([]);
    expect(observed).toMatchObject({ status: "error" });
  });

  test("is one that says so, or says nothing", () => {
    expect([look, send].map(needsApproval)).toEqual([false, true]);
    expect(needsApproval(tool(() => "", { name: "silent", description: "", schema: z.object({}) }))).toBe(true);
  });
});
