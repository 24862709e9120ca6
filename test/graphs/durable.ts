/** A graph with the real checkpointer over a SQLite file, which can be closed and opened again as after a restart. */
import { HumanMessage } from "@langchain/core/messages";
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { createCheckpointer } from "../../src/storage/checkpointer.ts";
import type { Database } from "../../src/storage/database.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { createTestDatabase, type FreshDatabase } from "../support/databases.ts";

export interface Durable<Graph> extends AsyncDisposable {
  /** The graph as it is opened now. */
  readonly graph: Graph;
  /** Closes the database and opens it again, with a graph compiled anew. */
  restart(): Promise<void>;
}

/** @param compile gives the graph with the checkpointer: `(checkpointer) => graph.builder.compile({ checkpointer })` */
export async function durable<Graph>(compile: (checkpointer: BaseCheckpointSaver) => Graph): Promise<Durable<Graph>> {
  const fresh = await createTestDatabase("sqlite");
  let opened = await open(fresh, compile);
  return {
    get graph() {
      return opened.graph;
    },
    async restart() {
      await opened.database.close();
      opened = await open(fresh, compile);
    },
    async [Symbol.asyncDispose]() {
      await opened.database.close();
      await fresh.drop();
    },
  };
}

async function open<Graph>(fresh: FreshDatabase, compile: (checkpointer: BaseCheckpointSaver) => Graph) {
  const database: Database = await openDatabase(fresh.settings);
  return { database, graph: compile(createCheckpointer(database, { owner: "ada" })) };
}

/** Input with one human message. */
export const ask = (text: string) => ({ messages: [new HumanMessage(text)] });

/** The config of a thread, and what else a run needs. */
export const onThread = (thread_id: string, rest: object = {}) => ({ ...rest, configurable: { thread_id } });

interface Streaming {
  stream(input: unknown, config: object): Promise<AsyncIterable<unknown>>;
}

/** Runs the graph and gives the nodes in the order in which they ended; an interrupt is `__interrupt__`. */
export async function path(graph: unknown, input: unknown, config: object = {}): Promise<string[]> {
  const nodes: string[] = [];
  for await (const update of await (graph as Streaming).stream(input, { ...config, streamMode: "updates" })) {
    nodes.push(...Object.keys(update as object));
  }
  return nodes;
}
