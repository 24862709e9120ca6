/**
 * docs/patterns.md is held against the graphs: its pictures are theirs, its examples run.
 * `npx vitest run test/patterns.test.ts -u` draws the pictures anew.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadGraphs } from "../src/engine/graphs.ts";
import { sdkClient } from "./support/clients.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

const run = promisify(execFile);
const file = fileURLToPath(new URL("../docs/patterns.md", import.meta.url));
const page = await readFile(file, "utf8");
const graphs = await loadGraphs(fileURLToPath(new URL("../langgraph.json", import.meta.url)));
const ids = graphs.list().map(({ graph_id }) => graph_id);
/** The sections about a graph, by its id. */
const sections = new Map(
  page
    .split(/^(?=## )/m)
    .flatMap((section) => Array.from(section.matchAll(/^## `([^`]+)`$/gm), ([, id = ""]) => [id, section])),
);

async function pictureOf(graphId: string): Promise<string> {
  const drawable = await (await graphs.get(graphId)).getGraphAsync({});
  return `\`\`\`mermaid\n${drawable.drawMermaid({ withStyles: false })}\`\`\``;
}

describe("docs/patterns.md", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ graphs: "../.." });
  });
  afterAll(() => server.close());

  test("has a section for every graph, and a description of each is in langgraph.json", () => {
    expect([...sections.keys()].sort()).toEqual([...ids].sort());
    for (const { description, graph_id } of graphs.list()) expect(description, graph_id).toMatch(/^[A-Z].*\.$/);
  });

  test("draws each graph as it is compiled", async () => {
    let redrawn = page;
    for (const [id, section] of sections) {
      const drawn = section.replace(/^```mermaid\n.*?^```/ms, await pictureOf(id));
      redrawn = redrawn.replace(section, () => drawn);
    }
    await expect(redrawn).toMatchFileSnapshot(file);
  });

  test.each([...sections])("has an example of %s that runs with no key", async (id, section) => {
    const [, curl = ""] = /^```sh\n(curl .*?)^```/ms.exec(section) ?? [];
    expect(curl).toContain(`"assistant_id": "${id}"`);
    const { stdout } = await run("sh", ["-c", curl.replaceAll("http://127.0.0.1:8123", server.url)]);
    expectAnswer(JSON.parse(stdout));
  });

  test.each(ids)("holds for %s: on a thread it leaves a checkpoint for each superstep", async (id) => {
    const client = sdkClient(server.url);
    const { thread_id } = await client.threads.create();
    const input = { messages: [{ role: "user", content: "Compare 12 * 12 with 11 * 13 for a friend called Nadia." }] };
    const values = await client.runs.wait(thread_id, id, { input });
    const history = await client.threads.getHistory(thread_id, { limit: 100 });
    const steps = history.map(({ metadata }) => metadata?.step);
    // The input is step -1, and the state that it makes is step 0.
    expect(steps.length).toBeGreaterThan(2);
    expect(steps).toEqual(steps.map((_, index) => steps.length - 2 - index));
    expectAnswer(values);
  });

  test.each(ids)("holds for %s: the chat endpoint streams the answer that is kept, and nothing else", async (id) => {
    const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 });
    const thread_id = crypto.randomUUID();
    const messages = [{ role: "user" as const, content: "Write a line on the river Douro, and work out 6 * 7." }];
    const streamed: string[] = [];
    const request = { model: id, messages, metadata: { thread_id }, stream: true as const };
    for await (const { choices } of await openai.chat.completions.create(request)) {
      streamed.push(choices[0]?.delta.content ?? "");
    }
    const { values, next } = await sdkClient(server.url).threads.getState<Values>(thread_id);
    if (next.length === 0) expect(streamed.join("").trim()).toBe(values.messages?.at(-1)?.content.trim());
  });
});

interface Values {
  messages?: { type: string; content: string }[];
  outcome?: { kind: string } | null;
  __interrupt__?: unknown[];
}

/** An answer in words, or a question of the pattern's own. */
function expectAnswer(values: unknown): void {
  const { messages = [], outcome, __interrupt__: interrupts } = values as Values;
  if (interrupts) return;
  // "I do not know" is an honest answer, too.
  expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(?:answered|unknown)$/) });
  expect(messages.at(-1)).toMatchObject({ type: "ai", content: expect.stringMatching(/\S/) });
}
