/** Conversations in the words of OpenAI's chat format, and of TRL's, which differs in calls of tools. */
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly tool_call_id?: string;
  /** 0: not to be learnt from. */
  readonly weight?: 0;
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

/** A conversation up to its last answer; undefined where there is none, or where it is not text alone, as with images. */
export function toTurn(messages: readonly BaseMessage[]): ChatTurn | undefined {
  if (messages.some(showsMore)) return undefined;
  const chat = messages.flatMap(toChatMessage);
  const last = chat.at(-1);
  if (last?.role !== "assistant" || last.tool_calls || last.content.trim() === "") return undefined;
  const prompt = chat.slice(0, -1);
  return prompt.some(({ role }) => role === "user") ? { prompt, answer: last.content } : undefined;
}

/** The same for TRL's chat templates: the arguments of calls as objects, and a tool's result under its name. */
export function toTrlMessages(messages: readonly ChatMessage[]): object[] {
  const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls);
  return messages.map(({ tool_calls, ...message }) => ({
    ...message,
    ...(message.role === "tool" && { name: calls.findLast(({ id }) => id === message.tool_call_id)?.function.name }),
    ...(tool_calls && { tool_calls: tool_calls.map(withArgumentsRead) }),
  }));
}

function withArgumentsRead({ function: { name, arguments: text }, ...call }: ChatToolCall): object {
  return { ...call, function: { name, arguments: JSON.parse(text) } };
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

/** What somebody asked about a picture cannot be learnt from without it. */
function showsMore(message: BaseMessage): boolean {
  const isQuestion = message.getType() === "human";
  return isQuestion && Array.isArray(message.content) && message.content.some(({ type }) => type !== "text");
}

function toChatMessage(message: BaseMessage): ChatMessage[] {
  const content = message.text;
  if (AIMessage.isInstance(message)) {
    const tool_calls = (message.tool_calls ?? []).map(
      ({ id = "", name, args }): ChatToolCall => ({
        id,
        type: "function",
        function: { name, arguments: JSON.stringify(args ?? {}) },
      }),
    );
    return [{ role: "assistant", content, ...(tool_calls.length > 0 && { tool_calls }) }];
  }
  if (ToolMessage.isInstance(message)) return [{ role: "tool", content, tool_call_id: message.tool_call_id }];
  if (message.getType() === "human") return [{ role: "user", content }];
  return message.getType() === "system" ? [{ role: "system", content }] : [];
}
