/** `signalbox eval dataset …`: datasets from what users asked. */
import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { Message } from "../evals/contract.ts";
import type { ItemInput } from "../evals/dataset/dataset.ts";
import { type FeedbackFilter, isWanted, itemOfThread, readFeedbackFilter } from "../evals/dataset/from-thread.ts";
import type { Database } from "../storage/database.ts";
import { type DatabaseArguments, openClientDatabase } from "./client-database.ts";

interface FromThreadsOptions extends DatabaseArguments {
  owner?: string;
  graph?: string;
  feedback: FeedbackFilter[];
  limit: number;
  json?: boolean;
}

/** Threads that are read at a time. */
const page = 100;

export function addDatasetCommand(evaluation: Command): void {
  evaluation
    .command("dataset")
    .description("make datasets")
    .command("from-threads [file]")
    .description("write stored threads as a dataset (JSON lines; on stdout, if no file is named), secrets masked")
    .option("--graph <id>", "only threads of this graph")
    .option("--feedback <filter>", "only threads with it: KEY, KEY>=0.5, KEY=true … (may be repeated)", filters, [])
    .option("--owner <name>", "of one owner; else of all")
    .option("--limit <number>", "at most so many items (100)", wholeNumber, 100)
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)")
    .option("--json", "write on stdout how many items there are, as JSON")
    .action(fromThreads);
}

async function fromThreads(file: string | undefined, options: FromThreadsOptions): Promise<void> {
  const { masked } = await import("../masking.ts");
  const database = await openClientDatabase(options);
  try {
    const items = await readItems(database, options);
    const lines = items.map((item) => `${JSON.stringify(masked(item))}\n`).join("");
    if (file !== undefined) await writeFile(file, lines);
    else if (!options.json) process.stdout.write(lines);
    const counted = { file: file ?? null, items: items.length };
    if (options.json) process.stdout.write(`${JSON.stringify(counted)}\n`);
    else
      process.stderr.write(
        `${items.length} items${file === undefined ? "" : ` in ${file}`}: check what they expect.\n`,
      );
  } finally {
    await database.close();
  }
}

async function readItems(database: Database, { owner, graph, feedback, limit }: FromThreadsOptions) {
  const { threadsForExport } = await import("../storage/tables/feedback.ts");
  const items: ItemInput[] = [];
  let after = { owner: "", thread_id: "" };
  while (items.length < limit) {
    const keys = await threadsForExport(database, { owner }, { after, limit: page });
    for (const key of keys) {
      const item = items.length < limit ? await readItem(database, key, graph, feedback) : undefined;
      if (item) items.push(item);
    }
    const last = keys.at(-1);
    if (!last) break;
    after = last;
  }
  return items;
}

async function readItem(
  database: Database,
  { owner, thread_id }: { owner: string; thread_id: string },
  graph: string | undefined,
  filter: readonly FeedbackFilter[],
): Promise<ItemInput | undefined> {
  const { findThread } = await import("../storage/tables/threads.ts");
  const { feedbackOfThread } = await import("../storage/tables/feedback.ts");
  const { createCheckpointer } = await import("../storage/checkpointer.ts");
  const { toWire } = await import("../engine/wire.ts");
  const thread = await findThread(database, owner, thread_id);
  if (!thread || (graph !== undefined && thread.graph_id !== graph)) return undefined;
  const feedback = await feedbackOfThread(database, owner, thread_id);
  if (!isWanted(feedback, filter)) return undefined;
  const state = await createCheckpointer(database, { owner }).getTuple({ configurable: { thread_id } });
  const messages = toWire(state?.checkpoint.channel_values.messages);
  if (!Array.isArray(messages)) return undefined;
  return itemOfThread({ thread_id, graph_id: thread.graph_id, messages: messages as Message[], feedback });
}

function filters(text: string, before: FeedbackFilter[]): FeedbackFilter[] {
  const filter = readFeedbackFilter(text);
  if (filter) return [...before, filter];
  throw new InvalidArgumentError("Expected a key, alone or with a limit: helpful, helpful>=0.5, user-feedback=true.");
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number, 1 or more.");
}
