/** `signalbox eval` as a process of its own: what it prints, when it ends, and with which code. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Client } from "@langchain/langgraph-sdk";
import { describe, expect, test } from "vitest";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { startTestServer } from "../support/server.ts";
import { answering, evalProject, items, suite } from "./project.ts";

const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

function start(folder: string, words: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [command, "eval", ...words], { cwd: folder, env: { ...process.env, ...environment } });
}

async function ended(child: ChildProcess) {
  if (!child.stdout || !child.stderr) throw new Error("the output is not piped");
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code };
}

const project = (answers: Record<string, string>, body = "gates: [{ min: 1 }]") =>
  evalProject({
    "evals/items.jsonl": items(["a", "1"], ["b", "2"]),
    "evals/answers.json": JSON.stringify(answers),
    "evals/suites/small.eval.ts": suite(`dataset: "../items.jsonl", ${answering}, ${body}`),
  });

describe("signalbox eval run", () => {
  test("prints the report, draws its progress beside it, and says by its code that a gate failed", async () => {
    await using given = await project({ b: "wrong" });
    const { stdout, stderr, code } = await ended(start(given.folder, ["run"]));
    expect(stdout).toMatch(/pass +1\/2 +50 %/);
    expect(stderr).toMatch(/eval █+ 2\/2 50 % passed/);
    expect(code).toBe(1);
  });

  test("prints one JSON document with --json", async () => {
    await using given = await project({});
    const { stdout, code } = await ended(start(given.folder, ["run", "small", "--json"]));
    expect(JSON.parse(stdout)).toMatchObject({ status: "complete", exit_code: 0, suites: [{ suite: "small" }] });
    expect(code).toBe(0);
  });

  test("keeps what is done when it is interrupted", async () => {
    await using given = await project({ b: "..." });
    const child = start(given.folder, ["run", "--concurrency", "1"]);
    child.stderr?.on("data", (chunk) => {
      if (!String(chunk).includes("1/2")) return;
      // Twice, as a process of npm's gets it.
      child.kill("SIGINT");
      child.kill("SIGINT");
    });
    const { stdout, stderr, code } = await ended(child);
    expect(stderr).toContain("what is done is kept");
    const [, run = ""] = /--resume (\S+)/.exec(stdout) ?? [];
    const results = await readFile(join(given.folders.runs, run, "results.jsonl"), "utf8");
    expect(results.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(3);
  });

  test("ends with 3, and not as if a gate had failed, where a command cannot be carried out", async () => {
    await using given = await project({});
    const words = ["dataset", "from-threads", "--database", "sqlite:absent.db"];
    const { stderr, code } = await ended(start(given.folder, words));
    expect(stderr).toMatch(/There is no SQLite database absent\.db/);
    expect(code).toBe(3);
  });

  test.each([
    [["run", "absent"], /no eval suite absent; the suites are: small/],
    [["run", "--trials", "none"], /whole number/],
    [["run", "--max-cost", "-1"], /dollars/],
    [["run", "--live", "--replay", "x"], /cannot be used with/],
    [["bless", "absent"], /no eval run absent/],
    [["dataset", "from-threads", "--feedback", "a b"], /Expected a key/],
  ])("ends with 64 for %j", async (words, reason) => {
    await using given = await project({});
    const { stderr, code } = await ended(start(given.folder, words));
    expect(stderr).toMatch(reason);
    expect(code).toBe(64);
  });
});

describe("signalbox eval dataset from-threads", () => {
  const title = "makes items of threads stored in %s, chosen by what users said of them, with their corrections";
  test.each(databaseKinds)(title, async (kind) => {
    await using given = await project({});
    const fresh = await createTestDatabase(kind);
    const server = await startTestServer({ environment: { DATABASE_URL: fresh.url } });
    const client = new Client({ apiUrl: server.url });
    const ask = async (content: string, feedback?: Record<string, unknown>) => {
      const { thread_id } = await client.threads.create();
      await client.runs.wait(thread_id, "echo", { input: { messages: [{ role: "user", content }] } });
      const [run] = await client.runs.list(thread_id);
      if (feedback)
        await fetch(`${server.url}/runs/${run?.run_id}/feedback`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(feedback),
        });
      return thread_id;
    };
    const wrong = await ask("My key is sk-abcdefghijklmnopqrstuvwxyz123456.", {
      key: "helpful",
      score: 0,
      correction: "Never tell.",
    });
    const right = await ask("Good morning", { key: "helpful", score: 1 });
    await ask("Nobody said anything");
    await server.close();

    const run = async (...words: string[]) => {
      const made = await ended(start(given.folder, ["dataset", "from-threads", "--database", fresh.url, ...words]));
      expect(made).toMatchObject({ code: 0 });
      return made.stdout
        .trimEnd()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    };
    expect(await run()).toHaveLength(3);
    expect(await run("--feedback", "helpful>=0.5")).toMatchObject([
      { id: right, input: "Good morning", tags: ["thread", "echo"], metadata: { feedback: { helpful: 1 } } },
    ]);
    const [item] = await run("--feedback", "helpful=false");
    expect(item).toMatchObject({ id: wrong, expected: "Never tell." });
    expect(item.input).not.toContain("sk-abc");
    const file = join(given.folder, "threads.jsonl");
    expect(await run(file, "--json", "--graph", "echo", "--limit", "2")).toEqual([{ file, items: 2 }]);
    expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(2);
    await fresh.drop();
  });
});
