/**
 * Tracing: every run as one trace, told by the engine attempt by attempt, sent to Langfuse, to an OTLP backend, or both.
 *
 *   trace = the run's trace_id, and one root:      react                     the question, and the answer
 *   an attempt at the run, under the root:         ├─ attempt 1              what the graph was given, and came to
 *   what happens in it (handler.ts):               │  └─ think ─▶ ChatOpenAI
 *   the run that resumes it, in another process:   └─ resume, attempt 1
 *
 * The ids of root and attempts are made of the trace's and the run's, so that they fit together wherever they come
 * from. The root is written once, by the run that began the trace, when it ends.
 */
import { LangfuseOtelSpanAttributes as names } from "@langfuse/tracing";
import { type Attributes, type Context, context, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { answerIn, contentOf, questionIn } from "./content.ts";
import { ensureContextManager } from "./context.ts";
import type { CostOf } from "./generations.ts";
import { TraceHandler } from "./handler.ts";
import { createProvider } from "./provider.ts";
import { type Observation, spanIdOf, startSpan, withShared } from "./spans.ts";

/** One attempt at a run, as the engine tells it to those who watch. */
interface TracedRun {
  readonly run_id: string;
  readonly thread_id: string;
  readonly owner: string;
  readonly assistant_id: string;
  readonly assistant_version: number | undefined;
  readonly graph_id: string;
  readonly trace_id: string;
  readonly attempt: number;
  readonly metadata: Record<string, unknown>;
  readonly configurable: Record<string, unknown>;
  readonly tags: readonly string[];
  readonly input: unknown;
  readonly resumes: boolean;
  readonly created_at: number;
  readonly began_at: number;
  readonly signal: AbortSignal;
}

interface TracedEnd {
  readonly status: "success" | "interrupted" | "error" | "timeout" | "retried";
  readonly values?: unknown;
  readonly interrupts?: readonly unknown[] | undefined;
  readonly error?: { readonly error: string; readonly message: string } | undefined;
  readonly ended_at?: number | undefined;
}

interface Tracing {
  observe(run: TracedRun): {
    callbacks: TraceHandler[];
    within<Result>(work: () => Promise<Result>): Promise<Result>;
    end(end: TracedEnd): void;
  };
  drain(): Promise<void>;
}

/** What spans say of the experiment that their run is an item of: all of them, and the root beside. */
export interface ExperimentSpans {
  readonly all: Attributes;
  readonly root: Attributes;
}

/** Asked at each attempt of a run; undefined where the run is none of an experiment's. */
export type ExperimentOf = (run: Pick<TracedRun, "metadata" | "trace_id">) => ExperimentSpans | undefined;

/** Langfuse's own limit of names, users, sessions and tags. */
const mostNameCharacters = 200;

/** @param costOf knows what a call of a model costs, in US dollars */
export function createTracing(options: {
  config: Pick<Config, "langfuse" | "otlp" | "otlpHeaderNames" | "traceSampleRate" | "apiKeys" | "limits">;
  log: Logger;
  costOf: CostOf;
  experimentOf?: ExperimentOf | undefined;
}): Tracing {
  const { config, log, costOf, experimentOf } = options;
  const { limits } = config;
  ensureContextManager();
  const { tracer, ids, isSampled, drain } = createProvider(config, log);
  const text = (value: unknown) => contentOf(value, limits.traceValueChars);

  function observe(run: TracedRun): ReturnType<Tracing["observe"]> {
    const rootId = spanIdOf(run.trace_id);
    const sampled = isSampled(run.trace_id);
    const experiment = experimentOf?.(run);
    const shared = withShared(ROOT_CONTEXT, { ...sharedBy(run, config), ...experiment?.all });
    const underRoot = trace.setSpanContext(shared, {
      traceId: run.trace_id,
      spanId: rootId,
      traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
    });
    // What a node traces by itself is dropped with the rest of the trace.
    if (!sampled) return { callbacks: [], within: (work) => context.with(underRoot, work), end() {} };

    const attempt = startAttempt(run, underRoot);
    const failed = (error: unknown) => log.debug({ error, run_id: run.run_id }, "a step could not be traced");
    const handler = new TraceHandler({
      tracer,
      attempt,
      signal: run.signal,
      costOf,
      mostCharacters: limits.traceValueChars,
      failed,
    });
    return {
      callbacks: [handler],
      within: (work) => context.with(attempt.around, work),
      end(end) {
        handler.close();
        const outcome = outcomeOf(end);
        attempt.update({ ...outcome, output: text(end.interrupts ? { interrupts: end.interrupts } : end.values) });
        if (run.resumes) attempt.set(traceContent({ output: answerOf(end) }));
        attempt.end(end.ended_at);
        if (!run.resumes && end.status !== "retried") writeRoot(run, end, shared, rootId, experiment?.root);
      },
    };
  }

  function startAttempt(run: TracedRun, underRoot: Context): Observation {
    const { run_id, attempt, began_at: startTime } = run;
    const name = `${run.resumes ? "resume, " : ""}attempt ${attempt}`;
    const content = { input: text(run.input), metadata: { run_id, attempt } };
    const start = () => startSpan(tracer, underRoot, { name, kind: "span", content, startTime });
    const started = ids.withIds({ traceId: run.trace_id, spanId: spanIdOf(run_id, attempt) }, start);
    // Langfuse's processor takes what has no parent in this process for the root of the application.
    started.set({ [names.IS_APP_ROOT]: false });
    return started;
  }

  function writeRoot(run: TracedRun, end: TracedEnd, shared: Context, spanId: string, more: Attributes = {}): void {
    const [input, output] = [text(questionIn(run.input)), answerOf(end)];
    const { run_id, thread_id, assistant_id, graph_id, attempt } = run;
    const metadata = {
      ...run.metadata,
      run_id,
      thread_id,
      assistant_id,
      graph_id,
      attempts: attempt,
      status: end.status,
    };
    const content = { input, output, metadata: bounded(metadata), ...outcomeOf(end) };
    const start = { name: nameOf(graph_id), kind: "agent", content, startTime: run.created_at } as const;
    const root = ids.withIds({ traceId: run.trace_id, spanId }, () => startSpan(tracer, shared, start));
    root.set({ ...traceContent({ input, output }), ...more });
    root.end();
  }

  function answerOf({ values, interrupts, error }: TracedEnd): string | undefined {
    return text(interrupts ? { interrupts } : (error ?? answerIn(values)));
  }

  function bounded(metadata: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, text(value)]));
  }

  return { observe, drain };
}

/** What every span of the trace says, since Langfuse filters spans by it. */
function sharedBy(run: TracedRun, config: Pick<Config, "langfuse" | "apiKeys">): Attributes {
  const isAuthenticated = config.apiKeys.length > 0;
  const user = isAuthenticated ? run.owner : (run.metadata.user_id ?? run.configurable.user_id);
  const version = run.metadata.version ?? run.assistant_version;
  return {
    [names.TRACE_NAME]: nameOf(run.graph_id),
    [names.TRACE_SESSION_ID]: nameOf(run.thread_id),
    ...(isName(user) && { [names.TRACE_USER_ID]: nameOf(user) }),
    ...(run.tags.length > 0 && { [names.TRACE_TAGS]: run.tags.map(nameOf) }),
    ...(isName(version) && { [names.VERSION]: nameOf(version) }),
    [`${names.TRACE_METADATA}.assistant_id`]: run.assistant_id,
    [`${names.TRACE_METADATA}.graph_id`]: nameOf(run.graph_id),
  };
}

function isName(value: unknown): value is string | number {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}

function nameOf(value: string | number): string {
  return String(value).slice(0, mostNameCharacters);
}

function traceContent({ input, output }: { input?: string | undefined; output: string | undefined }): Attributes {
  return {
    ...(input !== undefined && { [names.TRACE_INPUT]: input }),
    ...(output !== undefined && { [names.TRACE_OUTPUT]: output }),
  };
}

/** A run that waits for a human, or that somebody cancelled, has not failed. */
function outcomeOf({ status, error }: TracedEnd) {
  const statusMessage = error && `${error.error}: ${error.message}`;
  if (status === "error" || status === "timeout")
    return { level: "ERROR", statusMessage: statusMessage ?? status } as const;
  if (status === "interrupted") return { level: "WARNING", statusMessage: "The run was cancelled." } as const;
  if (status === "retried")
    return { level: "WARNING", statusMessage: error?.message ?? "The run goes on in another attempt." } as const;
  return {};
}
