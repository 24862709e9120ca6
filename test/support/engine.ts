/** An engine over a fresh database and the graphs of test/fixtures/engine, without HTTP. */
import { fileURLToPath } from "node:url";
import pino from "pino";
import { readConfig } from "../../src/config.ts";
import type { Engine, RunEvent } from "../../src/engine/contract.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { loadGraphs } from "../../src/engine/graphs.ts";
import type { Database } from "../../src/storage/database.ts";

const project = fileURLToPath(new URL("../fixtures/engine/langgraph.json", import.meta.url));

/** Starts an engine; `environment` overrides settings. The caller drains it. */
export async function startEngine(database: Database, environment: Record<string, string> = {}): Promise<Engine> {
  const engine = await createEngine({
    database,
    graphs: await loadGraphs(project),
    config: readConfig({ API_KEYS: "ada:key-of-ada,bob:key-of-bob", ...environment }),
    log: pino({ level: "silent" }),
  });
  await engine.recover();
  return engine;
}

/** Input with one human message, and what else the graph's state takes. */
export function say(text: string, state: Record<string, unknown> = {}): Record<string, unknown> {
  return { messages: [{ role: "user", content: text }], ...state };
}

/** Reads a stream to its end. */
export async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  return await Array.fromAsync(events);
}

/** The texts of the messages in values, or in a final result's JSON text. */
export function texts(values: unknown): string[] {
  const state = (typeof values === "string" ? JSON.parse(values) : values) as { messages: { content: string }[] };
  return state.messages.map((message) => message.content);
}
