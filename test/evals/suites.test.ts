/** The suites of this project: what their cassette is recorded from, and that a graph broken on purpose turns them red. */
import { readdirSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { reactRecorded } from "../../evals/suites/react-recorded.eval.ts";
import { configure } from "../../src/config.ts";
import { loadDataset } from "../../src/evals/dataset/dataset.ts";
import { finalState } from "../../src/evals/evaluators/outcome.ts";
import { contains } from "../../src/evals/evaluators/text.ts";
import { expectEval, runEval } from "../../src/evals/expect-eval.ts";
import { loadSuites } from "../../src/evals/load-suites.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { chatModel } from "../../src/llm/chat-model.ts";
import { noModel } from "../llm/scripted-model.ts";
import { brokenProject, redSuites } from "./broken-project.ts";
import { mistakenModel } from "./mistaken-model.ts";
import { evalProject, type Ran, suite } from "./project.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "evals", "suites");
const config = join(root, "langgraph.json");
/** True if the page that a person reads has it. */
const reportSays = async ({ json }: Ran, words: string) =>
  (await readFile(join(json.path, "report.html"), "utf8")).includes(words);

const datasets = readdirSync(join(root, "evals", "datasets"));
const dataset = (name: string) => loadDataset(join(root, "evals", "datasets", name));

test("Each graph has a suite of 20 items and more, each with what is right and with its kind, difficulty, language", async () => {
  const { graphs } = JSON.parse(await readFile(config, "utf8"));
  const { suites, problems } = await loadSuites(root, []);
  expect(problems).toEqual([]);
  for (const graph of Object.keys(graphs)) {
    const { items, problems } = await loadDataset(suites.find(({ name }) => name === graph)?.dataset ?? "");
    expect(problems).toEqual([]);
    expect(items.length, graph).toBeGreaterThanOrEqual(graph === "assistant" ? 40 : 20);
    for (const { id, expected, tags } of items) {
      const [difficulty = "", language = ""] = tags.slice(-2);
      expect(expected, `${graph} ${id}`).toBeTypeOf("object");
      expect(["easy", "medium", "hard"], `${graph} ${id}`).toContain(difficulty);
      expect(language, `${graph} ${id}`).toMatch(/^[a-z]{2}$/);
      expect(tags.length, `${graph} ${id}`).toBeGreaterThan(2);
    }
  }
});

test.each(datasets)("The dataset %s loads as it is", async (name) => {
  const { items, problems } = await dataset(name);
  expect(problems).toEqual([]);
  expect(items.length).toBeGreaterThanOrEqual(10);
});

test("A client cannot name a cassette, nor any other file, as its model", async () => {
  configure(noModel);
  for (const model of ["cassette:react-recorded", "replay:evals/cassettes/react-mistakes.jsonl"])
    await expect(chatModel({ context: { model } })).rejects.toMatchObject({ code: "invalid-configuration" });
});

test("The committed cassette is what the graph records from the scripted model (-u records it anew)", async () => {
  await using server = await mistakenModel();
  const file = join(await mkdtemp(join(tmpdir(), "signalbox-suites-")), "cassette.jsonl");
  const environment = { MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "" };
  const { cassette: _, ...live } = reactRecorded;
  const run = await runEval(live, { folder, config, environment, concurrency: 1 });
  expectEval(run).toPass();
  await expect(await readFile(file, "utf8")).toMatchFileSnapshot(join(root, "evals/cassettes/react-mistakes.jsonl"));
});

describe("The documents of evals/documents", () => {
  test("are found by each graph, under their paths in the project", async () => {
    const crossing = defineEval({
      dataset: [{ id: "crossing", input: "How long does the crossing to Skerrow take?", expected: "55 minutes" }],
      target: "assistant",
      evaluators: [contains(), finalState("citations[0].source", { expected: () => "evals/documents/ferry.md" })],
    });
    expectEval(await runEval(crossing, { config })).toPass();
  });

  test("stop the run where one of them is broken, which is named", async () => {
    await using project = await evalProject({
      "evals/documents/broken.pdf": "%PDF-1.7 and nothing else",
      "evals/suites/small.eval.ts": suite(`dataset: [{ id: "a", input: "double 2", expected: "4" }], target: "worker"`),
    });
    await expect(project.run()).rejects.toMatchObject({
      code: "unreadable-document",
      message: expect.stringContaining("evals/documents/broken.pdf"),
    });
  });
});

describe("A graph that is broken on purpose turns its suite red, and no other", () => {
  test("a tool removed: react without its calculator", async () => {
    await using project = await brokenProject({
      graph: "react",
      file: "graphs/react.ts",
      line: ["configuredTools(context?.tools)", 'configuredTools(["current_time", "search_documents"])'],
    });
    const ran = await project.run(["react", "prompt-chaining", "event-driven"]);
    expect(redSuites(ran)).toEqual(["react"]);
    expect(ran.exitCode).toBe(2);
    expect(ran.text).toMatch(/gate computed >= 1 failed/);
    expect(await reportSays(ran, "Expected (unordered) calculator(…); got nothing.")).toBe(true);
  });

  test("a gate skipped: prompt-chaining delivers its report without a check", async () => {
    await using project = await brokenProject({
      graph: "prompt-chaining",
      file: "graphs/prompt-chaining.ts",
      line: [
        '.addEdge("write", "check_report")',
        '.addConditionalEdges("write", () => "deliver", ["deliver", "check_report"])',
      ],
    });
    const ran = await project.run(["prompt-chaining", "react"]);
    expect(redSuites(ran)).toEqual(["prompt-chaining"]);
    expect(ran.exitCode).toBe(2);
    expect(await reportSays(ran, "write went on without its gate")).toBe(true);
  });

  test("a gate that lets everything pass; without a baseline, it is the suite's own gates that tell", async () => {
    await using project = await brokenProject(
      {
        graph: "prompt-chaining",
        file: "graphs/prompt-chaining.ts",
        line: [
          "if (verdict.passed || state.verdict.passed) return said;",
          "return { ...said, verdict: { ...verdict, passed: true } };",
        ],
      },
      { baselines: false },
    );
    const ran = await project.run(["prompt-chaining", "react-recorded"]);
    expect(redSuites(ran)).toEqual(["prompt-chaining"]);
    expect(ran.exitCode).toBe(1);
    expect(await reportSays(ran, "expected gate-failed, got answered")).toBe(true);
  });

  test("a wrong answer: plan-and-execute answers from the task alone, without its findings", async () => {
    await using project = await brokenProject({
      graph: "plan-and-execute",
      file: "graphs/plan-and-execute.ts",
      line: [
        "new HumanMessage(material(state))], spending.config);\n  return",
        'new HumanMessage(taskOf(state.messages).text ?? "")], spending.config);\n  return',
      ],
    });
    const ran = await project.run(["plan-and-execute", "react"]);
    expect(redSuites(ran)).toEqual(["plan-and-execute"]);
    expect(ran.exitCode).toBe(2);
    expect(await reportSays(ran, "391, 400: not in")).toBe(true);
  });

  test("a guard off: the assistant works on what its input guard has blocked", async () => {
    await using project = await brokenProject({
      graph: "assistant",
      file: "graphs/assistant/receive.ts",
      line: ["if (blocked) {", "if (blocked && text === undefined) {"],
    });
    const ran = await project.run(["assistant"], "injection");
    expect(redSuites(ran)).toEqual(["assistant"]);
    expect(ran.exitCode).toBe(2);
    expect(await reportSays(ran, "expected blocked, got unknown")).toBe(true);
  });
});
