/** Feedback as files: written by the command beside a running server, in the shapes that trainers and Label Studio read. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { type ExportOptions, exportFeedback } from "../../src/engine/export/export.ts";
import { importAnnotations } from "../../src/engine/export/import.ts";
import { splitOf } from "../../src/engine/export/split.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { postJson } from "../support/clients.ts";
import { databaseKinds } from "../support/databases.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const run = promisify(execFile);
const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

/** @param calledWith how the arguments of a call are written */
function chatMessages(calledWith: z.ZodType, ofTool: z.ZodRawShape) {
  const call = z.strictObject({
    id: z.string(),
    type: z.literal("function"),
    function: z.strictObject({ name: z.string(), arguments: calledWith }),
  });
  return z.array(
    z.discriminatedUnion("role", [
      z.strictObject({ role: z.enum(["system", "user"]), content: z.string() }),
      z.strictObject({
        role: z.literal("assistant"),
        content: z.string(),
        tool_calls: z.array(call).optional(),
        weight: z.literal(0).optional(),
      }),
      z.strictObject({ role: z.literal("tool"), content: z.string(), tool_call_id: z.string(), ...ofTool }),
    ]),
  );
}
const openAiMessages = chatMessages(z.string(), {});
const trlMessages = chatMessages(z.record(z.string(), z.unknown()), { name: z.string() });
const tools = z.array(z.unknown()).optional();
/** What OpenAI's fine-tuning (sft) and TRL's trainers (dpo, kto) take. */
const shapes = {
  sft: z.strictObject({ messages: openAiMessages, tools }),
  dpo: z.strictObject({ prompt: trlMessages, chosen: trlMessages, rejected: trlMessages, tools }),
  kto: z.strictObject({ prompt: trlMessages, completion: trlMessages, label: z.boolean(), tools }),
};

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-export-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

describe.each(databaseKinds)("an export from %s", (kind) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      graphs: "feedback",
      database: kind,
      environment: { API_KEYS: "ada:key-of-ada,bob:key-of-bob" },
    });
  });
  afterAll(() => server.close());

  const post = async (path: string, body: object, owner: string) => {
    const { status, text } = await postJson(`${server.url}${path}`, body, { "x-api-key": `key-of-${owner}` });
    expect([status, text]).toEqual([200, expect.anything()]);
    return JSON.parse(text);
  };

  /** Asks the question on a thread (its own unless given), and gives this feedback on the answer `echo: question`. */
  async function ask(
    question: string | object[],
    feedback: object[],
    options: { owner?: string; graph?: string; thread?: string; reply?: string } = {},
  ) {
    const { owner = "ada", graph = "judge", thread, reply = "" } = options;
    const thread_id: string = thread ?? (await post("/threads", {}, owner)).thread_id;
    const started = await post(
      `/threads/${thread_id}/runs`,
      { assistant_id: graph, input: { messages: [{ role: "user", content: question }], ...(reply && { reply }) } },
      owner,
    );
    const url = `${server.url}/threads/${thread_id}/runs/${started.run_id}/join`;
    await (await fetch(url, { headers: { "x-api-key": `key-of-${owner}` } })).text();
    for (const each of feedback) await post(`/runs/${started.run_id}/feedback`, each, owner);
    return { thread_id, run_id: String(started.run_id), owner };
  }

  /** A thread whose examples go to this file, so that a test knows where to look. */
  async function threadIn(split: "train" | "validation"): Promise<string> {
    while (true) {
      const { thread_id } = await post("/threads", {}, "ada");
      if (splitOf(thread_id) === split) return thread_id;
    }
  }

  async function withDatabase<Result>(
    work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<Result>,
  ): Promise<Result> {
    const { database: settings } = readConfig({ DATABASE_URL: server.databaseUrl });
    const database = await openDatabase(settings, { role: "client" });
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  }

  /** Exports the runs of one graph or owner of this test, in process. */
  async function exported(options: Omit<ExportOptions, "out">) {
    const out = await folder();
    const manifest = await withDatabase((database) => exportFeedback(database, { ...options, out, version: "test" }));
    const lines = async (name: string) => {
      const text = await readFile(join(out, name), "utf8");
      return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
    };
    if (options.format === "label-studio") return { out, manifest, train: [], validation: [], all: [] };
    const [train, validation] = [await lines("train.jsonl"), await lines("validation.jsonl")];
    const all = [...train, ...validation];
    for (const record of all) shapes[options.format].parse(record);
    return { out, manifest, train, validation, all };
  }

  it("for sft has what was liked, and corrections in place of what was not", async () => {
    await ask("liked", [{ score: 1 }]);
    await ask("disliked", [{ score: 0 }]);
    await ask("thumbs up", [{ score: true }]);
    await ask("contrary", [{ score: 1 }, { score: 0, key: "style" }]);
    await ask("corrected", [{ score: 0, correction: "Better." }]);
    await ask("corrected as a message", [{ correction: { role: "assistant", content: "Much better." } }]);
    await ask("only talked about", [{ comment: "hm" }]);
    await ask("nothing said", []);
    const { all, manifest } = await exported({ format: "sft", owner: "ada", graph: "judge" });
    const pairs = all.map(({ messages }) => messages.map(({ content }: { content: string }) => content));
    expect(pairs.sort()).toEqual([
      ["corrected as a message", "Much better."],
      ["corrected", "Better."],
      ["liked", "echo: liked"],
      ["thumbs up", "echo: thumbs up"],
    ]);
    expect(manifest.counts).toMatchObject({ records: 4, runs: 7, disagreeing: 1, duplicates: 0 });
  });

  it("has the steps with tools, and names the tools", async () => {
    await ask("How warm is it?", [{ score: 1 }], { graph: "tools" });
    const { all } = await exported({ format: "sft", graph: "tools" });
    expect(all).toMatchObject([
      {
        messages: [
          user("How warm is it?"),
          {
            role: "assistant",
            tool_calls: [{ id: "call-1", function: { name: "look_up", arguments: '{"city":"Bern"}' } }],
          },
          { role: "tool", tool_call_id: "call-1", content: "12 degrees" },
          assistant("It is 12 degrees."),
        ],
        tools: [{ type: "function", function: { name: "look_up" } }],
      },
    ]);
  });

  it("for kto and dpo has calls of tools as TRL's templates read them", async () => {
    await ask("How cold is it?", [{ correction: "It is cold." }], { graph: "tools" });
    for (const format of ["kto", "dpo"] as const) {
      const { all } = await exported({ format, graph: "tools" });
      expect(all.map(({ prompt }) => prompt)).toContainEqual([
        user("How cold is it?"),
        expect.objectContaining({
          tool_calls: [expect.objectContaining({ function: { name: "look_up", arguments: { city: "Bern" } } })],
        }),
        { role: "tool", name: "look_up", content: "12 degrees", tool_call_id: "call-1" },
      ]);
    }
  });

  it("for sft is not to be learnt from in what was answered before", async () => {
    const { thread_id } = await ask("bad before", [{ score: 0 }]);
    await ask("good now", [{ score: 1 }], { thread: thread_id });
    const { all } = await exported({ format: "sft", owner: "ada" });
    const ofThread = all.map(({ messages }) => messages).filter(([first]) => first.content === "bad before");
    expect(ofThread).toEqual([
      [
        user("bad before"),
        { ...assistant("echo: bad before"), weight: 0 },
        user("good now"),
        assistant("echo: good now"),
      ],
    ]);
  });

  it("leaves out conversations with more than text in them", async () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    await ask([{ type: "text", text: "What is in this picture?" }, image], [{ score: 1 }]);
    await ask([{ type: "text", text: "in a block" }], [{ score: 1 }]);
    const { all } = await exported({ format: "sft", owner: "ada", graph: "judge" });
    const questions = all.map(({ messages }) => messages[0].content);
    expect(questions).toContain("in a block");
    expect(questions).not.toContain("What is in this picture?");
  });

  it("for dpo pairs a correction with what it corrects", async () => {
    const owner = "bob";
    await ask("fix me", [{ correction: "fixed" }], { owner });
    await ask("nothing to fix", [{ correction: "echo: nothing to fix" }], { owner });
    const only = await exported({ format: "dpo", owner });
    expect(only.all).toEqual([
      { prompt: [user("fix me")], chosen: [assistant("fixed")], rejected: [assistant("echo: fix me")] },
    ]);
  });

  it("for dpo pairs a liked with a disliked answer to the same prompt, each once, and never across the files", async () => {
    const since = Date.now();
    const answered = async (reply: string, score: number, split: "train" | "validation") =>
      await ask("same question", [{ score }], { reply, thread: await threadIn(split) });
    await answered("disliked", 0, "train");
    await answered("disliked too", 0, "train");
    await answered("liked", 1, "train");
    await answered("liked elsewhere", 1, "validation");
    const { train, validation } = await exported({ format: "dpo", owner: "ada", since });
    expect(train).toEqual([
      {
        prompt: [user("same question")],
        chosen: [assistant("liked")],
        rejected: [assistant(expect.stringContaining("disliked"))],
      },
    ]);
    expect(validation).toEqual([]);
  });

  it("for kto labels each answer, and a corrected one twice", async () => {
    const owner = "bob";
    const since = Date.now();
    await ask("good one", [{ score: 5 }], { owner });
    await ask("bad one", [{ score: 3 }], { owner });
    await ask("wrong one", [{ correction: "right one", score: 5 }], { owner });
    const { all } = await exported({ format: "kto", owner, since, minScore: 4 });
    const labelled = all.map(({ completion, label }) => [completion[0].content, label]);
    expect(labelled.sort()).toEqual([
      ["echo: bad one", false],
      ["echo: good one", true],
      ["echo: wrong one", false],
      ["right one", true],
    ]);
  });

  it("has the same thing once, and a thread in one file only", async () => {
    const since = Date.now();
    const [train, validation] = [await threadIn("train"), await threadIn("validation")];
    await ask("turn one", [{ score: 1 }], { thread: train });
    await ask("turn two", [{ score: 1 }], { thread: train });
    await ask("turn of another", [{ score: 1 }], { thread: validation });
    await ask("turn one", [{ score: 1 }], { thread: await threadIn("train") });
    const result = await exported({ format: "sft", owner: "ada", since });
    expect(result.train.map(({ messages }) => messages.length).sort()).toEqual([2, 4]);
    expect(result.validation.map(({ messages }) => messages[0].content)).toEqual(["turn of another"]);
    expect(result.manifest.counts).toMatchObject({ records: 3, duplicates: 1 });
  });

  it("has no secrets and no personal data, and says what it masked", async () => {
    const since = Date.now();
    const key = "sk-abcdefghijklmnopqrstuvwx1234567890";
    await ask(`Write to ada@example.com with ${key}`, [{ correction: "Call ada@example.com instead." }]);
    const { out, manifest } = await exported({ format: "dpo", since });
    for (const name of await readdir(out)) {
      const text = await readFile(join(out, name), "utf8");
      expect(text).not.toContain("ada@example.com");
      expect(text).not.toContain(key);
    }
    expect(manifest.masked).toEqual({ "[email]": 3, "[secret]": 2 });
  });

  it("says in its manifest what the files are", async () => {
    const { out, manifest } = await exported({ format: "sft", owner: "ada", graph: "judge", since: 1_000 });
    expect(JSON.parse(await readFile(join(out, "manifest.json"), "utf8"))).toEqual(manifest);
    expect(manifest.filters).toEqual({
      owner: "ada",
      graph: "judge",
      since: "1970-01-01T00:00:01.000Z",
      min_score: 0.5,
    });
    for (const { name, bytes, sha256, records } of manifest.files) {
      const data = await readFile(join(out, name));
      expect([name, data.length, createHash("sha256").update(data).digest("hex")]).toEqual([name, bytes, sha256]);
      expect(data.toString().split("\n").length - 1).toBe(records);
    }
    expect((await readdir(out)).sort()).toEqual(["manifest.json", "train.jsonl", "validation.jsonl"]);
  });

  describe("for Label Studio", () => {
    interface Task {
      data: { run_id: string; owner: string; messages: { role: string; content: string }[] };
      predictions?: { result: { from_name: string; to_name: string; type: string; value: object }[] }[];
    }

    async function tasksSince(since: number): Promise<{ tasks: Task[]; out: string }> {
      const { out } = await exported({ format: "label-studio", since });
      return { tasks: JSON.parse(await readFile(join(out, "tasks.json"), "utf8")), out };
    }

    async function imported(tasks: unknown) {
      const file = join(await folder(), "annotated.json");
      await writeFile(file, typeof tasks === "string" ? tasks : JSON.stringify(tasks));
      return await withDatabase((database) => importAnnotations(database, file, () => undefined));
    }

    const choices = (value: string) => ({ from_name: "verdict", type: "choices", value: { choices: [value] } });
    const text = (name: string, words: string) => ({ from_name: name, type: "textarea", value: { text: [words] } });

    it("has every answer as a task, with what people said as a prediction", async () => {
      const since = Date.now();
      await ask("unjudged", []);
      await ask("judged", [{ score: 0, comment: "no", correction: "yes" }]);
      const { tasks, out } = await tasksSince(since);
      const byQuestion = new Map(tasks.map((task) => [task.data.messages[0]?.content, task]));
      expect(byQuestion.get("unjudged")).not.toHaveProperty("predictions");
      expect(byQuestion.get("unjudged")?.data.messages).toEqual([user("unjudged"), assistant("echo: unjudged")]);
      const result = byQuestion.get("judged")?.predictions?.[0]?.result ?? [];
      expect(result.map(({ from_name, value }) => [from_name, value])).toEqual([
        ["verdict", { choices: ["bad"] }],
        ["correction", { text: ["yes"] }],
        ["comment", { text: ["no"] }],
      ]);
      const { document } = parseHTML(await readFile(join(out, "labelling.xml"), "utf8"));
      const names = new Set([...document.querySelectorAll("[name]")].map((tag) => tag.getAttribute("name")));
      for (const { from_name, to_name } of result) expect(names).toEqual(names.add(from_name).add(to_name));
    });

    it("comes back as feedback, once however often it is read, from each annotator", async () => {
      const since = Date.now();
      const asked = await ask("label me", [{ score: 1 }]);
      const { tasks } = await tasksSince(since);
      const annotated = tasks.map((task, index) => ({
        id: index,
        ...task,
        annotations: [
          { id: 11, completed_by: 1, was_cancelled: false, result: [choices("bad"), text("correction", "labelled")] },
          {
            id: 12,
            completed_by: { id: 2, email: "x@example.com" },
            result: [choices("bad"), text("comment", "poor")],
          },
          { id: 13, completed_by: 3, was_cancelled: true, result: [choices("good")] },
          { id: 14, completed_by: 4, result: [] },
          { id: 15, completed_by: 5, result: [text("correction", "echo: label me"), "nonsense"] },
        ],
      }));
      expect(await imported(annotated)).toEqual({ tasks: 1, annotations: 2, unknown: [] });
      expect(await imported(annotated)).toEqual({ tasks: 1, annotations: 2, unknown: [] });
      const headers = { "x-api-key": "key-of-ada" };
      const listed = (await (await fetch(`${server.url}/runs/${asked.run_id}/feedback`, { headers })).json()) as {
        source: string;
        comment: string | null;
      }[];
      const annotations = listed.filter(({ source }) => source === "label-studio");
      expect(annotations.sort((one) => (one.comment === null ? -1 : 1))).toMatchObject([
        { key: "annotation", score: false, correction: "labelled", comment: null },
        { key: "annotation", score: false, correction: null, comment: "poor" },
      ]);
      const { all } = await exported({ format: "kto", since });
      expect(all.map(({ completion, label }) => [completion[0].content, label])).toEqual([
        ["labelled", true],
        ["echo: label me", false],
      ]);
    });

    it("outweighs what the user said", async () => {
      const since = Date.now();
      await ask("liked by the user", [{ score: 1 }]);
      const { tasks } = await tasksSince(since);
      await imported(tasks.map((task) => ({ ...task, annotations: [{ id: 31, result: [choices("bad")] }] })));
      const { all } = await exported({ format: "kto", since });
      expect(all.map(({ label }) => label)).toEqual([false]);
    });

    it("names what is none of its tasks, and reads the rest", async () => {
      const asked = await ask("known", []);
      const annotations = [{ id: 21, result: [choices("good")] }];
      const gone = "00000000-0000-7000-8000-000000000000";
      const report = await imported([
        { data: { text: "another project's" }, annotations },
        { data: { owner: "ada", run_id: gone }, annotations },
        { data: { owner: "bob", run_id: asked.run_id }, annotations },
        { data: { owner: "ada", run_id: asked.run_id }, annotations },
      ]);
      expect(report).toMatchObject({ tasks: 4, annotations: 1 });
      expect(report.unknown).toEqual([
        expect.stringContaining("task 1 has no data.run_id"),
        expect.stringContaining(`Run with ID ${gone} not found`),
        expect.stringContaining(`Run with ID ${asked.run_id} not found`),
      ]);
    });

    it.each(["{", '{"tasks": []}', ""])("that is %j cannot be read", async (file) => {
      await expect(imported(file)).rejects.toThrow("Export the project from Label Studio as JSON");
    });
  });

  // Node's own recursive mkdir never returned from there.
  it.each(["/proc/signalbox/here", "/dev/null/here"])("to %s fails, and does not hang", async (out) => {
    const failing = withDatabase((database) => exportFeedback(database, { format: "sft", out, version: "test" }));
    await expect(failing).rejects.toThrow(`The files in ${out} cannot be written`);
  });

  it("is written whole or not at all", async () => {
    const out = await folder();
    const file = join(out, "taken");
    await writeFile(file, "");
    const failing = withDatabase((database) => exportFeedback(database, { format: "sft", out: file, version: "test" }));
    await expect(failing).rejects.toThrow(`The files in ${file} cannot be written`);
    expect(await readdir(out)).toEqual(["taken"]);
    const stopped = withDatabase((database) => {
      const onThread = () => {
        throw new Error("stopped half way");
      };
      return exportFeedback(database, { format: "sft", out, version: "test", onThread });
    });
    await expect(stopped).rejects.toThrow("stopped half way");
    expect(await readdir(out)).toEqual(["taken"]);
  });

  it("and the import are commands, beside the running server", async () => {
    const out = await folder();
    const signalbox = (...words: string[]) =>
      run(process.execPath, [command, ...words, "--database", server.databaseUrl], { cwd: out });
    const { stdout } = await signalbox(
      "export",
      "--format",
      "label-studio",
      "--out",
      "tasks",
      "--since",
      "1h",
      "--json",
    );
    const manifest = JSON.parse(stdout);
    expect(manifest).toMatchObject({ format: "label-studio", signalbox: expect.stringMatching(/^\d/) });
    expect((await readdir(join(out, "tasks"))).sort()).toEqual(["labelling.xml", "manifest.json", "tasks.json"]);
    const tasks = JSON.parse(await readFile(join(out, "tasks/tasks.json"), "utf8"));
    expect(tasks.length).toBe(manifest.counts.records);
    await writeFile(join(out, "none.json"), "[]");
    const imported = await signalbox("feedback", "import", "none.json");
    expect(imported.stdout).toBe("0 annotations of 0 tasks are feedback now.\n");
    await expect(signalbox("export", "--format", "csv", "--out", "x")).rejects.toMatchObject({ code: 64 });
    await expect(signalbox("export", "--format", "sft")).rejects.toMatchObject({ code: 64 });
  });
});
