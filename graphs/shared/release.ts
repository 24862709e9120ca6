/**
 * Says an answer to whoever listens to the run's tokens, sentence by sentence, after a guard; and nothing else.
 *
 *   model ─▶ tokens ─▶ sentences ─▶ guard ─▶ voice ─▶ messages stream, events, /v1/chat/completions
 *     └─▶ tracers, measures, budgets
 *
 * Two kinds of callbacks are told apart: those that want tokens as they come (streams to users), and those that watch
 * calls of models (tracers, measures, budgets). A model is called with the second kind alone, and the voice speaks to
 * the first alone, as if it were a model: no user hears a word before the guard, and no call is counted twice.
 */
import { randomUUID } from "node:crypto";
import { callbackHandlerPrefersStreaming } from "@langchain/core/callbacks/base";
import { CallbackManager, type CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { AIMessage, AIMessageChunk } from "@langchain/core/messages";
import { type ChatGeneration, ChatGenerationChunk } from "@langchain/core/outputs";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { createSentences } from "./sentences.ts";

/** Gives a sentence as it may be shown, or "" if it may not. */
export type Check = (sentence: string) => string;

/** A config for calls of models whose tokens no user may hear; whoever measures the call hears of it. */
export function unheard<Config extends RunnableConfig>(config: Config): Config {
  return { ...config, callbacks: callbacksOf(config, false) };
}

/**
 * Says what the guard lets pass of a reply, while it comes, and gives the message for the state: with the same id and
 * text, and the reply's usage.
 * @param reply a stream of a model that was called `unheard`, or parts of a text that is known
 * @param runtime the node's, whose listeners hear the sentences
 * @param closing what is said behind the text that was shown, which may be ""; where that is all, it must not be ""
 * @throws what the stream throws; what was said until then was heard
 */
export async function release(
  reply: AsyncIterable<AIMessageChunk> | Iterable<AIMessageChunk>,
  runtime: LangGraphRunnableConfig,
  check: Check,
  closing: (shown: string) => string,
): Promise<AIMessage> {
  const filter = createFilter(check);
  const voice = createVoice(runtime);
  let whole: AIMessageChunk | undefined;
  let text = "";
  const say = async (shown: string) => {
    text += shown;
    await voice.say(shown);
  };
  try {
    for await (const part of reply) {
      whole = whole?.concat(part) ?? part;
      await say(filter.push(part.text));
    }
    await say(filter.flush());
    const last = closing(text);
    await say(text === "" || last === "" ? last : ` ${last}`);
    await voice.end();
  } catch (error) {
    await voice.fail(error);
    throw error;
  }
  const { usage_metadata, response_metadata } = whole ?? {};
  return new AIMessage({ id: voice.id, content: text, response_metadata, ...(usage_metadata && { usage_metadata }) });
}

/** A known text as the guard lets it pass; nobody hears it. */
export function filtered(text: string, check: Check): string {
  const filter = createFilter(check);
  return filter.push(text) + filter.flush();
}

/** Gives of each part of a text what may be shown by then, with the white space that stood before it. */
function createFilter(check: Check) {
  const sentences = createSentences();
  let [hasBegun, gap] = [false, ""];
  const pass = (sentence: string) => {
    const shown = check(sentence.trim());
    const before = hasBegun ? gap + sentence.slice(0, sentence.length - sentence.trimStart().length) : "";
    const behind = sentence.slice(sentence.trimEnd().length);
    // What is left out, or comes later, takes no empty line with it.
    if (shown !== "" || behind.length > gap.length) gap = behind;
    hasBegun ||= shown !== "";
    return shown === "" ? "" : before + shown;
  };
  return {
    push: (part: string) => sentences.push(part).map(pass).join(""),
    flush: () => sentences.flush().map(pass).join(""),
  };
}

/** Speaks as a model does to those who listen to tokens; where nobody does, or nothing is said, it is silent. */
function createVoice(runtime: LangGraphRunnableConfig) {
  const id = randomUUID();
  let run: CallbackManagerForLLMRun | undefined;
  let said = "";
  const utter = async (text: string, response_metadata: Record<string, unknown> = {}) => {
    const message = new AIMessageChunk({ id, content: text, response_metadata });
    const chunk = new ChatGenerationChunk({ text, message });
    await run?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
  };
  return {
    id,
    async say(text: string) {
      if (text === "") return;
      if (said === "") {
        const listeners = callbacksOf(runtime, true);
        listeners?.addMetadata({ ls_model_type: "chat" });
        const speaker = { lc: 1, type: "not_implemented" as const, id: ["signalbox", "voice"] };
        [run] = (await listeners?.handleChatModelStart(speaker, [[]])) ?? [];
      }
      said += text;
      await utter(text);
    },
    async end() {
      await utter("", { finish_reason: "stop" });
      const whole: ChatGeneration = { text: said, message: new AIMessage({ id, content: said }) };
      await run?.handleLLMEnd({ generations: [[whole]] });
    },
    fail: async (error: unknown) => await run?.handleLLMError(error),
  };
}

/** A copy of the callbacks with those alone that want tokens as they come, or those alone that do not. */
function callbacksOf({ callbacks, tags, metadata }: RunnableConfig, wantTokens: boolean): CallbackManager | undefined {
  const manager = CallbackManager.configure(callbacks, undefined, tags, undefined, metadata);
  for (const handler of manager?.handlers ?? [])
    if (Boolean(callbackHandlerPrefersStreaming(handler)) !== wantTokens) manager?.removeHandler(handler);
  return manager;
}
