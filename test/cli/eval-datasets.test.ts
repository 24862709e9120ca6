/** `signalbox eval dataset …`: datasets to Langfuse and back, and stored threads as datasets with their cassettes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Client } from "@langchain/langgraph-sdk";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ItemInput } from "../../src/evals/dataset/dataset.ts";
import { readItem } from "../../src/evals/dataset/shapes.ts";
import { pullDataset, pushDataset } from "../../src/evals/langfuse-datasets.ts";
import { fromLangfuse, toLangfuse } from "../../src/evals/langfuse-items.ts";
import { start as startServer } from "../../src/main.ts";
import { type EvalProject, evalProject, suite, trialsOf } from "../evals/project.ts";
import { calling, scriptedModel } from "../llm/scripted-model.ts";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { receive } from "../support/traced-runs.ts";

const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** Runs `signalbox eval dataset` as a process of its own. */
async function dataset(folder: string, words: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  const child: ChildProcess = spawn(process.execPath, [command, "eval", "dataset", ...words], { cwd: folder, env });
  if (!child.stdout || !child.stderr) throw new Error("the output is not piped");
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code };
}

const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const rowsOf = async (file: string) =>
  (await readFile(file, "utf8")).split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));

/** A Langfuse whose keys this process has, and a project. */
async function langfuseAndProject() {
  const langfuse = await receive();
  for (const [name, value] of Object.entries(langfuse.environment)) vi.stubEnv(name, value);
  const project = await evalProject({});
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await project[Symbol.asyncDispose]();
  });
  const file = (name: string) => join(project.folder, name);
  const push = (name: string) => pushDataset(file(name), { config: project.config });
  const pull = (name: string, out: string) => pullDataset(name, file(out), project.config);
  return { langfuse, project, file, push, pull };
}

describe("A dataset", () => {
  const items: ItemInput[] = [
    { id: "1-text", input: "What is 2 + 2?", expected: "4", tags: ["easy", "arithmetic"] },
    {
      id: "2-object",
      input: { messages: [{ role: "user", content: "hello" }] },
      expected: { greeting: ["hi", 1, null, true] },
      trajectory: { tools: [{ name: "calculator", args: { expression: "2 + 2" } }], nodes: ["think", "act"] },
      metadata: { source: "by hand", nested: { deep: [1] } },
    },
    { id: "3-more", input: "recall", before: ["remember"], resume: [true, { yes: 1 }], context: { model: "offline" } },
    { id: "10-null", input: "?", expected: null, metadata: { signalbox: "mine" } },
    { id: "11-number", input: "?", expected: 0 },
  ];

  test("that is pushed and pulled is the same, and its file too", async () => {
    const langfuse = await receive();
    await using project = await evalProject({ "numbers.jsonl": lines(items) });
    const pushed = await dataset(
      project.folder,
      ["push", "numbers.jsonl", "--name", "ours/numbers"],
      langfuse.environment,
    );
    expect(pushed).toMatchObject({ code: 0, stderr: expect.stringContaining("push █") });
    expect(pushed.stdout).toBe(
      "5 items of numbers.jsonl are in Langfuse's ours/numbers: 5 new, 0 changed, 0 as they were.\n",
    );
    const words = ["pull", "ours/numbers", "--out", "back.jsonl", "--json"];
    const pulled = await dataset(project.folder, words, langfuse.environment);
    expect(pulled.code).toBe(0);
    expect(JSON.parse(pulled.stdout)).toEqual({ file: "back.jsonl", name: "ours/numbers", items: 5, problems: [] });
    expect(await rowsOf(join(project.folder, "back.jsonl"))).toEqual(items);
    expect(langfuse.datasetItems).toContainEqual(
      expect.objectContaining({ input: "What is 2 + 2?", expectedOutput: "4", datasetName: "ours/numbers" }),
    );
    expect(langfuse.problems).toEqual([]);
  });

  test("of any content comes back as it was", () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const record = fc.dictionary(fc.string(), json);
    const item = fc.record(
      {
        id: fc.string({ minLength: 1 }),
        input: fc.oneof(fc.string(), record),
        expected: json,
        trajectory: json,
        tags: fc.array(fc.string()),
        metadata: fc.oneof(
          record,
          record.map((value) => ({ ...value, signalbox: value })),
        ),
        before: fc.array(fc.string()),
        resume: fc.array(json),
        context: record,
      },
      { requiredKeys: ["id", "input"] },
    );
    fc.assert(
      fc.property(item, (written) => {
        const sent = toLangfuse(JSON.parse(JSON.stringify(readItem(written, 1))));
        const stored = {
          expectedOutput: null,
          ...JSON.parse(JSON.stringify(sent)),
          id: "langfuse's",
          status: "ACTIVE",
        };
        expect(readItem(fromLangfuse(stored), 1)).toEqual(readItem(JSON.parse(JSON.stringify(written)), 1));
      }),
      { numRuns: 300 },
    );
  });

  test("is brought to what its file says: only what differs is written, and what others made stays", async () => {
    const { langfuse, project, push, pull, file } = await langfuseAndProject();
    const many = Array.from({ length: 120 }, (_, index) => ({ id: `item-${index}`, input: `${index}`, expected: "x" }));
    await project.write("many.jsonl", lines(many));
    expect((await push("many.jsonl")).json).toMatchObject({ created: 120, others: 0 });
    const asked = langfuse.requests.length;
    expect((await push("many.jsonl")).json).toMatchObject({ created: 0, changed: 0, unchanged: 120 });
    // The dataset, and three pages of its items.
    expect(langfuse.requests.length - asked).toBe(4);
    await pull("many", "back.jsonl");
    expect(await rowsOf(file("back.jsonl"))).toEqual(many);

    await project.write(
      "many.jsonl",
      lines([
        { id: "item-7", input: "7", expected: "y" },
        { id: "new", input: "?" },
      ]),
    );
    expect(await push("many.jsonl")).toMatchObject({
      json: { created: 1, changed: 1, unchanged: 0, others: 119 },
      text: expect.stringContaining("119 more are in Langfuse, and stay"),
    });
    expect(langfuse.datasetItems).toHaveLength(121);
    expect(langfuse.problems).toEqual([]);
  });

  test("that was made in Langfuse is pulled, and pushed without a second copy; archived items are left out", async () => {
    const { langfuse, project, push, pull, file } = await langfuseAndProject();
    await project.write("made.jsonl", lines([{ id: "ours", input: "?" }]));
    await push("made.jsonl");
    langfuse.datasetItems.push(
      {
        id: "theirs",
        datasetName: "made",
        input: [{ role: "user", content: "hi" }],
        expectedOutput: "hello",
        metadata: null,
      },
      { id: "a-number", datasetName: "made", input: 7 },
      { id: "archived", datasetName: "made", input: "gone", status: "ARCHIVED" },
    );
    const pulled = await pull("made", "made.jsonl");
    expect(pulled).toMatchObject({ exitCode: 3, text: expect.stringMatching(/^a-number is no item: input/) });
    expect(await rowsOf(file("made.jsonl"))).toEqual([
      { id: "ours", input: "?" },
      { id: "theirs", input: { messages: [{ role: "user", content: "hi" }] }, expected: "hello" },
    ]);
    expect((await push("made.jsonl")).json).toMatchObject({ created: 0, changed: 1, unchanged: 1 });
    expect(langfuse.datasetItems.map(({ input }) => input)).toHaveLength(4);
  });

  test("whose file has mistakes is pushed without them, and the exit code tells", async () => {
    const { langfuse, project, push } = await langfuseAndProject();
    await project.write("bad.jsonl", '{"id":"a","input":"1"}\n{"id":"a","input":"2"}\nnot json\n');
    const pushed = await push("bad.jsonl");
    expect(pushed.exitCode).toBe(3);
    expect(pushed.text).toMatch(/bad\.jsonl:2 has the id "a" again.*\n.*bad\.jsonl:3 is not JSON/);
    expect(langfuse.datasetItems).toHaveLength(1);
    await project.write("empty.jsonl", "");
    expect(await push("empty.jsonl")).toMatchObject({ exitCode: 3, text: expect.stringContaining("Nothing was sent") });
  });

  test("is tried again where Langfuse has no time", async () => {
    const { langfuse, project, push } = await langfuseAndProject();
    let refused = 0;
    langfuse.behaviour = ({ path }) => (path === "/api/public/dataset-items" && refused++ === 0 ? 429 : "well");
    await project.write("one.jsonl", lines([{ id: "a", input: "1" }]));
    expect((await push("one.jsonl")).json).toMatchObject({ created: 1, problems: [] });
  });

  test.each([
    [["push", "small.jsonl"], {}, 3, /no keys of Langfuse: set LANGFUSE_PUBLIC_KEY/],
    [["push", "small.jsonl"], { LANGFUSE_SECRET_KEY: "sk-lf-wrong" }, 3, /401: check LANGFUSE_PUBLIC_KEY/],
    [["pull", "absent", "--out", "x.jsonl"], { LANGFUSE_PUBLIC_KEY: "pk-lf-test" }, 64, /no dataset absent/],
    [["pull", "absent", "--out", "x.csv"], {}, 64, /into a \.jsonl file/],
    [["pull", "absent"], {}, 64, /--out/],
  ])("is not there for %j with %j", async (words, keys, code, reason) => {
    const langfuse = await receive();
    await using project = await evalProject({ "small.jsonl": lines([{ id: "a", input: "1" }]) });
    const environment = Object.keys(keys).length > 0 ? { ...langfuse.environment, ...keys } : {};
    const ended = await dataset(project.folder, words, environment);
    expect(ended.stderr).toMatch(reason);
    expect(ended.code).toBe(code);
  });
});

describe("A failure in production", () => {
  const react = fileURLToPath(new URL("../../graphs/react.ts", import.meta.url));
  const files = {
    "langgraph.json": JSON.stringify({ graphs: { react: `${react}:graph` } }),
    "evals/suites/production.eval.ts": suite('dataset: "../datasets/production.jsonl", target: "react"'),
  };

  test.each(databaseKinds)("becomes a test that needs no model, from threads stored in %s", async (kind) => {
    const fresh = await createTestDatabase(kind);
    onTestFinished(() => fresh.drop());
    await using project = await evalProject(files);
    await using model = await scriptedModel(
      calling(["call-1", "calculator", '{"expression":"6 * 7"}']),
      { content: "6 times 7 is 42." },
      { content: "The capital of Australia is Sydney. Write to ann@example.com." },
    );
    const right = await inProduction(project, fresh.url, model.url);
    const asked = model.requests().length;
    expect(asked).toBe(3);

    const file = join("evals", "datasets", "production.jsonl");
    await project.write(file, "");
    const words = ["from-threads", file, "--cassette", "production.cassette.jsonl", "--database", fresh.url];
    expect(await dataset(project.folder, words)).toMatchObject({ code: 0 });
    const cassette = join(project.folder, "production.cassette.jsonl");
    expect(await readFile(cassette, "utf8")).not.toContain("@example.com");

    // What was right is still right; what was wrong fails until somebody mends it, with no model at hand.
    const failing = await project.run({ replay: cassette });
    const trials = await trialsOf(failing);
    expect(trials.map(({ item, passed }) => [item === right, passed]).toSorted()).toEqual([
      [false, false],
      [true, true],
    ]);
    const wrong = trials.find(({ item }) => item !== right);
    expect(wrong?.result).toMatchObject({ output: expect.stringContaining("Sydney") });
    expect(wrong?.result).not.toHaveProperty("error");
    expect(trials.find(({ item }) => item === right)?.result.toolCalls).toMatchObject([
      { name: "calculator", result: "42" },
    ]);

    await writeFile(cassette, (await readFile(cassette, "utf8")).replace(/The capital[^"]*/g, "Canberra."));
    const mended = await project.run({ replay: cassette });
    expect((await trialsOf(mended)).map(({ passed }) => passed)).toEqual([true, true]);
    expect(model.requests()).toHaveLength(asked);
  });
});

/** Two conversations on a server with a model, the second of which a user corrects. @returns the first one's id */
async function inProduction(project: EvalProject, databaseUrl: string, modelUrl: string): Promise<string> {
  const environment = { DATABASE_URL: databaseUrl, PORT: "0", MODEL: "openai:scripted", OPENAI_BASE_URL: modelUrl };
  const server = await startServer({ configPath: project.config, environment });
  const client = new Client({ apiUrl: server.url });
  const ask = async (content: string) => {
    const { thread_id } = await client.threads.create();
    await client.runs.wait(thread_id, "react", { input: { messages: [{ role: "user", content }] } });
    return thread_id;
  };
  const right = await ask("I am bob@example.com. What is 6 times 7?");
  const wrong = await ask("What is the capital of Australia?");
  const [run] = await client.runs.list(wrong);
  const response = await fetch(`${server.url}/runs/${run?.run_id}/feedback`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key: "helpful", score: 0, correction: "Canberra." }),
  });
  expect(response.ok).toBe(true);
  await server.close();
  return right;
}
