/** A chat model whose replies are made in this process: what the offline model and the replay of a cassette share. */
import { setImmediate } from "node:timers/promises";
import type {
  BaseLanguageModelInput,
  FunctionDefinition,
  StructuredOutputMethodOptions,
} from "@langchain/core/language_models/base";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import {
  assembleStructuredOutputPipeline,
  createFunctionCallingParser,
} from "@langchain/core/language_models/structured_output";
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import type { InvalidToolCall, ToolCall } from "@langchain/core/messages/tool";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { ensureConfig } from "@langchain/core/runnables";
import { type ModelCall, toolsOf, trialOf } from "./model-call.ts";

type CallOptions = BaseChatModelCallOptions & { tools?: FunctionDefinition[]; trial?: string };

export interface Reply {
  /** The text as a stream gives it, piece by piece; joined it is the whole. */
  readonly pieces: readonly string[];
  readonly tool_calls: readonly ToolCall[];
  /** Those whose arguments are not JSON. */
  readonly invalid_tool_calls?: readonly Pick<InvalidToolCall, "id" | "name" | "args">[] | undefined;
  readonly usage_metadata: UsageMetadata | undefined;
  readonly response_metadata: Readonly<Record<string, unknown>>;
}

/** Joined they are the text again: up to twelve letters or digits with the space before, or one other character. */
export function tokenize(text: string): string[] {
  return text.match(/\s?[\p{L}\p{M}\p{N}]{1,12}|\s?[^\s\p{L}\p{M}\p{N}]|\s/gu) ?? [];
}

/** A class, because that is what LangChain knows a chat model by. It streams, reports usage, takes tools and schemas. */
export abstract class ComputedChatModel extends BaseChatModel<CallOptions> {
  constructor(fields: BaseChatModelParams = {}) {
    super(fields);
    // A schema to fill is a tool that must be called.
    const structured = (schema: Record<string, unknown>, how: StructuredOutputMethodOptions<boolean> = {}) => {
      const { name = "extract", includeRaw } = how;
      const description = String(schema.description ?? "");
      const forced = this.bindTools([{ name, description, schema }], { tool_choice: name });
      return assembleStructuredOutputPipeline(forced, createFunctionCallingParser(schema, name), includeRaw);
    };
    this.withStructuredOutput = structured as typeof this.withStructuredOutput;
  }

  protected abstract reply(call: ModelCall): Reply;

  override bindTools(tools: BindToolsInput[], options: Partial<CallOptions> = {}) {
    return this.withConfig({ ...options, tools: toolsOf(tools) });
  }

  override invoke(input: BaseLanguageModelInput, options: Partial<CallOptions> = {}) {
    return super.invoke(input, withTrial(ensureConfig<Partial<CallOptions>>(options)));
  }

  override async *_streamIterator(input: BaseLanguageModelInput, options: Partial<CallOptions> = {}) {
    yield* super._streamIterator(input, withTrial(options));
  }

  async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    options.signal?.throwIfAborted();
    const { pieces, tool_calls, invalid_tool_calls: broken = [], ...rest } = this.#reply(messages, options);
    const text = pieces.join("");
    const invalid_tool_calls = broken.map((call) => ({ ...call, type: "invalid_tool_call" as const }));
    const message = new AIMessage({ content: text, tool_calls: [...tool_calls], invalid_tool_calls, ...rest });
    return { generations: [{ text, message }] };
  }

  override async *_streamResponseChunks(...given: Parameters<BaseChatModel<CallOptions>["_streamResponseChunks"]>) {
    const [messages, options, runManager] = given;
    const { pieces, tool_calls, invalid_tool_calls = [], ...ending } = this.#reply(messages, options);
    const type = "tool_call_chunk" as const;
    const written = tool_calls.map((call) => ({ ...call, args: JSON.stringify(call.args) }));
    const called = [...written, ...invalid_tool_calls].map((call, index) => ({ ...call, type, index }));
    for (const fields of [
      ...pieces.map((content) => ({ content })),
      { content: "", tool_call_chunks: called, ...ending },
    ]) {
      // A real model's tokens come over the network. Without this pause they would all reach the client at once.
      await setImmediate();
      options.signal?.throwIfAborted();
      const chunk = new ChatGenerationChunk({ text: fields.content, message: new AIMessageChunk(fields) });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  #reply(messages: BaseMessage[], { tools = [], tool_choice = "auto", stop = [], trial = "" }: CallOptions): Reply {
    return this.reply({ messages, tools, toolChoice: tool_choice, stop, trial });
  }
}

function withTrial<Options extends Partial<CallOptions>>(options: Options): Options {
  return { ...options, trial: trialOf(options.metadata) };
}
