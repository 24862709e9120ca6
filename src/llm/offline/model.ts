/** The model that is used when none is set: it computes its replies, streams, reports usage, takes tools and schemas. */
import { setImmediate } from "node:timers/promises";
import type { FunctionDefinition, StructuredOutputMethodOptions } from "@langchain/core/language_models/base";
import type { BaseChatModelCallOptions, BindToolsInput } from "@langchain/core/language_models/chat_models";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  assembleStructuredOutputPipeline,
  createFunctionCallingParser,
} from "@langchain/core/language_models/structured_output";
import { AIMessage, AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { convertToOpenAITool, isLangChainTool } from "@langchain/core/utils/function_calling";
import { answer } from "./answer.ts";
import { record, typed } from "./text.ts";

type CallOptions = BaseChatModelCallOptions & { tools?: FunctionDefinition[] };

export class OfflineChatModel extends BaseChatModel<CallOptions> {
  constructor() {
    super({});
    // A schema to fill is a tool that must be called.
    const structured = (schema: Record<string, unknown>, config: StructuredOutputMethodOptions<boolean> = {}) => {
      const { name = "extract", includeRaw } = config;
      const forced = this.bindTools([{ name, schema }], { tool_choice: name });
      return assembleStructuredOutputPipeline(forced, createFunctionCallingParser(schema, name), includeRaw);
    };
    this.withStructuredOutput = structured as typeof this.withStructuredOutput;
  }

  _llmType() {
    return "offline";
  }

  override bindTools(tools: BindToolsInput[], options: Partial<CallOptions> = {}) {
    return this.withConfig({ ...options, tools: tools.map(definitionOf) });
  }

  async _generate(messages: BaseMessage[], options: this["ParsedCallOptions"]): Promise<ChatResult> {
    options.signal?.throwIfAborted();
    const { text, ...rest } = this.#reply(messages, options);
    return { generations: [{ text, message: new AIMessage({ content: text, ...rest }) }] };
  }

  override async *_streamResponseChunks(...given: Parameters<BaseChatModel<CallOptions>["_streamResponseChunks"]>) {
    const [messages, options, runManager] = given;
    const { text, tool_calls, ...ending } = this.#reply(messages, options);
    const type = "tool_call_chunk" as const;
    const called = tool_calls.map((call, index) => ({ ...call, type, args: JSON.stringify(call.args), index }));
    const tokens = tokenize(text).map((content) => ({ content }));
    for (const fields of [...tokens, { content: "", tool_call_chunks: called, ...ending }]) {
      // A real model's tokens come over the network. Without this pause they would all reach the client at once.
      await setImmediate();
      options.signal?.throwIfAborted();
      const chunk = new ChatGenerationChunk({ text: fields.content, message: new AIMessageChunk(fields) });
      yield chunk;
      await runManager?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
    }
  }

  #reply(messages: BaseMessage[], { tools = [], tool_choice = "auto", stop = [] }: CallOptions) {
    const given = record(tool_choice);
    const named = record(given.function).name ?? given.name ?? given.type ?? tool_choice;
    const { text: whole, calls } = answer(messages, tools, String(named));
    const ends = stop.map((word) => whole.indexOf(word)).filter((end) => end >= 0);
    const text = whole.slice(0, Math.min(whole.length, ...ends));
    const type = "tool_call" as const;
    const tool_calls = calls.map((call, index) => ({ ...call, type, id: `call_${messages.length}_${index}` }));
    const read = messages.map((message) => [message.text, JSON.stringify(record(message).tool_calls)].join(""));
    const input_tokens = tokenize(read.join("\n")).length;
    const output_tokens = tokenize(text || JSON.stringify(calls)).length;
    const usage_metadata = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
    const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop";
    return { text, tool_calls, usage_metadata, response_metadata: { model_name: this._llmType(), finish_reason } };
  }
}

/** Takes LangChain's tools, OpenAI's definitions, and bare ones with `parameters`, `input_schema` or `schema`. */
function definitionOf(tool: BindToolsInput): FunctionDefinition {
  const given = record(isLangChainTool(tool) ? convertToOpenAITool(tool) : tool);
  const { name, description, ...rest } = record(given.function ?? given);
  const parameters = record(rest.parameters ?? rest.input_schema ?? rest.schema);
  return { name: typed(name, ""), description: typed(description, ""), parameters };
}

/** Tokens join to the same text again: up to twelve letters or digits with the space before, or one other character. */
function tokenize(text: string): string[] {
  return text.match(/\s?[\p{L}\p{M}\p{N}]{1,12}|\s?[^\s\p{L}\p{M}\p{N}]|\s/gu) ?? [];
}
