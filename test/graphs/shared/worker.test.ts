/** A worker as any graph may use it: what it is told, which model and tools it has, and what it spends. */
import { HumanMessage } from "@langchain/core/messages";
import { END, MessagesValue, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { budgetState } from "../../../graphs/shared/budget.ts";
import { taintState } from "../../../graphs/shared/taint.ts";
import { type Job, readingTools, work } from "../../../graphs/shared/worker.ts";
import { calculator } from "../../../tools/calculator.ts";
import { calling, scriptedModel } from "../../llm/scripted-model.ts";

const State = new StateSchema({
  messages: MessagesValue,
  tainted: taintState,
  budget: budgetState,
  result: z.string().default(""),
});

/** A graph of one node, which has the job done. */
const employing = (job: Partial<Job> = {}) =>
  new StateGraph(State, { context: z.object({}) })
    .addNode("employ", (state, runtime) =>
      work(state, runtime, {
        brief: ["Background", "Calculate 6 * 7"],
        instructions: "Be exact.",
        node: "employ",
        ...job,
      }),
    )
    .addEdge(START, "employ")
    .addEdge("employ", END)
    .compile();
const input = { messages: [new HumanMessage("A larger task")] };
/** A config with an assistant's context. */
const assistant = (context: object): object => ({ context });

const calculating = (expression: string) => calling(["call", "calculator", JSON.stringify({ expression })]);
const answer = { content: "42." };

describe("A worker", () => {
  test("knows its brief and its instructions, and nothing else of the task", async () => {
    await using model = await scriptedModel(calculating("6 * 7"), answer);
    const { result, messages } = await employing().invoke(input);
    expect(result).toBe("42.");
    expect(messages).toHaveLength(1);
    const [first] = model.requests();
    expect(first?.messages.map(({ content }) => content)).toEqual(["Be exact.", "Background", "Calculate 6 * 7"]);
  });

  test("says nothing to the user", async () => {
    await using _ = await scriptedModel(calculating("6 * 7"), answer);
    const chunks = await Array.fromAsync(await employing().stream(input, { streamMode: "messages" }));
    expect(chunks).toEqual([]);
  });

  test("has the model that the context names for its node, and else the context's", async () => {
    await using model = await scriptedModel(answer, answer);
    await employing().invoke(input, assistant({ model: "openai:all", models: { employ: "openai:one" } }));
    await employing().invoke(input, assistant({ model: "openai:all", models: { other: "openai:one" } }));
    expect(model.requests().map((request) => request.model)).toEqual(["one", "all"]);
  });

  test("has the tools of its job, and else all", async () => {
    await using model = await scriptedModel(answer, answer);
    await employing({ tools: ["current_time"] }).invoke(input);
    await employing().invoke(input);
    const tools = model.requests().map((request) => request.tools?.map((tool) => tool.function.name));
    expect(tools).toEqual([["current_time"], ["calculator", "current_time", "search_documents"]]);
  });

  test("spends the budget of the task, and no more than is left of it", async () => {
    await using model = await scriptedModel(calculating("1"), calculating("2"), answer);
    const { result, budget } = await employing().invoke(input, assistant({ budget: { steps: 2 } }));
    expect(result).toMatch(/^calculator: 1\ncalculator: 2\n\nI stopped here: the budget of 2 calls/);
    expect(budget).toMatchObject({ steps: 2, tokens: expect.any(Number) });
    expect(budget.tokens).toBeGreaterThan(0);
    expect(model.requests()).toHaveLength(2);
  });

  test("stops before its own supersteps run out, whatever is left", async () => {
    const replies = Array.from({ length: 20 }, (_, index) => calculating(String(index)));
    await using model = await scriptedModel(...replies);
    const { result } = await employing().invoke(input, assistant({ budget: { steps: 500 } }));
    expect(result).toContain("the budget of 10 calls");
    expect(model.requests()).toHaveLength(10);
  });

  test("gives no endless result", async () => {
    await using _ = await scriptedModel({ content: "x".repeat(20_000) });
    expect((await employing().invoke(input)).result).toHaveLength(10_000);
  });
});

describe("The tools that only look things up", () => {
  const { metadata } = calculator;
  afterEach(() => {
    calculator.metadata = metadata;
  });

  test("are those that say so", async () => {
    expect(await readingTools()).toEqual(["calculator", "current_time", "search_documents"]);
    calculator.metadata = { effect: "external" };
    expect(await readingTools()).toEqual(["current_time", "search_documents"]);
  });
});
