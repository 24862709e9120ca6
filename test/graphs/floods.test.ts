/** What floods a graph, through the server: each has a typed outcome, and the thread goes on with the next message. */
import { fileURLToPath } from "node:url";
import { ToolMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, test } from "vitest";
import { type RunningServer, start } from "../../src/main.ts";
import { calculator } from "../../tools/calculator.ts";
import { calling, noModel, type ScriptedModel, scriptedModel } from "../llm/scripted-model.ts";
import { sdkClient } from "../support/clients.ts";
import { createTestDatabase, type FreshDatabase } from "../support/databases.ts";

const configPath = fileURLToPath(new URL("../../langgraph.json", import.meta.url));
const say = (content: string) => ({ messages: [{ type: "human", content }] });
interface Values {
  readonly messages: readonly { readonly type: string; readonly content: string; readonly status?: string }[];
  readonly outcome: { readonly kind: string; readonly reason: string } | null;
}

/** A server whose model says `replies`, with the limits of `environment`. */
async function serving(replies: Parameters<typeof scriptedModel>, environment: Record<string, string> = {}) {
  const model: ScriptedModel = await scriptedModel(...replies);
  const database: FreshDatabase = await createTestDatabase("sqlite");
  const settings = { ...noModel, MODEL: "openai:scripted", OPENAI_BASE_URL: model.url, LOG_LEVEL: "silent", PORT: "0" };
  const server: RunningServer = await start({
    configPath,
    environment: { ...settings, DATABASE_URL: database.url, ...environment },
  });
  const client = sdkClient(server.url);
  const { thread_id } = await client.threads.create();
  return {
    client,
    thread_id,
    /** The state after a message, with its tokens streamed, as a chat window has it. */
    async tell(graph: string, text: string): Promise<Values> {
      const streamMode: ["messages-tuple"] = ["messages-tuple"];
      for await (const _ of client.runs.stream(thread_id, graph, { input: say(text), streamMode }));
      return (await client.threads.getState<Values>(thread_id)).values;
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await database.drop();
      await model[Symbol.asyncDispose]();
    },
  };
}

const fine = { content: "Fine." };
const calculating = calling(["call_1", "calculator", '{"expression":"6 * 7"}']);
const last = ({ messages }: Values) => messages.at(-1)?.content;
const observed = ({ messages }: Values) => messages.find(({ type }) => type === "tool");

describe("A thread goes on after", () => {
  const { invoke } = calculator;
  afterEach(() => {
    calculator.invoke = invoke;
  });

  test("a streamed reply that asks for 10,000 calls, which is not read to its end", async () => {
    const wide = Array.from({ length: 10_000 }, (_, index) => [`call_${index}`, "calculator", "{}"] as const);
    await using served = await serving([calling(...wide), fine]);
    await served.tell("react", "Everything");
    const { status } = await served.client.threads.get(served.thread_id);
    const [run] = await served.client.runs.list(served.thread_id);
    expect([status, run?.status]).toEqual(["error", "error"]);
    expect(run).toMatchObject({ error: { message: expect.stringContaining("more than 256 tool calls") } });
    expect(last(await served.tell("react", "And now?"))).toBe("Fine.");
  });

  test("a tool that hangs", async () => {
    Object.assign(calculator, { invoke: () => new Promise(() => {}) });
    await using served = await serving([calculating, { content: "It hangs." }, fine], { TOOL_MS: "50" });
    const values = await served.tell("react", "6 * 7?");
    expect(observed(values)).toMatchObject({ status: "error", content: "It did not answer within 0.05 s." });
    expect([last(values), values.outcome?.kind]).toEqual(["It hangs.", "answered"]);
    expect(last(await served.tell("react", "And now?"))).toBe("Fine.");
  });

  test("a tool that returns 100 MB", async () => {
    const flood = new ToolMessage({
      content: "x".repeat(100 * 1024 * 1024),
      tool_call_id: "call_1",
      name: "calculator",
    });
    Object.assign(calculator, { invoke: async () => flood });
    await using served = await serving([calculating, { content: "Long." }, fine]);
    const values = await served.tell("react", "6 * 7?");
    expect(observed(values)?.content).toMatch(/^x{50000}\n\(Cut: the result has 104857600 characters\.\)/);
    expect([last(values), values.outcome?.kind]).toEqual(["Long.", "answered"]);
    expect(last(await served.tell("react", "And now?"))).toBe("Fine.");
  });

  test("a plan of 1,000 steps", async () => {
    const steps = Array.from({ length: 1_000 }, (_, index) => `Step ${index}`);
    const plan = calling(["plan", "plan", JSON.stringify({ steps })]);
    await using served = await serving([plan, plan, fine]);
    const values = await served.tell("plan-and-execute", "All of it");
    expect(values.outcome).toMatchObject({ kind: "model-failed", reason: expect.stringContaining("<=10 items") });
    expect(last(await served.tell("react", "And now?"))).toBe("Fine.");
  });

  test("a document of 5 MB", async () => {
    await using served = await serving([fine]);
    const values = await served.tell("prompt-chaining", "word ".repeat(1024 * 1024));
    expect(values.outcome).toMatchObject({ kind: "input-refused", reason: expect.stringContaining("5242880") });
    expect(last(await served.tell("react", "And now?"))).toBe("Fine.");
  });
});
