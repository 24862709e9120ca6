/** `signalbox eval dataset …`: datasets from what users asked. */
import { writeFile } from "node:fs/promises";
import type { BaseMessage } from "@langchain/core/messages";
import { type Command, InvalidArgumentError } from "commander";
import type { Outcome } from "../evals/commands/outcome.ts";
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
  cassette?: string;
  json?: boolean;
}

interface LangfuseOptions {
  config: string;
  name?: string;
  json?: boolean;
}

/** Threads that are read at a time. */
const page = 100;

/**
 * @param print prints what a command came to, and sets the exit code
 * @param guarded runs a command that prints by itself; says what goes wrong, and sets the exit code
 */
export function addDatasetCommand(
  evaluation: Command,
  print: (json: boolean | undefined, command: () => Promise<Outcome>) => Promise<void>,
  guarded: (work: () => Promise<void>) => Promise<void>,
): void {
  const datasets = evaluation.command("dataset").description("make datasets, and keep them in Langfuse");

  datasets
    .command("push <file>")
    .description("write the items of a dataset's file into a dataset of Langfuse's")
    .option("--name <dataset>", "Langfuse's dataset; the file's name, without its ending, unless given")
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--json", "write JSON on stdout")
    .action((file: string, { json, ...options }: LangfuseOptions) => print(json, () => push(file, options)));

  datasets
    .command("pull <dataset>")
    .description("write a dataset of Langfuse's into a file")
    .requiredOption("--out <file>", "a .jsonl file; one that is there is replaced")
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--json", "write JSON on stdout")
    .action((dataset: string, { json, out, config }: LangfuseOptions & { out: string }) =>
      print(json, async () => {
        const { pullDataset } = await import("../evals/langfuse-datasets.ts");
        return await pullDataset(dataset, out, config);
      }),
    );

  datasets
    .command("from-threads [file]")
    .description("write stored threads as a dataset (JSON lines; on stdout, if no file is named), secrets masked")
    .option("--graph <id>", "only threads of this graph")
    .option("--feedback <filter>", "only threads with it: KEY, KEY>=0.5, KEY=true … (may be repeated)", filters, [])
    .option("--cassette <file>", "also write what the model said, for eval run --replay")
    .option("--owner <name>", "of one owner; else of all")
    .option("--limit <number>", "at most so many items (100)", wholeNumber, 100)
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)")
    .option("--json", "write on stdout how many items there are, as JSON")
    .action((file: string | undefined, options: FromThreadsOptions) => guarded(() => fromThreads(file, options)));
}

async function push(file: string, options: Omit<LangfuseOptions, "json">): Promise<Outcome> {
  const { pushDataset } = await import("../evals/langfuse-datasets.ts");
  const { createProgress } = await import("./progress.ts");
  let bar: ReturnType<typeof createProgress> | undefined;
  try {
    return await pushDataset(file, {
      ...options,
      onProgress(done, total) {
        bar ??= createProgress("push", total);
        bar.show(done);
      },
    });
  } finally {
    bar?.end();
  }
}

async function fromThreads(file: string | undefined, options: FromThreadsOptions): Promise<void> {
  const { masked } = await import("../masking.ts");
  const { counted } = await import("../evals/reports/words.ts");
  const database = await openClientDatabase(options);
  try {
    const threads = await readThreads(database, options);
    const items = threads.map(({ item }) => item);
    const lines = items.map((item) => `${JSON.stringify(masked(item))}\n`).join("");
    if (file !== undefined) await writeFile(file, lines);
    else if (!options.json) process.stdout.write(lines);
    if (options.cassette !== undefined) await writeCassette(options.cassette, threads);
    if (options.json) process.stdout.write(`${JSON.stringify({ file: file ?? null, items: items.length })}\n`);
    else {
      const place = file === undefined ? "" : ` in ${file}`;
      process.stderr.write(`${counted(items.length, "item")}${place}: check what they expect.\n`);
    }
  } finally {
    await database.close();
  }
}

async function writeCassette(file: string, threads: readonly ThreadItem[]): Promise<void> {
  const { cassetteOfThread } = await import("../evals/dataset/thread-cassette.ts");
  const entries = threads.flatMap(({ messages }) => cassetteOfThread(messages));
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}

interface ThreadItem {
  readonly item: ItemInput;
  readonly messages: readonly BaseMessage[];
}

async function readThreads(database: Database, { owner, graph, feedback, limit }: FromThreadsOptions) {
  const { threadsForExport } = await import("../storage/tables/feedback.ts");
  const items: ThreadItem[] = [];
  let after = { owner: "", thread_id: "" };
  while (items.length < limit) {
    const keys = await threadsForExport(database, { owner }, { after, limit: page });
    for (const key of keys) {
      const item = items.length < limit ? await readThread(database, key, graph, feedback) : undefined;
      if (item) items.push(item);
    }
    const last = keys.at(-1);
    if (!last) break;
    after = last;
  }
  return items;
}

async function readThread(
  database: Database,
  { owner, thread_id }: { owner: string; thread_id: string },
  graph: string | undefined,
  filter: readonly FeedbackFilter[],
): Promise<ThreadItem | undefined> {
  const { findThread } = await import("../storage/tables/threads.ts");
  const { feedbackOfThread } = await import("../storage/tables/feedback.ts");
  const { createCheckpointer } = await import("../storage/checkpointer.ts");
  const { toWire } = await import("../engine/wire.ts");
  const thread = await findThread(database, owner, thread_id);
  if (!thread || (graph !== undefined && thread.graph_id !== graph)) return undefined;
  const feedback = await feedbackOfThread(database, owner, thread_id);
  if (!isWanted(feedback, filter)) return undefined;
  const state = await createCheckpointer(database, { owner }).getTuple({ configurable: { thread_id } });
  const messages = state?.checkpoint.channel_values.messages;
  if (!Array.isArray(messages)) return undefined;
  const shown = toWire(messages) as Message[];
  const item = itemOfThread({ thread_id, graph_id: thread.graph_id, messages: shown, feedback });
  return item && { item, messages };
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
