/** Runs as clients see them: accepted, watched, waited for, cancelled. */
import { createHash } from "node:crypto";
import { SignalboxError } from "../errors.ts";
import { lastCheckpointOfRun } from "../storage/tables/checkpoints.ts";
import { deleteRun, findRun, listRuns, type RunRecord, setCancelAction } from "../storage/tables/runs.ts";
import { holdThread } from "../storage/tables/threads.ts";
import { type Acceptance, acceptRuns, endPendingRun, type NewRun } from "./accept.ts";
import type { Assistants, Run, RunEvent, RunOptions, RunRequest, Runs } from "./contract.ts";
import { type RunLog, type RunOutcome, terminalEvent } from "./events.ts";
import { feedbackUrlsOf } from "./feedback-urls.ts";
import { checkInput } from "./graph-input.ts";
import { tellOfCancelled } from "./observer.ts";
import { openThreadState, requireThread } from "./open-thread.ts";
import type { EngineParts } from "./parts.ts";
import { mergeRequest, requestOf } from "./run-request.ts";
import { deleteThreadRows, settleThread } from "./settle.ts";
import { outcomeOf } from "./state-snapshot.ts";
import { hasEnded } from "./status.ts";
import { toWireText } from "./wire.ts";
import type { Worker } from "./worker.ts";

export function createRuns(parts: EngineParts, assistants: Assistants, worker: Worker): Runs {
  const { database, events, graphs, config } = parts;

  /** A run as it is to be accepted, once its graph has looked at input and context. */
  async function prepare(
    owner: string,
    threadId: string | null,
    request: RunRequest,
    options: RunOptions | undefined,
  ): Promise<NewRun> {
    if (worker.draining)
      throw new SignalboxError("draining", "The server is stopping; send the request again in a moment.");
    const assistant = await assistants.get(owner, request.assistant_id);
    const stored = mergeRequest(assistant, request, options?.headers);
    if (threadId === null) stored.on_completion = request.on_completion ?? "delete";
    else delete stored.on_completion;
    if (request.feedback_keys?.length) {
      const base_url = config.publicUrl ?? options?.baseUrl ?? `http://${config.host}:${config.port}`;
      stored.feedback = { keys: request.feedback_keys, base_url };
    }
    await checkInput(await graphs.get(assistant.graph_id, { configurable: stored.configurable }), stored);
    return {
      owner,
      threadId,
      assistantId: assistant.assistant_id,
      request: stored,
      metadata: { ...assistant.metadata, ...request.metadata },
      strategy: request.multitask_strategy ?? "enqueue",
      createThread: request.if_not_exists === "create",
      idempotency: options?.idempotencyKey
        ? { key: options.idempotencyKey, fingerprint: options.fingerprint ?? fingerprint(threadId, request) }
        : undefined,
    };
  }

  /** Makes the run a row, opens its log, and only then lets the worker know: whoever opened it misses nothing. */
  async function accept<Watch>(
    owner: string,
    threadId: string | null,
    request: RunRequest,
    options: RunOptions | undefined,
    watch: (run: RunRecord, log: RunLog | undefined) => Watch,
  ): Promise<{ run: Run; watched: Watch }> {
    const newRun = await prepare(owner, threadId, request, options);
    const [started] = await acceptAll([newRun], watch);
    if (!started) throw new Error("An accepted run was not given back.");
    return started;
  }

  async function acceptAll<Watch>(
    newRuns: readonly NewRun[],
    watch: (run: RunRecord, log: RunLog | undefined) => Watch,
  ): Promise<{ run: Run; watched: Watch }[]> {
    const acceptances = await acceptRuns(parts, newRuns);
    // Each new run is dispatched before the first of them is waited for.
    return await Promise.all(acceptances.map((acceptance) => begin(acceptance, watch)));
  }

  async function begin<Watch>(
    acceptance: Acceptance,
    watch: (run: RunRecord, log: RunLog | undefined) => Watch,
  ): Promise<{ run: Run; watched: Watch }> {
    if (!acceptance.created) {
      const { run, log } = await observe(acceptance.run);
      return { run: toRun(run), watched: watch(run, log) };
    }
    const { run } = acceptance;
    const watched = watch(run, openLog(run));
    dispatch(acceptance);
    return { run: toRun(run), watched };
  }

  function dispatch({ run, ended, cancelled }: Acceptance): void {
    for (const pending of ended) endBeforeTurn(pending, events.find(pending.run_id));
    if (cancelled) worker.cancel(cancelled.run_id, cancelled.action);
    worker.wake(run.owner, run.thread_id);
  }

  /** What is to be said of a pending run that was cancelled, when its row says it. */
  function endBeforeTurn(run: RunRecord, log: RunLog | undefined): void {
    log?.finish({ status: "interrupted" });
    tellOfCancelled(parts.observers, run);
  }

  function openLog(run: RunRecord): RunLog {
    return events.open(run.run_id, { resumable: requestOf(run).stream_resumable });
  }

  /**
   * A run that was read from its row, with its log; none for one that ended and whose events are gone. A run may end,
   * and its log go, between the look at its row and this one: then a log is opened that nobody would ever finish.
   */
  async function observe(run: RunRecord): Promise<{ run: RunRecord; log: RunLog | undefined }> {
    const known = events.find(run.run_id);
    if (known || hasEnded(run.status)) return { run, log: known };
    const log = openLog(run);
    const now = await findRun(database, run.owner, run.run_id);
    if (now && !hasEnded(now.status)) return { run: now, log };
    if (now) {
      log.finish(outcomeOfRow(now));
      return { run: now, log: undefined };
    }
    log.abandon();
    throw new SignalboxError("run-gone", `Run ${run.run_id} has ended, and its stateless thread is deleted.`);
  }

  async function require(owner: string, threadId: string, runId: string): Promise<RunRecord> {
    const run = await findRun(database, owner, runId);
    if (run?.thread_id === threadId) return run;
    throw new SignalboxError("run-not-found", `Run with ID ${runId} not found on thread ${threadId}`);
  }

  /** The final values, from the log where the run ended here, else from the run's last checkpoint. */
  async function resultOf(run: RunRecord, log: RunLog | undefined): Promise<string> {
    const outcome = log ? await log.ended : outcomeOfRow(run);
    if (!outcome)
      throw new SignalboxError(
        "draining",
        `The server is stopping. Run ${run.run_id} goes on when it is back: join it then.`,
      );
    if (outcome.error) return JSON.stringify({ __error__: outcome.error });
    return outcome.values ?? toWireText(await valuesAfter(run));
  }

  async function valuesAfter(run: RunRecord): Promise<unknown> {
    const checkpoint_id = await lastCheckpointOfRun(database, run);
    if (checkpoint_id === undefined) return null;
    const { graph_id, configurable } = requestOf(run);
    const state = await openThreadState(parts, run.owner, { thread_id: run.thread_id, graph_id, configurable });
    return (await state.read({ checkpoint_id })).values;
  }

  /** What a reader gets who asks for what is not kept any more: a fresh start, the values as they are, the end. */
  async function* readAfresh(run: RunRecord, log: RunLog | undefined): AsyncGenerator<RunEvent, void, void> {
    const rest = log?.read("now");
    const events = [
      { event: "metadata", data: JSON.stringify({ run_id: run.run_id, attempt: run.attempt, reset: true }) },
      { event: "values", data: toWireText(await valuesAfter(run)) },
    ];
    if (!rest) {
      const urls = feedbackUrlsOf(run, parts.feedback.urls, parts.config.limits.feedbackMs);
      if (urls) events.push({ event: "feedback", data: JSON.stringify(urls) });
      events.push(terminalEvent(run.run_id, outcomeOfRow(run)));
    }
    for (const [id, event] of events.entries()) yield { id, ...event };
    if (rest) yield* rest;
  }

  return {
    async create(owner, threadId, request, options) {
      return (await accept(owner, threadId, request, options, () => undefined)).run;
    },
    async createBatch(owner, requests, options) {
      const newRuns = await Promise.all(
        requests.map((request, index) => {
          const idempotencyKey = options?.idempotencyKey && `${options.idempotencyKey}#${index}`;
          return prepare(owner, null, request, { ...options, idempotencyKey });
        }),
      );
      return (await acceptAll(newRuns, () => undefined)).map(({ run }) => run);
    },
    async createAndStream(owner, threadId, request, options) {
      const { run, watched } = await accept(owner, threadId, request, options, (record, log) =>
        log?.holds("start") ? log.read("start") : readAfresh(record, log),
      );
      return { run, events: watched };
    },
    async createAndWait(owner, threadId, request, options) {
      const { run, watched } = await accept(owner, threadId, request, options, (record, log) => {
        const result = resultOf(record, log);
        // Whoever asked may be gone when it fails; that is no reason to take the process down.
        result.catch(() => undefined);
        return { result };
      });
      return { run, result: watched.result };
    },
    get: async (owner, threadId, runId) => toRun(await require(owner, threadId, runId)),
    async find(owner, runId) {
      const run = await findRun(database, owner, runId);
      if (run) return toRun(run);
      throw new SignalboxError("run-not-found", `Run with ID ${runId} not found`);
    },
    async list(owner, threadId, filter) {
      await requireThread(parts, owner, threadId);
      return (await listRuns(database, owner, threadId, filter)).map(toRun);
    },
    async join(owner, threadId, runId) {
      const { run, log } = await observe(await require(owner, threadId, runId));
      return await resultOf(run, log);
    },
    async stream(owner, threadId, runId, { position, modes }) {
      const { run, log } = await observe(await require(owner, threadId, runId));
      return ofModes(log?.holds(position) ? log.read(position) : readAfresh(run, log), modes);
    },
    async cancel(owner, threadId, runId, { action, wait }) {
      const { run, log } = await observe(await require(owner, threadId, runId));
      if (hasEnded(run.status)) return;
      const ended = await database.transaction(async (tx) => {
        if (await setCancelAction(tx, owner, runId, "running", action)) return undefined;
        return await endPendingRun(tx, owner, runId, action, Date.now());
      });
      if (ended) {
        await freeThread(run);
        endBeforeTurn(ended, log);
      } else {
        worker.cancel(runId, action);
      }
      if (wait) await log?.ended;
    },
    async delete(owner, threadId, runId) {
      const run = await require(owner, threadId, runId);
      if (!hasEnded(run.status))
        throw new SignalboxError("run-active", `Run ${runId} is ${run.status}; cancel it before it is deleted.`);
      await database.transaction((tx) => deleteRun(tx, owner, runId));
    },
  };

  /** After a pending run was cancelled: its thread is what its state and its other runs say, or goes with it. */
  async function freeThread(run: RunRecord): Promise<void> {
    const { graph_id, configurable, on_completion } = requestOf(run);
    if (on_completion === "delete") {
      await database.transaction((tx) => deleteThreadRows(tx, run.owner, run.thread_id, run.run_id));
      return;
    }
    const state = await openThreadState(parts, run.owner, { thread_id: run.thread_id, graph_id, configurable });
    const outcome = outcomeOf(await state.read({}));
    await database.transaction((tx) => {
      holdThread(tx, database, run.owner, run.thread_id);
      settleThread(tx, run, outcome, undefined, Date.now());
    });
  }
}

/** The events of the modes asked for; what frames a stream (metadata, feedback, error, end) is always among them. */
async function* ofModes(
  events: AsyncIterable<RunEvent>,
  modes: readonly string[] | undefined,
): AsyncGenerator<RunEvent, void, void> {
  const names = new Set(["metadata", "feedback", "error", "end"]);
  for (const mode of modes ?? []) names.add(mode === "messages-tuple" ? "messages" : mode);
  for await (const event of events) {
    const name = event.event.split("|", 1)[0] ?? "";
    const accumulated = name.startsWith("messages/");
    if (!modes || names.has(name) || (accumulated && modes.includes("messages"))) yield event;
  }
}

/** Tells a retry from another request under the same Idempotency-Key. */
function fingerprint(threadId: string | null, request: RunRequest): string {
  return createHash("sha256")
    .update(JSON.stringify([threadId, request]))
    .digest("hex");
}

function outcomeOfRow(run: RunRecord): RunOutcome {
  return { status: run.status as RunOutcome["status"], error: (run.error as RunOutcome["error"]) ?? undefined };
}

function toRun(record: RunRecord): Run {
  return {
    run_id: record.run_id,
    thread_id: record.thread_id,
    assistant_id: record.assistant_id,
    status: record.status as Run["status"],
    metadata: record.metadata,
    kwargs: record.request,
    multitask_strategy: record.multitask_strategy as Run["multitask_strategy"],
    trace_id: record.trace_id,
    attempt: record.attempt,
    error: (record.error as Run["error"]) ?? null,
    created_at: new Date(record.created_at).toISOString(),
    updated_at: new Date(record.updated_at).toISOString(),
  };
}
