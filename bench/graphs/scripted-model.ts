/** A chat model that answers at once, from a script: what is measured is everything around it. */
import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";

export type Script = (messages: BaseMessage[]) => AIMessageChunk[];

export class ScriptedModel extends BaseChatModel {
  readonly #script: Script;

  /** @param script gives the chunks of the answer; at least one */
  constructor(script: Script) {
    super({});
    this.#script = script;
  }

  override _llmType(): string {
    return "scripted";
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
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
    }
  }
}

/** A message of one chunk. */
export function say(fields: ConstructorParameters<typeof AIMessageChunk>[0]): AIMessageChunk[] {
  return [new AIMessageChunk(fields)];
}
