/** OpenAI's chat messages: their schema, their form as LangChain message dicts, and the text of a message. */
import { z } from "zod";
import { badParameter } from "./errors.ts";

const textPart = z.strictObject({ type: z.literal("text"), text: z.string() });
const imagePart = z.strictObject({
  type: z.literal("image_url"),
  image_url: z.strictObject({ url: z.string().min(1), detail: z.enum(["auto", "low", "high"]).optional() }),
});
const textContent = z.union([z.string(), z.array(textPart).min(1)]);
const userContent = z.union([z.string(), z.array(z.discriminatedUnion("type", [textPart, imagePart])).min(1)]);
const name = z.string().min(1).optional();

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
  index: z.int().optional(),
});

/** An assistant's message may be an answer of ours that comes back as it was: with its empty fields and `signalbox`. */
const assistantMessage = z.strictObject({
  role: z.literal("assistant"),
  content: textContent.nullish(),
  name,
  tool_calls: z.array(toolCall).min(1).optional(),
  refusal: z.null().optional(),
  audio: z.null().optional(),
  function_call: z.null().optional(),
  annotations: z.array(z.unknown()).optional(),
  signalbox: z.unknown().optional(),
});

export const chatMessage = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("system"), content: textContent, name }),
  z.strictObject({ role: z.literal("developer"), content: textContent, name }),
  z.strictObject({ role: z.literal("user"), content: userContent, name }),
  assistantMessage,
  z.strictObject({ role: z.literal("tool"), content: textContent, tool_call_id: z.string().min(1) }),
]);

export type ChatMessage = z.output<typeof chatMessage>;

/** A message as LangGraph's message channels take it, in JSON. */
export interface MessageDict {
  type: "system" | "developer" | "human" | "ai" | "tool";
  content: unknown;
  name?: string;
  tool_call_id?: string;
  tool_calls?: { type: "tool_call"; id: string; name: string; args: Record<string, unknown> }[];
}

const types = { system: "system", developer: "developer", user: "human", assistant: "ai", tool: "tool" } as const;

/**
 * Messages as LangChain dicts; `offset` is the place of the first in the request.
 * @throws ChatError where the arguments of a tool call are no JSON object
 */
export function toMessageDicts(messages: readonly ChatMessage[], offset: number): MessageDict[] {
  return messages.map((message, index) => {
    const dict: MessageDict = { type: types[message.role], content: message.content ?? "" };
    if (message.role === "tool") return { ...dict, tool_call_id: message.tool_call_id };
    if (message.name !== undefined) dict.name = message.name;
    if (message.role !== "assistant" || !message.tool_calls) return dict;
    const tool_calls = message.tool_calls.map((call, place) => ({
      type: "tool_call" as const,
      id: call.id,
      name: call.function.name,
      args: parseArguments(call.function.arguments, `messages[${offset + index}].tool_calls[${place}]`),
    }));
    return { ...dict, tool_calls };
  });
}

function parseArguments(text: string, path: string): Record<string, unknown> {
  const args = parseObject(text);
  if (args) return args;
  const param = `${path}.function.arguments`;
  throw badParameter(param, "invalid_value", `${param}: is not the JSON text of an object`);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a message's content: a string, or content blocks of which only the text is shown. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((block: unknown) => (isTextBlock(block) ? block.text : "")).join("");
}

function isTextBlock(block: unknown): block is { type: "text"; text: string } {
  if (typeof block !== "object" || block === null) return false;
  return "type" in block && block.type === "text" && "text" in block && typeof block.text === "string";
}
