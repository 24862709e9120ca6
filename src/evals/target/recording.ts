/** What a graph's run does, as its callbacks tell: nodes, calls of tools, usage, cost, the first token. */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { AIMessage } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import { isGraphBubbleUp, START } from "@langchain/langgraph";
import type { RunObserver } from "../../engine/observer.ts";
import { costOf } from "../../llm/prices.ts";
import type { ToolCall } from "../contract.ts";

/** LangGraph's tag of a node's own run, which all that runs inside of it does not have. */
const nodeTag = /^graph:step:\d+$/;
/** LangGraph's tag of calls whose tokens no reader of the stream sees. */
const unseenTag = "nostream";

type Made = { -readonly [Field in keyof ToolCall]: ToolCall[Field] } & { id: string | undefined };

/** A class, because that is what LangChain knows a listener by. One for all runs of one trial. */
export class Recording extends BaseCallbackHandler {
  name = "signalbox-evals";
  override awaitHandlers = true;

  readonly usage = { input_tokens: 0, output_tokens: 0 };
  readonly interrupts: unknown[] = [];
  #cost: number | undefined = 0;
  #nodes: { run: string; name: string; paused: boolean }[] = [];
  readonly #calls = new Map<string, Made>();
  #tokens = new FirstToken();

  get cost(): number | undefined {
    return this.#cost;
  }

  get firstTokenMs(): number | undefined {
    return this.#tokens.afterMs;
  }

  /** What a run is watched by. */
  get callbacks(): BaseCallbackHandler[] {
    return [this, this.#tokens];
  }

  get nodes(): string[] {
    return this.#nodes.map(({ name }) => name);
  }

  /** In the order in which they began, with the model's id for each. */
  get calls(): readonly Made[] {
    return [...this.#calls.values()];
  }

  /** A node that stopped at an interrupt begins again when it is answered: that is one visit. */
  resume(): void {
    this.#nodes = this.#nodes.filter(({ paused }) => !paused);
  }

  /** What follows is looked at, what was before is not; it has its price all the same. */
  forgetSteps(): void {
    this.#nodes = [];
    this.#calls.clear();
    this.interrupts.length = 0;
    this.#tokens = new FirstToken();
  }

  override handleChainStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleChainStart"]>>): void {
    const [, , run, , tags = [], metadata = {}] = given;
    if (!tags.some((tag) => nodeTag.test(tag))) return;
    const namespace = String(metadata.langgraph_checkpoint_ns ?? metadata.langgraph_node);
    const names = namespace.split("|").map((part) => part.split(":")[0] ?? "");
    // The step that takes the input is LangGraph's own.
    if (names.at(-1) !== START) this.#nodes.push({ run, name: names.join(":"), paused: false });
  }

  override handleChainError(error: unknown, run: string): void {
    const node = this.#nodes.find((each) => each.run === run);
    if (node && isGraphBubbleUp(error)) node.paused = true;
  }

  override handleLLMEnd({ generations }: LLMResult): void {
    const [generation] = generations[0] ?? [];
    const message = generation && "message" in generation ? (generation.message as AIMessage) : undefined;
    const used = message?.usage_metadata;
    const cost = used && costOf(String(message.response_metadata.model_name ?? ""), used);
    this.usage.input_tokens += used?.input_tokens ?? 0;
    this.usage.output_tokens += used?.output_tokens ?? 0;
    // A sum with one unknown part is unknown.
    this.#cost = cost === undefined || this.#cost === undefined ? undefined : this.#cost + cost;
  }

  override handleToolStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleToolStart"]>>): void {
    const [tool, input, run, , , , name, id] = given;
    this.#calls.set(run, { id, name: name ?? tool.id?.at(-1) ?? "", args: argumentsIn(input) });
  }

  override handleToolEnd(output: unknown, run: string): void {
    const call = this.#calls.get(run);
    if (call) call.result = textOf(output);
  }

  override handleToolError(error: unknown, run: string): void {
    const call = this.#calls.get(run);
    if (call && !isGraphBubbleUp(error)) call.error = error instanceof Error ? error.message : String(error);
  }
}

/**
 * Listens for the first token that a user hears. A listener of its own: who prefers tokens hears a guarded graph speak
 * (graphs/shared/release.ts), and not the model behind it, which has usage and cost.
 */
class FirstToken extends BaseCallbackHandler {
  name = "signalbox-evals-tokens";
  /** Without it a model that nobody streams gives its reply at once, and there is no first token. */
  lc_prefer_streaming = true;
  override awaitHandlers = true;
  readonly #unseen = new Set<string>();
  readonly #begun = performance.now();
  afterMs: number | undefined;

  override handleChatModelStart(...given: Parameters<NonNullable<BaseCallbackHandler["handleChatModelStart"]>>): void {
    const [, , run, , , tags = []] = given;
    if (tags.includes(unseenTag)) this.#unseen.add(run);
  }

  override handleLLMNewToken(token: string, _index: unknown, run: string): void {
    if (token !== "" && !this.#unseen.has(run)) this.afterMs ??= Math.round(performance.now() - this.#begun);
  }
}

function argumentsIn(input: string): Record<string, unknown> {
  try {
    const args: unknown = JSON.parse(input);
    if (typeof args === "object" && args !== null) return args as Record<string, unknown>;
  } catch {
    // A tool that takes one text.
  }
  return { input };
}

function textOf(output: unknown): string {
  if (typeof output === "string") return output;
  const { text } = Object(output);
  return typeof text === "string" ? text : (JSON.stringify(output) ?? "");
}

/** Records the runs of the owners that are begun, until they are ended. */
export function createRecorder(): { observer: RunObserver; begin(owner: string): Recording; end(owner: string): void } {
  const recordings = new Map<string, Recording>();
  return {
    begin(owner) {
      const recording = new Recording();
      recordings.set(owner, recording);
      return recording;
    },
    end: (owner) => void recordings.delete(owner),
    observer: {
      observe({ owner }) {
        const recording = recordings.get(owner);
        return recording && { callbacks: recording.callbacks, within: (work) => work(), end() {} };
      },
      drain: async () => {},
    },
  };
}
