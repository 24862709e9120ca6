/** What a graph's run is seen to do, through a real engine. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../../src/evals/contract.ts";
import { type EvalProject, evalProject, type Ran, suite, summaryOf, trialsOf } from "./project.ts";

let project: EvalProject;
let ran: Ran;
let results: Map<string, Result>;

beforeAll(async () => {
  project = await evalProject({
    "evals/suites/small.eval.ts": suite(`dataset: "../items.jsonl", target: "worker"`),
    // After the others, when all is loaded, so that its time is the graph's alone.
    "evals/suites/z.eval.ts": suite(
      `dataset: [{ id: "hanging", input: "hang", expected: "" }], target: "worker", timeout: 2000`,
    ),
    "evals/items.jsonl": [
      { id: "tool", input: "double 21", expected: "42" },
      { id: "model", input: "Calculate nothing.", expected: "?" },
      { id: "paused", input: "ask me", expected: "" },
      { id: "half", input: "ask me", expected: "", resume: ["yes"] },
      { id: "answered", input: "ask me", expected: "yes and no", resume: ["yes", "no"] },
      { id: "state", input: { messages: [{ role: "user", content: "double 2" }] }, expected: "4" },
      { id: "recalled", before: ["remember blue", "double 3"], input: "recall", expected: "blue" },
      { id: "nothing", input: "recall", expected: "Nothing." },
      { id: "never", before: ["fail"], input: "recall", expected: "" },
      { id: "broken", input: "fail", expected: "" },
    ]
      .map((item) => JSON.stringify(item))
      .join("\n"),
  });
  ran = await project.run();
  results = new Map((await trialsOf(ran)).map(({ item, result }) => [item, result]));
});

afterAll(() => project[Symbol.asyncDispose]());

test("The answer is the text of the last AI message; a text is one human message, an object the state as it is", () => {
  expect(results.get("tool")).toMatchObject({ output: "42", values: { answer: "42" } });
  expect(results.get("tool")?.messages[0]).toMatchObject({ type: "human", content: "double 21" });
  expect(results.get("state")?.output).toBe("4");
});

test("Nodes are listed in order, those of a subgraph behind their outer one", () => {
  expect(results.get("tool")?.nodes).toEqual(["begin", "work", "close", "close:note"]);
});

test("Calls of tools are listed with their results, and those that were refused with the reason", () => {
  expect(results.get("tool")?.toolCalls).toEqual([
    { name: "double", args: { number: 21 }, result: "42" },
    { name: "forbidden", args: {}, error: "There is no such tool." },
  ]);
});

test("A model's tokens, cost and first token are counted", () => {
  const { usage, cost, firstTokenMs, latencyMs } = results.get("model") as Result;
  expect(usage.input_tokens).toBeGreaterThan(0);
  expect(usage.output_tokens).toBeGreaterThan(0);
  // The offline model is free.
  expect(cost).toBe(0);
  expect(firstTokenMs).toBeLessThanOrEqual(latencyMs);
});

test("A run that is asked and has no answer stays paused", () => {
  expect(results.get("paused")).toMatchObject({
    output: "",
    interrupts: [{ question: "first?" }],
    nodes: ["begin"],
  });
  expect(results.get("paused")?.error).toBeUndefined();
});

test("Answers to interrupts are given in order, and a node that waited counts once", () => {
  expect(results.get("half")?.interrupts).toEqual([{ question: "first?" }, { question: "second?" }]);
  expect(results.get("answered")).toMatchObject({
    output: "yes and no",
    nodes: ["begin", "work", "close", "close:note"],
  });
});

test("Of interrupts that are raised at once each gets its own answer", async () => {
  const path = fileURLToPath(new URL("../fixtures/evals/two-questions.ts", import.meta.url));
  await using asking = await evalProject({
    "langgraph.json": JSON.stringify({ graphs: { asking: `${path}:graph` } }),
    "evals/suites/small.eval.ts": suite(
      `dataset: [
        { id: "both", input: "go", expected: "l and r", resume: ["l", "r"] },
        { id: "in-turn", input: "go", expected: "", resume: ["l"] },
      ], target: "asking"`,
    ),
  });
  const found = new Map((await trialsOf(await asking.run())).map(({ item, result }) => [item, result]));
  expect(found.get("both")).toMatchObject({ output: "l and r", interrupts: ["left?", "right?"] });
  expect(found.get("both")?.error).toBeUndefined();
  expect(found.get("in-turn")).toMatchObject({ output: "", interrupts: ["left?", "right?"] });
});

test("What is sent before is of the same user and not looked at, and no trial finds what another has stored", () => {
  expect(results.get("recalled")).toMatchObject({
    output: "blue",
    nodes: ["begin", "work", "close", "close:note"],
    toolCalls: [],
  });
  expect(results.get("nothing")?.output).toBe("Nothing.");
  expect(results.get("never")?.error?.message).toBe("what was sent before failed: the graph is broken");
});

test("A run that fails has its error and its trace, and counts as failed", async () => {
  expect(results.get("broken")).toMatchObject({
    error: { error: "Error", message: "the graph is broken" },
    nodes: ["begin"],
  });
  expect(results.get("broken")?.trace_id).toMatch(/^[0-9a-f]{32}$/);
  const broken = (await trialsOf(ran)).find(({ item }) => item === "broken");
  expect(broken).toMatchObject({ passed: false, scores: [{ name: "exact", value: 0 }] });
});

test("A run that hangs is ended at its time, shows how far it got, and the others go on", () => {
  expect(results.get("hanging")).toMatchObject({ error: { error: "timeout", message: "no end after 2 s" } });
  expect(results.get("hanging")).toMatchObject({ nodes: ["begin"], trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(summaryOf(ran)).toMatchObject({ errors: 2, missing: 0 });
  expect(summaryOf(ran, "z")).toMatchObject({ errors: 1, missing: 0 });
  expect(ran.exitCode).toBe(3);
});
