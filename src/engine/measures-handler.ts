/** Hears what one attempt's models and tools do, and adds it up. */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { Serialized } from "@langchain/core/load/serializable";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { isGraphBubbleUp } from "@langchain/langgraph";
import type { ModelMeasure, ToolMeasure } from "../storage/tables/measures.ts";
import { type CostOf, cleanName } from "./measures-values.ts";

/** A call that has begun; times are those of performance.now(). */
interface OpenCall {
  readonly model: string | undefined;
  readonly began: number;
  /** Its words are the answer, and not a router's or a judge's. */
  readonly isForUser: boolean;
  firstToken?: number;
}

/** Of one attempt; users name models, and models invent tools. */
const mostNames = 50;
/** Calls of one model in one attempt whose times are kept one by one. */
const mostTimes = 200;

export class MeasuringHandler extends BaseCallbackHandler {
  name = "signalbox-measures";
  override awaitHandlers = true;
  override ignoreChain = true;
  override ignoreRetriever = true;
  override ignoreCustomEvent = true;
  /** When the first text for the user came. */
  firstToken: number | undefined;
  readonly models = new Map<string, ModelMeasure>();
  readonly tools = new Map<string, ToolMeasure>();
  /** Tool calls that were really made, by the ids that the model gave them. */
  readonly madeCalls = new Set<string>();
  readonly #costOf: CostOf;
  readonly #openModels = new Map<string, OpenCall>();
  readonly #openTools = new Map<string, string>();

  constructor(costOf: CostOf) {
    super();
    this.#costOf = costOf;
  }

  override handleChatModelStart(...start: Parameters<NonNullable<BaseCallbackHandler["handleChatModelStart"]>>): void {
    const [, , runId, , , tags, metadata] = start;
    this.#open(runId, tags, metadata);
  }

  override handleLLMStart(...start: Parameters<NonNullable<BaseCallbackHandler["handleLLMStart"]>>): void {
    const [, , runId, , , tags, metadata] = start;
    this.#open(runId, tags, metadata);
  }

  override handleLLMNewToken(token: string, _place: unknown, runId: string): void {
    const call = this.#openModels.get(runId);
    if (!call || call.firstToken !== undefined || token === "") return;
    call.firstToken = performance.now();
    if (call.isForUser) this.firstToken ??= call.firstToken;
  }

  override handleLLMEnd({ generations }: LLMResult, runId: string): void {
    const call = this.#openModels.get(runId);
    this.#openModels.delete(runId);
    const generation = generations[0]?.[0];
    const message = generation && "message" in generation ? generation.message : undefined;
    const answered: { model_name?: unknown } = { ...generation?.generationInfo, ...Object(message).response_metadata };
    const answering = typeof answered.model_name === "string" ? answered.model_name : undefined;
    const measure = this.#ofModel(call?.model ?? answering);
    measure.calls++;
    const usage = AIMessage.isInstance(message) ? message.usage_metadata : undefined;
    measure.input_tokens += usage?.input_tokens ?? 0;
    measure.output_tokens += usage?.output_tokens ?? 0;
    const cost = usage && this.#costOf(answering ?? call?.model ?? "", usage);
    if (cost === undefined) measure.unpriced_calls++;
    else measure.cost_nanodollars += Math.round(cost * 1e9);
    if (!call || measure.latency_ms.length >= mostTimes) return;
    measure.latency_ms.push(Math.round(performance.now() - call.began));
    if (call.firstToken !== undefined) measure.first_token_ms.push(Math.round(call.firstToken - call.began));
  }

  override handleLLMError(_error: unknown, runId: string): void {
    const measure = this.#ofModel(this.#openModels.get(runId)?.model);
    this.#openModels.delete(runId);
    measure.calls++;
    measure.errors++;
  }

  override handleToolStart(...start: Parameters<NonNullable<BaseCallbackHandler["handleToolStart"]>>): void {
    const [tool, , runId, , , , name, callId] = start;
    if (callId !== undefined) this.madeCalls.add(callId);
    this.#openTools.set(runId, name ?? nameOf(tool));
  }

  override handleToolEnd(output: unknown, runId: string): void {
    this.#endTool(runId, ToolMessage.isInstance(output) && output.status === "error");
  }

  override handleToolError(error: unknown, runId: string): void {
    // A tool that waits for a human's word has not failed, and is called again.
    if (isGraphBubbleUp(error)) this.#openTools.delete(runId);
    else this.#endTool(runId, true);
  }

  /** Counts calls that were answered by an error before any tool was reached: unknown tools, wrong arguments. */
  countRefusals(messages: readonly BaseMessage[]): void {
    for (const message of messages) {
      if (!ToolMessage.isInstance(message) || message.status !== "error") continue;
      if (!this.madeCalls.has(message.tool_call_id)) this.#countTool(message.name, true);
    }
  }

  #open(runId: string, tags: string[] | undefined, metadata: Record<string, unknown> | undefined): void {
    const name = metadata?.ls_model_name;
    const isForUser = !tags?.includes("nostream");
    this.#openModels.set(runId, {
      model: typeof name === "string" ? name : undefined,
      began: performance.now(),
      isForUser,
    });
  }

  #ofModel(name: string | undefined): ModelMeasure {
    return ofName(this.models, name, () => ({
      calls: 0,
      errors: 0,
      input_tokens: 0,
      output_tokens: 0,
      cost_nanodollars: 0,
      unpriced_calls: 0,
      latency_ms: [],
      first_token_ms: [],
    }));
  }

  #endTool(runId: string, hasFailed: boolean): void {
    const name = this.#openTools.get(runId);
    this.#openTools.delete(runId);
    this.#countTool(name, hasFailed);
  }

  #countTool(name: string | undefined, hasFailed: boolean): void {
    const measure = ofName(this.tools, name, () => ({ calls: 0, failures: 0 }));
    measure.calls++;
    if (hasFailed) measure.failures++;
  }
}

/** The entry of a name; where there are too many names, that of "other". */
function ofName<Entry>(entries: Map<string, Entry>, name: string | undefined, create: () => Entry): Entry {
  const clean = cleanName(name ?? "unknown");
  const key = entries.has(clean) || entries.size < mostNames ? clean : "other";
  const entry = entries.get(key) ?? create();
  entries.set(key, entry);
  return entry;
}

function nameOf(tool: Serialized): string {
  return tool.name ?? tool.id.at(-1) ?? "unknown";
}
