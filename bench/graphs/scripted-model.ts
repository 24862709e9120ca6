/** A chat model that answers from a script, at once or at a pace: what is measured is everything around it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";

export type Script = (messages: BaseMessage[]) => AIMessageChunk[];

export class ScriptedModel extends BaseChatModel {
  readonly #script: Script;
  readonly #pauseMs: number;

  /**
   * @param script gives the chunks of the answer; at least one
   * @param pauseMs after each streamed chunk, or before an answer in one piece; 0 does not give up the turn
   */
  constructor(script: Script, pauseMs = 0) {
    super({});
    this.#script = script;
    this.#pauseMs = pauseMs;
  }

  override _llmType(): string {
    return "scripted";
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    const message = this.#script(messages).reduce((whole, chunk) => whole.concat(chunk));
    return { generations: [{ message, text: message.text }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    _options: this["ParsedCallOptions"],
    callbacks?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    for (const message of this.#script(messages)) {
      const chunk = new ChatGenerationChunk({ message, text: message.text });
      yield chunk;
      await callbacks?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
      if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    }
  }
}

/** A message of one chunk. */
export function say(fields: ConstructorParameters<typeof AIMessageChunk>[0]): AIMessageChunk[] {
  return [new AIMessageChunk(fields)];
}
