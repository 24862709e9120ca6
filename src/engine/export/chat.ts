/** Conversations in the words of OpenAI's chat format, which trainers read too. */
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
}

interface ChatToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What led to an answer, steps with tools included, and the answer. */
export interface ChatTurn {
  readonly prompt: readonly ChatMessage[];
  readonly answer: string;
}

/** A conversation up to its last answer; undefined where there is none, or where it is not text. */
export function toTurn(messages: readonly BaseMessage[]): ChatTurn | undefined {
  const chat = messages.flatMap(toChatMessage);
  const last = chat.at(-1);
  if (last?.role !== "assistant" || last.tool_calls || last.content.trim() === "") return undefined;
  const prompt = chat.slice(0, -1);
  return prompt.some(({ role }) => role === "user") ? { prompt, answer: last.content } : undefined;
}

export function assistantSays(content: string): ChatMessage {
  return { role: "assistant", content };
}

/** The tools that a conversation calls, as the format wants them beside it: their names are all that is known here. */
export function toolsOf(messages: readonly ChatMessage[]): { tools?: object[] } {
  const names = new Set(messages.flatMap((message) => (message.tool_calls ?? []).map((call) => call.function.name)));
  if (names.size === 0) return {};
  const parameters = { type: "object", properties: {} };
  return { tools: [...names].sort().map((name) => ({ type: "function", function: { name, parameters } })) };
}

/** A correction as the answer that it should have been: a text, a message, a list of messages, or any value as JSON. */
export function correctedText(correction: unknown): string {
  if (typeof correction === "string") return correction;
  const { content, messages } = Object(correction) as { content?: unknown; messages?: unknown };
  if (typeof content === "string") return content;
  const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
  return last === undefined ? JSON.stringify(correction) : correctedText(last);
}

function toChatMessage(message: BaseMessage): ChatMessage[] {
  const content = message.text;
  if (AIMessage.isInstance(message)) {
    const tool_calls = (message.tool_calls ?? []).map(
      ({ id = "", name, args }): ChatToolCall => ({
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(args) },
      }),
    );
    return [{ role: "assistant", content, ...(tool_calls.length > 0 && { tool_calls }) }];
  }
  if (ToolMessage.isInstance(message)) return [{ role: "tool", content, tool_call_id: message.tool_call_id }];
  if (message.getType() === "human") return [{ role: "user", content }];
  return message.getType() === "system" ? [{ role: "system", content }] : [];
}
