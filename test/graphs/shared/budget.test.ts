/** The budget of a task: what counts, for how long, and what happens when it is spent. */
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import {
  Command,
  END,
  type GraphNode,
  interrupt,
  type LangGraphRunnableConfig,
  MemorySaver,
  MessagesValue,
  START,
  StateGraph,
  StateSchema,
} from "@langchain/langgraph";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Budget, BudgetContext, budgetState, exceeded, meter, remaining } from "../../../graphs/shared/budget.ts";
import { outcomeState, unanswered } from "../../../graphs/shared/outcome.ts";
import { structured } from "../../../graphs/shared/structured.ts";
import { chatModel } from "../../../src/llm/chat-model.ts";
import { calling, scriptedModel } from "../../llm/scripted-model.ts";

const State = new StateSchema({
  messages: MessagesValue,
  notes: z.array(z.string()).default([]),
  budget: budgetState,
  outcome: outcomeState,
});
type Node = GraphNode<typeof State, BudgetContext>;

/** Asks the model for one note after the other, for ever. */
const note: Node = async (state, runtime) => {
  const over = exceeded(state, runtime);
  if (over) return unanswered(over, state.notes.join(" "));
  const spending = meter(state, runtime);
  const { text } = await (await chatModel({})).invoke(state.messages, spending.config);
  return { notes: [...state.notes, text], outcome: null, budget: spending.spent() };
};
const pause: Node = ({ notes }) => {
  if (notes.length === 1) interrupt("Go on?");
  return {};
};
const forever = new StateGraph(State, { context: BudgetContext })
  .addNode("note", note)
  .addNode("pause", pause)
  .addEdge(START, "note")
  .addConditionalEdges("note", ({ outcome }) => (outcome ? END : "pause"), ["pause", END])
  .addEdge("pause", "note")
  .compile({ checkpointer: new MemorySaver() });

const nothing: Budget = { task: null, run: "", from: 0, to: 0, steps: 0, tokens: 0, seconds: 0, cost: 0 };
const usage = { prompt_tokens: 60, completion_tokens: 40 };
const notes = ["One.", "Two.", "Three.", "Four.", "Five."].map((content) => ({ content, usage }));
const ask = () => ({ messages: [new HumanMessage("Go.")] });
const onThread = (budget: object, rest: object = {}) => ({
  ...rest,
  configurable: { thread_id: crypto.randomUUID() },
  context: { budget },
});
const resume = new Command<string, Record<string, never>, "note">({ resume: "yes" });
const said = (messages: BaseMessage[]) => messages.at(-1)?.text;

afterEach(() => {
  vi.useRealTimers();
});

describe("A budget", () => {
  test.each([
    [{ steps: 2 }, "One. Two.\n\nI stopped here: the budget of 2 calls of the model is spent."],
    [{ tokens: 250 }, "One. Two. Three.\n\nI stopped here: the budget of 250 tokens is spent."],
  ])("of %j ends the work, and keeps what was done", async (budget, words) => {
    await using _ = await scriptedModel(...notes);
    const config = onThread(budget);
    await forever.invoke(ask(), config);
    const { messages, outcome } = await forever.invoke(resume, config);
    expect(said(messages)).toBe(words);
    expect(outcome?.kind).toBe("budget-exceeded");
  });

  test("of nothing at all ends it before the first call", async () => {
    await using model = await scriptedModel();
    const { outcome } = await forever.invoke(ask(), onThread({ seconds: 0 }));
    expect(outcome?.kind).toBe("budget-exceeded");
    expect(model.requests()).toEqual([]);
  });

  test("begins anew with the next message", async () => {
    await using _ = await scriptedModel(...notes);
    const config = onThread({ steps: 1 });
    await forever.invoke(ask(), config);
    expect((await forever.invoke(resume, config)).outcome?.kind).toBe("budget-exceeded");
    const next = await forever.invoke({ ...ask(), notes: [] }, config);
    expect(next.budget).toMatchObject({ steps: 1, tokens: 100 });
    expect(next.outcome).toBeNull();
  });

  test("of seconds does not count the time in which a human thinks", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    await using _ = await scriptedModel(...notes);
    const config = onThread({ seconds: 60 });
    await forever.invoke(ask(), { ...config, metadata: { run_id: "first" } });
    vi.setSystemTime(9_000_000);
    const { values } = await forever.getState(config);
    expect(remaining(values as { budget: Budget }, { context: { budget: { seconds: 60 } } }).seconds).toBe(60);
  });

  test("of seconds is spent by the clock, also between two steps", () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
    const runtime = { context: { budget: { seconds: 60 } } };
    const messages = [new HumanMessage({ id: "task", content: "Go." })];
    const start = meter({ messages }, runtime);
    vi.setSystemTime(1_010_000);
    const state = { messages, budget: budgetState.reducer(nothing, start.spent()) };
    vi.setSystemTime(1_059_000);
    expect(remaining(state, runtime).seconds).toBe(1);
    vi.setSystemTime(1_060_000);
    expect(exceeded(state, runtime)?.reason).toContain("60 seconds");
  });

  test("is the graph's where the context says nothing, and never over the server's caps", () => {
    expect(remaining({}, {}, { steps: 12 })).toEqual({ steps: 12, tokens: 500_000, seconds: 600 });
    const greedy = { context: { budget: { steps: 1e9, tokens: 1e9, seconds: 1e9 } } };
    expect(remaining({}, greedy)).toEqual({ steps: 500, tokens: 5_000_000, seconds: 3_600 });
    expect(BudgetContext.safeParse({ budget: { steps: -1 } }).success).toBe(false);
  });
});

describe("A budget of dollars", () => {
  const runtime: LangGraphRunnableConfig<BudgetContext> = { context: { budget: { cost: 0.01 } } };
  const spent = async () => {
    const spending = meter({}, runtime);
    await (await chatModel({})).invoke("Hello", spending.config);
    return { budget: budgetState.reducer(nothing, spending.spent()) };
  };

  test("is spent where the model's price is known", async () => {
    const tokens = { prompt_tokens: 2_000, completion_tokens: 1_000 };
    await using _ = await scriptedModel({ content: "Hi.", usage: tokens, model: "gpt-4o-2024-08-06" });
    const { budget } = await spent();
    expect(budget.cost).toBeCloseTo(0.015);
    expect(exceeded({ budget }, runtime)?.reason).toContain("budget of 0.01 dollars");
    expect(remaining({ budget }, runtime).cost).toBe(0);
  });

  test("is unknown where it is not, and then nothing is counted on it", async () => {
    await using _ = await scriptedModel({ content: "Hi.", usage, model: "home-made" });
    const { budget } = await spent();
    expect(budget.cost).toBeNull();
    expect(exceeded({ budget }, runtime)).toBeUndefined();
    expect(remaining({ budget }, runtime)).not.toHaveProperty("cost");
  });
});

describe("A meter", () => {
  test("counts every call that is made with its config, the quiet and the repaired ones too", async () => {
    await using _ = await scriptedModel({ content: "no", usage }, { ...calling(["a", "it", '{"ok":true}']), usage });
    const spending = meter({}, {});
    const schema = z.object({ ok: z.boolean() });
    await structured(await chatModel({}), schema, [new HumanMessage("ok?")], spending.config, { name: "it" });
    expect(spending.spent()).toMatchObject({ steps: 2, tokens: 200 });
  });

  test("adds up what parallel tasks spend", () => {
    const messages = [new HumanMessage({ id: "task", content: "Go." })];
    const spend = () => ({ ...meter({ messages }, {}).spent(), steps: 1, tokens: 10 });
    const sum = [spend(), spend(), spend()].reduce(budgetState.reducer, nothing);
    expect(sum).toMatchObject({ task: "task", steps: 3, tokens: 30 });
  });
});
