/**
 * LangChain's callbacks of one attempt as spans: nodes, models, tools and retrievers, each under what called it.
 *
 *   attempt ─▶ node ─▶ model (generation: model, parameters, usage, cost, time to the first token)
 *                  └─▶ tool (arguments, result) or retriever (query, documents)
 */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { DocumentInterface } from "@langchain/core/documents";
import type { Serialized } from "@langchain/core/load/serializable";
import type { BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { isGraphBubbleUp, isGraphInterrupt } from "@langchain/langgraph";
import type { LangfuseGenerationAttributes } from "@langfuse/tracing";
import type { Tracer } from "@opentelemetry/api";
import { contentOf } from "./content.ts";
import { asked, type CostOf, replied } from "./generations.ts";
import { type Observation, type ObservationKind, startSpan } from "./spans.ts";

interface HandlerOptions {
  readonly tracer: Tracer;
  /** Stands for the graph itself. */
  readonly attempt: Observation;
  /** Fires when the run is to stop. */
  readonly signal: AbortSignal;
  readonly costOf: CostOf;
  /** Characters of one input or output. */
  readonly mostCharacters: number;
  /** Told of an error in here, which is no business of the run's. */
  readonly failed: (error: unknown) => void;
}

type Metadata = Record<string, unknown>;

/** By what LangChain calls a thing that starts. */
interface Start {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly name: string | undefined;
  readonly type: Serialized | undefined;
  readonly tags: readonly string[] | undefined;
  readonly metadata: Metadata | undefined;
}

interface Open {
  readonly observation: Observation;
  /** The model as it was asked for, of a generation. */
  readonly model?: string | undefined;
  firstToken?: Date;
}

/** The machinery of LangGraph and LangChain, which is no step of anybody's: what happens in it shows by itself. */
const hiddenTag = "langsmith:hidden";
const plumbing = /^(Runnable[A-Z]\w*|\w*OutputParser|JsonOutputKeyToolsParser|ChannelWrite<.*>|Branch<.*>)$/;
/** What Langfuse draws the graph by, and what tells parallel tasks apart. */
const shownMetadata = ["langgraph_node", "langgraph_step", "langgraph_triggers", "langgraph_checkpoint_ns"];

/** A class, because that is what LangChain knows a handler by. It waits for nothing, and throws nothing. */
export class TraceHandler extends BaseCallbackHandler {
  name = "signalbox-tracing";
  /** Called in order and at once, so that a parent is known before its children. */
  override awaitHandlers = true;
  readonly #options: HandlerOptions;
  readonly #open = new Map<string, Open>();
  /** What is no span of its own, and the span that it belongs to. */
  readonly #within = new Map<string, Observation>();

  constructor(options: HandlerOptions) {
    super();
    this.#options = options;
  }

  override handleChainStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleChainStart"]>>): void {
    const [type, inputs, runId, parentRunId, tags, metadata, , name] = given;
    this.#guard(() => {
      if (parentRunId === undefined) this.#within.set(runId, this.#options.attempt);
      else if (tags?.includes(hiddenTag) || plumbing.test(name ?? ""))
        this.#within.set(runId, this.#parent(parentRunId));
      else this.#start("span", { type, runId, parentRunId, tags, metadata, name }, { input: this.#text(inputs) });
    });
  }

  override handleChainEnd(outputs: unknown, runId: string): void {
    this.#guard(() => this.#end(runId, () => ({ output: this.#text(outputs) })));
  }

  override handleChainError(error: unknown, runId: string): void {
    this.#guard(() => this.#fail(runId, error));
  }

  override handleChatModelStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleChatModelStart"]>>): void {
    const [type, messages, runId, parentRunId, extra, tags, metadata, name] = given;
    this.#guard(() => this.#ask(messages.flat(), { type, runId, parentRunId, tags, metadata, name }, extra));
  }

  override handleLLMStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleLLMStart"]>>): void {
    const [type, prompts, runId, parentRunId, extra, tags, metadata, name] = given;
    this.#guard(() => this.#ask(prompts, { type, runId, parentRunId, tags, metadata, name }, extra));
  }

  override handleLLMNewToken(_token: string, _index: unknown, runId: string): void {
    const open = this.#open.get(runId);
    if (open) open.firstToken ??= new Date();
  }

  override handleLLMEnd(result: LLMResult, runId: string): void {
    this.#guard(() =>
      this.#end(runId, ({ model, firstToken }) => ({
        ...replied(result, model, this.#options.costOf, this.#text),
        ...(firstToken && { completionStartTime: firstToken }),
      })),
    );
  }

  override handleLLMError(error: unknown, runId: string): void {
    this.#guard(() => this.#fail(runId, error));
  }

  override handleToolStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleToolStart"]>>): void {
    const [type, input, runId, parentRunId, tags, metadata, name, callId] = given;
    this.#guard(() => {
      const ofCall = callId === undefined ? {} : { metadata: { tool_call_id: callId } };
      this.#start("tool", { type, runId, parentRunId, tags, metadata, name }, { input: this.#text(input), ...ofCall });
    });
  }

  /** A tool that found passages of documents is a retriever. */
  override handleToolEnd(result: unknown, runId: string): void {
    const { content, artifact, status } = Object(result) as Partial<ToolMessage>;
    const passages = Array.isArray(artifact) && artifact.length > 0 && artifact.every(isPassage) ? artifact : undefined;
    const output = passages ?? content ?? result;
    const failure = () => ({ level: "ERROR" as const, statusMessage: this.#text(content) ?? "It failed." });
    this.#guard(() =>
      this.#end(
        runId,
        () => ({ output: this.#text(output), ...(status === "error" && failure()) }),
        passages && "retriever",
      ),
    );
  }

  override handleToolError(error: unknown, runId: string): void {
    this.#guard(() => this.#fail(runId, error));
  }

  override handleRetrieverStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleRetrieverStart"]>>): void {
    const [type, query, runId, parentRunId, tags, metadata, name] = given;
    this.#guard(() => this.#start("retriever", { type, runId, parentRunId, tags, metadata, name }, { input: query }));
  }

  override handleRetrieverEnd(documents: DocumentInterface[], runId: string): void {
    this.#guard(() => this.#end(runId, () => ({ output: this.#text(documents) })));
  }

  override handleRetrieverError(error: unknown, runId: string): void {
    this.#guard(() => this.#fail(runId, error));
  }

  /** Ends what is still open: a graph that is stopped does not end each of its nodes. */
  close(): void {
    this.#guard(() => {
      for (const runId of [...this.#open.keys()].reverse()) this.#end(runId, () => stopped);
      this.#within.clear();
    });
  }

  #start(kind: ObservationKind, start: Start, content: LangfuseGenerationAttributes): void {
    const { metadata = {} } = start;
    const shown = shownMetadata.flatMap((key) => (metadata[key] === undefined ? [] : [[key, metadata[key]]]));
    const tags = start.tags?.filter((tag) => !/^(seq|graph):step:/.test(tag)) ?? [];
    const observation = startSpan(this.#options.tracer, this.#parent(start.parentRunId).around, {
      name: start.name ?? start.type?.id?.at(-1) ?? kind,
      kind,
      content: {
        ...content,
        metadata: { ...Object.fromEntries(shown), ...(tags.length > 0 && { tags }), ...Object(content.metadata) },
      },
    });
    this.#open.set(start.runId, { observation, model: content.model });
  }

  #ask(messages: readonly (BaseMessage | string)[], start: Start, extra: Metadata | undefined): void {
    this.#start("generation", start, asked(messages, extra, start.metadata, this.#text));
  }

  #parent(runId: string | undefined): Observation {
    const { attempt } = this.#options;
    if (runId === undefined) return attempt;
    return this.#open.get(runId)?.observation ?? this.#within.get(runId) ?? attempt;
  }

  /** A graph that waits for a human, or hands over to its parent, has not failed. */
  #fail(runId: string, error: unknown): void {
    this.#end(runId, () => {
      if (isGraphInterrupt(error)) return { output: this.#text({ interrupt: error.interrupts }) };
      if (isGraphBubbleUp(error)) return {};
      return this.#options.signal.aborted || isAbort(error)
        ? stopped
        : { level: "ERROR", statusMessage: this.#text(String(error)) ?? "It failed." };
    });
  }

  #end(runId: string, contentOfEnd: (open: Open) => LangfuseGenerationAttributes, kind?: ObservationKind): void {
    const open = this.#open.get(runId);
    this.#open.delete(runId);
    this.#within.delete(runId);
    if (!open) return;
    try {
      open.observation.update(contentOfEnd(open), kind);
    } finally {
      open.observation.end();
    }
  }

  #text = (value: unknown): string | undefined => contentOf(value, this.#options.mostCharacters);

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.failed(error);
    }
  }
}

const stopped = { level: "WARNING", statusMessage: "It was stopped." } as const;

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.message === "Aborted");
}

function isPassage(value: unknown): boolean {
  const { text, source } = Object(value) as Record<string, unknown>;
  return typeof text === "string" && typeof source === "string";
}
