/** Evaluators of the openevals package, used as they are. */
import { createJsonMatchEvaluator, createLLMAsJudge, createTrajectoryMatchEvaluator, exactMatch } from "openevals";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/evals/contract.ts";
import { fromOpenevals, openAiMessages } from "../../../src/evals/evaluators/openevals.ts";
import { chatModel } from "../../../src/llm/chat-model.ts";
import { calling, scriptedModel } from "../../llm/scripted-model.ts";
import { scoreOf, scoresOf } from "./support.ts";

describe("openevals' exactMatch", () => {
  const evaluator = fromOpenevals(exactMatch, "same");

  test("is an evaluator here", async () => {
    expect(await scoreOf(evaluator, "42", "42")).toEqual({ name: "same", value: 1, passed: true });
    expect(await scoreOf(evaluator, "42", "41")).toMatchObject({ value: 0, passed: false });
  });

  test("is not asked where nothing is expected", async () => {
    expect(evaluator.needsExpected).toBe(true);
    await expect(scoresOf(evaluator, {}, { output: "42" })).rejects.toMatchObject({ code: "invalid-dataset" });
  });
});

describe("openevals' trajectory evaluators", () => {
  const ask = (args: object): Message => ({
    type: "ai",
    content: "",
    tool_calls: [{ id: "c1", name: "weather", args, type: "tool_call" }],
  });
  const conversation = (args: object): Message[] => [
    { type: "human", content: "What is the weather in Porto?" },
    ask(args),
    { type: "tool", content: "Rain", tool_call_id: "c1" },
    { type: "ai", content: "It rains." },
  ];
  const evaluator = fromOpenevals(createTrajectoryMatchEvaluator({ trajectoryMatchMode: "strict" }), "way", {
    outputs: ({ result }) => openAiMessages(result.messages),
    expected: ({ metadata }) => metadata.conversation,
  });

  test("read the messages of a result", async () => {
    const call = { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Porto"}' } };
    const metadata = {
      conversation: [
        { role: "user", content: "What is the weather in Porto?" },
        { role: "assistant", content: "", tool_calls: [call] },
        { role: "tool", content: "Rain", tool_call_id: "c1" },
        { role: "assistant", content: "It rains." },
      ],
    };
    expect(await scoresOf(evaluator, { metadata }, { messages: conversation({ city: "Porto" }) })).toMatchObject([
      { name: "way", passed: true },
    ]);
    expect(await scoresOf(evaluator, { metadata }, { messages: conversation({ city: "Lisbon" }) })).toMatchObject([
      { passed: false },
    ]);
  });
});

describe("openevals' JSON evaluator", () => {
  test("gives a score for each key, told apart by name", async () => {
    const evaluator = fromOpenevals(createJsonMatchEvaluator({}), "invoice", {
      outputs: ({ result }) => result.values.invoice,
      expected: () => ({ customer: "Nadia", total: 3 }),
    });
    const scores = await scoresOf(evaluator, {}, { values: { invoice: { customer: "Nadia", total: 4 } } });
    expect(scores).toMatchObject([
      { name: "invoice:json_match:customer", value: 1, passed: true },
      { name: "invoice:json_match:total", value: 0, passed: false },
    ]);
  });
});

describe("openevals' judge", () => {
  const prompt = "Is this concise? {inputs} {outputs}";

  test("asks a model of ours, and passes from its bound on", async () => {
    await using _ = await scriptedModel(
      { content: JSON.stringify({ reasoning: "It is short.", score: 0.75 }) },
      calling(["c1", "score", JSON.stringify({ reasoning: "It is short.", score: 0.75 })]),
    );
    const judge = createLLMAsJudge({ prompt, judge: await chatModel({}), continuous: true, feedbackKey: "concise" });
    const evaluator = fromOpenevals(judge, "concise", { needsExpected: false, min: 0.7 });
    expect(await scoresOf(evaluator, {}, { output: "42" })).toEqual([
      { name: "concise", value: 0.75, passed: true, comment: "It is short." },
    ]);
  });
});

describe("What is no evaluator of openevals", () => {
  test.each([[undefined], [{ score: 1 }], [{ key: "x", score: "high" }], [{ key: "x", score: Number.NaN }]])(
    "is refused when it gives %j",
    async (given) => {
      const evaluator = fromOpenevals(() => given, "odd", { needsExpected: false });
      await expect(scoresOf(evaluator, {}, {})).rejects.toThrow("odd: the evaluator gave no { key, score }.");
    },
  );

  test("fails below its bound", async () => {
    const evaluator = fromOpenevals(() => ({ key: "x", score: 0.69 }), "low", { needsExpected: false, min: 0.7 });
    expect(await scoresOf(evaluator, {}, {})).toMatchObject([{ value: 0.69, passed: false }]);
  });

  test("is kept within 0 to 1", async () => {
    const evaluator = fromOpenevals(() => ({ key: "x", score: 7 }), "high", { needsExpected: false });
    expect(await scoresOf(evaluator, {}, {})).toMatchObject([{ value: 1, passed: true }]);
  });
});
