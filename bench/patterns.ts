/**
 * `node bench/patterns.ts`: how many calls of a model each workflow pattern makes for a typical task, and how long it
 * takes with a model that needs a second for each. The replies are scripted. docs/patterns.md has the table.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ChatCompletionRequest, LLMock } from "@copilotkit/aimock";
import { HumanMessage } from "@langchain/core/messages";
import { configure, currentConfig } from "../src/config.ts";
import { loadGraphs } from "../src/engine/graphs.ts";
import { closeDocuments } from "../src/retrieval/connection.ts";
import { ingest } from "../src/retrieval/ingest.ts";
import { openDatabase } from "../src/storage/open.ts";

interface TypicalTask {
  task: string;
  /** By the name of a tool or of a structured output: what the model calls it with, one after the other; then it writes. */
  calls?: Record<string, object[]>;
}

/** What the model says whenever it calls nothing. */
const text = "Porto opened the Dom Luís bridge on 31 October 1886.";
const scores = (correctness: number) => ({ correctness, completeness: 9, clarity: 9 });

export const typicalTasks: Record<string, TypicalTask> = {
  "prompt-chaining": {
    task: `${text} Théophile Seyrig designed it, and the metro crosses it today.`,
    calls: { entities: [{ entities: [{ text: "Porto", kind: "place" }] }] },
  },
  routing: {
    task: "What is 23 * 19?",
    calls: { classification: [{ route: "data", confidence: 0.9 }], calculator: [{ expression: "23 * 19" }] },
  },
  react: { task: "What is 23 * 19?", calls: { calculator: [{ expression: "23 * 19" }] } },
  "plan-and-execute": {
    task: "Find out when the bridge was opened, and how old it is.",
    calls: {
      plan: [{ steps: ["Find the year.", "Work out its age."] }],
      reflection: [
        { done: false, steps: ["Work out its age."] },
        { done: true, steps: [] },
      ],
    },
  },
  reflection: {
    task: "Write a sentence about the bridge.",
    calls: {
      review: [
        { scores: scores(5), advice: "Give the date." },
        { scores: scores(9), advice: "" },
      ],
    },
  },
  "event-driven": {
    task: "Find out when the bridge was opened, work out its age, and write a slogan for it.",
    calls: {
      plan: [
        {
          requests: [
            { type: "retrieval-requested", what: "When was the bridge opened?" },
            { type: "action-requested", what: "Work out the age of the bridge." },
            { type: "generation-requested", what: "Write a slogan for the bridge." },
          ],
        },
      ],
    },
  },
  assistant: { task: "When was the Dom Luís bridge of Porto opened?" },
  orchestrator: {
    task: "Write a paragraph about the bridge.",
    calls: {
      plan: [{ questions: ["When was it opened?", "Who designed it?", "What crosses it?"] }],
      verdict: [{ accepted: true, feedback: "", questions: [] }],
    },
  },
};

/** Runs the pattern's typical task with a model that takes `delayMs` for each call. */
export async function runTypicalTask(graphId: string, delayMs: number): Promise<{ calls: number; seconds: number }> {
  const typical = typicalTasks[graphId];
  if (!typical) throw new Error(`There is no typical task for ${graphId}.`);
  const model = new LLMock({ port: 0 });
  const left = structuredClone(typical.calls ?? {});
  model.on({ predicate: () => true }, (request) => reply(request, left), { chaos: { latencyMs: delayMs } });
  const folder = await mkdtemp(join(tmpdir(), "signalbox-patterns-"));
  const DATABASE_URL = `sqlite:${join(folder, "documents.db")}`;
  const OPENAI_BASE_URL = `${await model.start()}/v1`;
  configure({ MODEL: "openai:scripted", OPENAI_API_KEY: "", OPENAI_BASE_URL, DATABASE_URL });
  try {
    await ingestText(folder);
    const graphs = await loadGraphs(fileURLToPath(new URL("../langgraph.json", import.meta.url)));
    const graph = await graphs.get(graphId);
    const began = performance.now();
    await graph.invoke({ messages: [new HumanMessage(typical.task)] });
    return { calls: model.getRequests().length, seconds: (performance.now() - began) / 1000 };
  } finally {
    await closeDocuments();
    await model.stop();
    await rm(folder, { recursive: true });
  }
}

/** What the assistant answers from; the other patterns do not look. */
async function ingestText(folder: string): Promise<void> {
  const file = join(folder, "porto.md");
  await writeFile(file, text);
  const database = await openDatabase(currentConfig().database, { role: "client" });
  await ingest(database, [file], { owner: "local" });
  await database.close();
}

function reply({ tools = [] }: ChatCompletionRequest, left: Record<string, object[]>) {
  for (const { function: offered } of tools) {
    const args = left[offered.name]?.shift();
    if (args) return { toolCalls: [{ id: "call", name: offered.name, arguments: JSON.stringify(args) }] };
  }
  return { content: text };
}

if (import.meta.main) {
  for (const graphId of Object.keys(typicalTasks)) {
    await runTypicalTask(graphId, 0); // What is loaded once does not count.
    const { calls, seconds } = await runTypicalTask(graphId, 1000);
    console.log(`| \`${graphId}\` | ${calls} | ${seconds.toFixed(1)} s |`);
  }
}
