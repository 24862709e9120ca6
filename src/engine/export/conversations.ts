/**
 * The runs of stored threads as conversations, with what was said of them: read from the tables and checkpoints alone,
 * beside a running server, one page of threads and one run at a time.
 */
import { type BaseMessage, isBaseMessage } from "@langchain/core/messages";
import { createCheckpointer } from "../../storage/checkpointer.ts";
import type { Database } from "../../storage/database.ts";
import { lastCheckpointOfRun } from "../../storage/tables/checkpoints.ts";
import {
  countThreadsForExport,
  type ExportedThreads,
  type FeedbackRecord,
  feedbackOfThread,
  threadsForExport,
} from "../../storage/tables/feedback.ts";
import { listRuns } from "../../storage/tables/runs.ts";
import { graphSource } from "../feedback.ts";
import { type ChatTurn, toTurn } from "./chat.ts";

export interface RunReference {
  readonly owner: string;
  readonly thread_id: string;
  readonly run_id: string;
}

/** A finished run: what led to its answer, the answer, and what people said of it. */
export interface JudgedRun extends RunReference, ChatTurn {
  readonly graph_id: string;
  /** Without the graph's own judgements; the latest last. */
  readonly feedback: readonly FeedbackRecord[];
}

export interface ExportFilter {
  readonly owner?: string | undefined;
  readonly graph?: string | undefined;
  /** Runs accepted since (ms since 1970). */
  readonly since?: number | undefined;
}

const threadsOfPage = 200;
const runsOfPage = 20;

/**
 * The runs that ended in an answer; `judged`: only those that somebody said something of.
 * @param onThread called when a thread is done
 */
export async function* readRuns(
  database: Database,
  filter: ExportFilter,
  { judged, onThread }: { judged: boolean; onThread(): void },
): AsyncGenerator<JudgedRun, void, void> {
  let after = { owner: "", thread_id: "" };
  while (true) {
    const page = await threadsForExport(database, threadsOf(filter, judged), { after, limit: threadsOfPage });
    for (const thread of page) {
      yield* readThread(database, thread, filter, judged);
      onThread();
    }
    const last = page.at(-1);
    if (!last || page.length < threadsOfPage) return;
    after = last;
  }
}

/** How many threads `readRuns` will look at. */
export async function countThreads(database: Database, filter: ExportFilter, judged: boolean): Promise<number> {
  return await countThreadsForExport(database, threadsOf(filter, judged));
}

function threadsOf({ owner }: ExportFilter, judged: boolean): ExportedThreads {
  return { owner, judgedBeside: judged ? graphSource : undefined };
}

async function* readThread(
  database: Database,
  { owner, thread_id }: Omit<RunReference, "run_id">,
  { graph, since = 0 }: ExportFilter,
  judged: boolean,
): AsyncGenerator<JudgedRun, void, void> {
  const said = Map.groupBy(
    (await feedbackOfThread(database, owner, thread_id)).filter(({ source }) => source !== graphSource),
    ({ run_id }) => run_id,
  );
  for (let offset = 0; ; offset += runsOfPage) {
    const runs = await listRuns(database, owner, thread_id, { status: "success", limit: runsOfPage, offset });
    for (const { run_id, request, created_at } of runs) {
      const graph_id = String(request.graph_id);
      const feedback = said.get(run_id) ?? [];
      if (created_at < since || (graph !== undefined && graph_id !== graph) || (judged && feedback.length === 0))
        continue;
      const reference = { owner, thread_id, run_id };
      const turn = await readTurn(database, reference);
      if (turn) yield { ...reference, ...turn, graph_id, feedback };
    }
    if (runs.length < runsOfPage) return;
  }
}

/** The conversation as it was when the run ended; undefined where it has no messages, or ended without an answer. */
export async function readTurn(database: Database, run: RunReference): Promise<ChatTurn | undefined> {
  const checkpoint_id = await lastCheckpointOfRun(database, run);
  if (checkpoint_id === undefined) return undefined;
  const { owner, thread_id } = run;
  const checkpointer = createCheckpointer(database, { owner });
  const configurable = { thread_id, checkpoint_ns: "", checkpoint_id };
  const messages: unknown = (await checkpointer.getTuple({ configurable }))?.checkpoint.channel_values.messages;
  if (!Array.isArray(messages)) return undefined;
  return toTurn(messages.filter((message): message is BaseMessage => isBaseMessage(message)));
}
