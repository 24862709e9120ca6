/** Watches one call of a model: how long it says nothing, how long it takes, and whether its reply came to an end. */
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk, GenerationChunk, LLMResult } from "@langchain/core/outputs";
import { mergeConfigs, type RunnableConfig } from "@langchain/core/runnables";

export interface WatchLimits {
  /** The longest silence of a stream, in ms, before the first token or between two. */
  readonly modelIdleMs: number;
  /** The longest call, in ms. */
  readonly modelCallMs: number;
}

export interface Watch<Config extends RunnableConfig> {
  /** To be given to the call. */
  readonly config: Config;
  /** True once the model's reply has come to its end; an error after that is not the model's. */
  isComplete(): boolean;
  /** @throws CutStreamError, if what the call gave is no whole reply */
  check(): void;
  /** The limit that stopped the call, if one did. */
  overrun(): Error | undefined;
  /** Always to be called in the end: stops the clocks. */
  end(): void;
}

/** The model took longer than a limit allows. */
class ModelTimeoutError extends Error {
  override name = "ModelTimeoutError";
}

/** The model asked for more tool calls in one reply than anybody would make. */
class TooManyCallsError extends Error {
  override name = "TooManyCallsError";
}

/** Of one reply that is streamed: LangChain joins its pieces in a time that grows with the square of the calls. */
const mostCalls = 256;

/** The model's stream ended without saying that it was at its end. */
class CutStreamError extends Error {
  override name = "CutStreamError";
}

/**
 * Starts the clocks.
 * @param saysFinish whether the model's protocol has a reason for the end of each reply, so that one without it was cut
 * @param streams whether tokens are to be heard; a reply in one piece is silent until it is whole
 */
export function watch<Config extends RunnableConfig>(
  config: Config,
  limits: WatchLimits,
  saysFinish: boolean,
  streams = isStreamed(config),
): Watch<Config> {
  const stop = new AbortController();
  let overrun: Error | undefined;
  const { modelIdleMs, modelCallMs } = limits;
  const stopWith = (error: Error) => {
    overrun ??= error;
    stop.abort(overrun);
  };
  const after = (ms: number, what: string) =>
    setTimeout(() => stopWith(new ModelTimeoutError(`${what} for ${ms / 1000} s`)), ms);
  const total = after(modelCallMs, "it went on");
  const idle = streams ? after(modelIdleMs, "it said nothing") : undefined;
  const listener = new Listener(saysFinish, (calls) => {
    idle?.refresh();
    if (calls > mostCalls) stopWith(new TooManyCallsError(`it asked for more than ${mostCalls} tool calls at once`));
  });
  return {
    config: mergeConfigs(config, { signal: stop.signal, callbacks: [listener] }) as Config,
    isComplete: () => listener.hasEnded,
    check() {
      if (!listener.hasEnded) throw new CutStreamError("its stream was cut off");
    },
    overrun: () => overrun,
    end() {
      clearTimeout(total);
      clearTimeout(idle);
    },
  };
}

/** A call of `invoke` streams inside, if somebody listens to its tokens. */
function isStreamed({ callbacks = [] }: RunnableConfig): boolean {
  const handlers = Array.isArray(callbacks) ? callbacks : callbacks.handlers;
  return handlers.some((handler) => "lc_prefer_streaming" in handler && handler.lc_prefer_streaming === true);
}

class Listener extends BaseCallbackHandler {
  name = "signalbox-watch";
  override awaitHandlers = true;
  hasEnded = false;
  readonly #saysFinish: boolean;
  readonly #heard: (calls: number) => void;
  readonly #calls = new Set<unknown>();

  /** @param heard is told at each token how many tool calls the reply has so far */
  constructor(saysFinish: boolean, heard: (calls: number) => void) {
    super();
    this.#saysFinish = saysFinish;
    this.#heard = heard;
  }

  override handleLLMNewToken(
    ...[, , , , , fields]: Parameters<NonNullable<BaseCallbackHandler["handleLLMNewToken"]>>
  ): void {
    for (const { index, id } of toolCallsOf(fields?.chunk)) this.#calls.add(index ?? id);
    this.#heard(this.#calls.size);
  }

  override handleLLMEnd({ generations }: LLMResult): void {
    this.hasEnded = generations.flat().some((generation) => {
      const message = "message" in generation ? (generation.message as BaseMessage) : undefined;
      const said: Record<string, unknown> = { ...generation.generationInfo, ...message?.response_metadata };
      return !this.#saysFinish || Boolean(said.finish_reason);
    });
  }
}

function toolCallsOf(chunk: GenerationChunk | ChatGenerationChunk | undefined) {
  const message = chunk && "message" in chunk ? chunk.message : undefined;
  return AIMessageChunk.isInstance(message) ? (message.tool_call_chunks ?? []) : [];
}
