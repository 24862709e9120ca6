/**
 * A chat model over others that may fail: each is tried again when its failure passes by itself, then the next is
 * asked. Every attempt is a call of its own to tracers and streams, so that nothing of a failed one is taken over.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk, BaseMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { ensureConfig, type RunnableConfig, RunnableLambda } from "@langchain/core/runnables";
import { SignalboxError } from "../errors.ts";
import { attempt, attemptStream, type Candidate, ModelFailure } from "./attempt.ts";
import { describeFailure, type RetryLimits, waitBeforeRetry } from "./failures.ts";
import type { ChatModel } from "./provider.ts";
import type { WatchLimits } from "./watch.ts";

interface CallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

/** A class, because that is what LangChain knows a chat model by. */
export class SteadyChatModel extends BaseChatModel<CallOptions> {
  readonly #candidates: readonly [Candidate, ...Candidate[]];
  readonly #limits: RetryLimits & WatchLimits;

  /** @param candidates in the order in which they are asked */
  constructor(candidates: readonly [Candidate, ...Candidate[]], limits: RetryLimits & WatchLimits) {
    super({});
    this.#candidates = candidates;
    this.#limits = limits;
    // Each provider has its own way to ask for a shape.
    const structured = (schema: Record<string, unknown>, how?: StructuredOutputMethodOptions<true>) =>
      RunnableLambda.from((input: BaseLanguageModelInput, options) =>
        this.#ask(({ model }, config) => model.withStructuredOutput(schema, how).invoke(input, config), options),
      );
    this.withStructuredOutput = structured as unknown as typeof this.withStructuredOutput;
  }

  _llmType(): string {
    return "steady";
  }

  override get profile() {
    return this.#candidates[0].model.profile;
  }

  /** The tools are bound to each candidate in its provider's own format when it is asked. */
  override bindTools(tools: BindToolsInput[], options: Partial<CallOptions> = {}) {
    return this.withConfig({ ...options, tools });
  }

  override invoke(input: BaseLanguageModelInput, options: Partial<CallOptions> = {}): Promise<AIMessageChunk> {
    // In a graph's node, what is not given comes from the node: its listeners and its signal.
    const { tools, tool_choice, ...rest } = ensureConfig<Partial<CallOptions>>(options);
    return this.#ask(({ model }, config) => withTools(model, tools, tool_choice).invoke(input, config), rest);
  }

  /** A failure is tried again until the first token has left; after that it is the reader's. */
  override async *_streamIterator(
    input: BaseLanguageModelInput,
    options: Partial<CallOptions> = {},
  ): AsyncGenerator<AIMessageChunk> {
    const { tools, tool_choice, ...rest } = options;
    const { chunks, first } = await this.#persist(rest.signal, async (candidate) => {
      const open = (config: typeof rest) => withTools(candidate.model, tools, tool_choice).stream(input, config);
      const chunks = attemptStream(open, rest, candidate, this.#limits);
      return { chunks, first: await chunks.next() };
    });
    try {
      if (!first.done) yield first.value;
      yield* chunks;
    } catch (error) {
      throw error instanceof ModelFailure ? notAnswered([describeFailure(error.cause)], error.cause) : error;
    } finally {
      await chunks.return(undefined);
    }
  }

  /** For callers that go around `invoke`: the first candidate, as it is. */
  _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    return this.#candidates[0].model._generate(messages, options);
  }

  #ask<Result, Config extends RunnableConfig>(
    call: (candidate: Candidate, config: Config) => Promise<Result>,
    config: Config,
  ): Promise<Result> {
    return this.#persist(config.signal, (candidate) =>
      attempt((watched: Config) => call(candidate, watched), config, candidate, this.#limits),
    );
  }

  /** Makes attempts at one candidate after the other until one gives a result. */
  async #persist<Result>(
    signal: AbortSignal | undefined,
    makeAttempt: (candidate: Candidate) => Promise<Result>,
  ): Promise<Result> {
    const failures: string[] = [];
    let cause: unknown;
    for (const candidate of this.#candidates) {
      let wait: number | undefined = 0;
      for (let attempts = 1; wait !== undefined; attempts++) {
        try {
          return await makeAttempt(candidate);
        } catch (error) {
          signal?.throwIfAborted();
          if (!(error instanceof ModelFailure)) throw error;
          cause = error.cause;
          wait = waitBeforeRetry(cause, attempts, this.#limits);
          if (wait !== undefined) await sleep(wait, undefined, { signal });
          else failures.push(`${candidate.name} (attempt ${attempts}): ${describeFailure(cause)}`);
        }
      }
    }
    throw notAnswered(failures, cause);
  }
}

function notAnswered(failures: readonly string[], cause: unknown): SignalboxError {
  return new SignalboxError("model-failed", `The model gave no whole answer. ${failures.join("; ")}`, { cause });
}

function withTools(model: ChatModel, tools: BindToolsInput[] | undefined, tool_choice: CallOptions["tool_choice"]) {
  return tools ? model.bindTools(tools, tool_choice === undefined ? {} : { tool_choice }) : model;
}
