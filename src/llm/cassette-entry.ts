/** A line of a cassette: a model's call as it is asked, and its reply, both as JSON with their secrets masked. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { z } from "zod";
import { hashOfJson } from "../canonical-json.ts";
import { maskSecrets } from "../masking.ts";
import { choiceOf, type ModelCall } from "./model-call.ts";

const toolCall = z.object({ id: z.string().optional(), name: z.string(), args: z.record(z.string(), z.unknown()) });

/** One whose arguments are not JSON: the text that the model wrote. */
const invalidToolCall = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  args: z.string().optional(),
});

const CassetteMessage = z.object({
  type: z.string(),
  content: z.unknown(),
  tool_calls: z.array(toolCall).optional(),
  tool_call_id: z.string().optional(),
});
export type CassetteMessage = z.infer<typeof CassetteMessage>;

const Asked = z.object({
  model: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  messages: z.array(CassetteMessage),
  tools: z.array(z.custom<FunctionDefinition>((tool) => typeof tool === "object" && tool !== null)),
  tool_choice: z.string(),
  stop: z.array(z.string()),
  trial: z.string(),
});
/** What was asked, with its secrets masked. */
export type Asked = z.infer<typeof Asked>;

const CassetteReply = z.object({
  pieces: z.array(z.string()),
  tool_calls: z.array(toolCall),
  invalid_tool_calls: z.array(invalidToolCall).optional(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() }).optional(),
  response_metadata: z.record(z.string(), z.unknown()),
});
export type CassetteReply = z.infer<typeof CassetteReply>;

export const CassetteEntry = z.union([
  Asked.extend({ key: z.string(), reply: CassetteReply }),
  z.object({ conversation: z.string(), messages: z.array(CassetteMessage), reply: CassetteReply }),
]);
/** One line: a recorded call, or a turn of a stored thread, of which neither instructions nor tools are known. */
export type CassetteEntry = z.infer<typeof CassetteEntry>;

/** @param parameters the settings that the model was opened with, such as its temperature */
export function askedOf(call: ModelCall, model: string, parameters: Asked["parameters"]): Asked {
  return withoutSecrets({
    model,
    parameters: Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined)),
    messages: call.messages.map(cassetteMessage),
    tools: [...call.tools],
    tool_choice: choiceOf(call.toolChoice),
    stop: [...call.stop],
    trial: call.trial,
  });
}

/** SHA-256 of what was asked, in hex. */
export const keyOf = (asked: Asked): string => hashOfJson(asked);

/** SHA-256 of the conversation without its instructions, in hex. */
export const conversationOf = (messages: readonly CassetteMessage[]): string =>
  hashOfJson(withoutInstructions(messages));

export const withoutInstructions = (messages: readonly CassetteMessage[]): CassetteMessage[] =>
  messages.filter(({ type }) => type !== "system");

/** A message without what differs each time: its id, its usage. */
export function cassetteMessage(message: BaseMessage): CassetteMessage {
  const { type, content, text } = message;
  const blocks = Array.isArray(content) ? content : [];
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
  return {
    type,
    content: blocks.every((block) => block.type === "text") ? text : blocks,
    ...(calls.length > 0 && { tool_calls: calls.map(({ id, name, args }) => ({ id, name, args })) }),
    ...(ToolMessage.isInstance(message) && { tool_call_id: message.tool_call_id }),
  };
}

/**
 * What a model replied, with its secrets masked.
 * @param pieces the text as it was streamed, if it was
 * @param metadata why it ended, and which model it was
 */
export function replyOf(
  { text, tool_calls = [], invalid_tool_calls: broken = [], usage_metadata: usage }: AIMessage,
  pieces: readonly string[],
  { model_name, finish_reason }: Readonly<Record<string, unknown>>,
): CassetteReply {
  return withoutSecrets({
    pieces: pieces.join("") === text ? [...pieces] : [text],
    // In a stored thread a broken call is among the others too, without its arguments.
    tool_calls: tool_calls
      .filter(({ id }) => !broken.some((call) => call.id === id))
      .map(({ id, name, args }) => ({ id, name, args })),
    ...(broken.length > 0 && { invalid_tool_calls: broken.map(({ id, name, args }) => ({ id, name, args })) }),
    usage: usage && {
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      total_tokens: usage.total_tokens,
    },
    response_metadata: { model_name, finish_reason },
  });
}

/** Masking takes JSON to JSON. */
export function withoutSecrets<Value>(value: Value): Value {
  return JSON.parse(maskSecrets(JSON.stringify(value)));
}
