/** What a trace shows of inputs and outputs: JSON of bounded size, messages as role and content, no base64. */
import { BaseMessage } from "@langchain/core/messages";

const mostDepth = 24;
/** A secret that is cut in two is not known as one any more, so texts are cut between words, if there is a gap so near. */
const longestWord = 4_096;
const cut = "[cut]";
const roles: Readonly<Record<string, string>> = { human: "user", ai: "assistant", generic: "user" };

/**
 * The value as text: a string as it is, anything else as JSON; undefined for nothing.
 * @param most characters of all strings in it together; of a list of messages the last ones are kept
 */
export function contentOf(value: unknown, most: number): string | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    const content = copy(value, { characters: most }, 0);
    return typeof content === "string" ? content : JSON.stringify(content);
  } catch {
    return "[unreadable]";
  }
}

/** The text of the last human message of a graph's input, or all of the input where it has none. */
export function questionIn(input: unknown): unknown {
  const messages = messagesIn(input);
  const asked = messages.findLast((message) => ["human", "user"].includes(roleOf(message) ?? ""));
  return asked === undefined ? input : textOf(asked);
}

/** The text of the last message of a graph's values, or all of the values where there is none. */
export function answerIn(values: unknown): unknown {
  const last = messagesIn(values).at(-1);
  return last === undefined ? values : textOf(last);
}

interface Left {
  characters: number;
}

function copy(value: unknown, left: Left, depth: number): unknown {
  if (typeof value === "string") return take(value, left);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (left.characters <= 0 || depth > mostDepth) return cut;
  left.characters -= 2;
  if (BaseMessage.isInstance(value)) return copyMessage(value, left, depth);
  if (Array.isArray(value)) return copyList(value, left, depth);
  if (value instanceof Map || value instanceof Set) return copyList([...value], left, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return { name: value.name, message: take(value.message, left) };
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), left, depth + 1);
  const entries = Object.entries(value).map(([name, part]) => {
    left.characters -= name.length;
    return [name, copy(part, left, depth + 1)];
  });
  return Object.fromEntries(entries);
}

function copyMessage(message: BaseMessage, left: Left, depth: number): object {
  const { type, content, name, additional_kwargs } = message;
  const { tool_calls, tool_call_id, status } = { ...message } as Record<string, unknown>;
  const hasCalls = Array.isArray(tool_calls) && tool_calls.length > 0;
  return {
    role: roles[type] ?? type,
    content: copy(content, left, depth + 1),
    ...(name !== undefined && { name }),
    ...(hasCalls && { tool_calls: copy(tool_calls, left, depth + 1) }),
    ...(tool_call_id !== undefined && { tool_call_id }),
    ...(status !== undefined && { status }),
    ...(additional_kwargs.refusal !== undefined && { refusal: copy(additional_kwargs.refusal, left, depth + 1) }),
  };
}

/** What is said last tells most: a list of messages is kept from its end. */
function copyList(list: readonly unknown[], left: Left, depth: number): unknown[] {
  const isConversation = list.length > 1 && list.every((entry) => BaseMessage.isInstance(entry));
  const copied: unknown[] = [];
  for (const entry of isConversation ? list.toReversed() : list) {
    if (left.characters <= 0) {
      copied.push(`[${list.length - copied.length} more]`);
      break;
    }
    copied.push(copy(entry, left, depth + 1));
  }
  return isConversation ? copied.reverse() : copied;
}

function take(text: string, left: Left): string {
  const [, kind] = text.length > 256 ? (/^data:([\w/+.-]{1,100})[^,]{0,100};base64,/.exec(text) ?? []) : [];
  if (kind !== undefined) return `[${kind}, ${text.length} characters of base64]`;
  const most = Math.max(0, left.characters);
  left.characters -= text.length;
  if (text.length <= most) return text;
  const rest = /\s\S*$/.exec(text.slice(Math.max(0, most - longestWord), most));
  const end = rest ? Math.max(0, most - longestWord) + rest.index : Math.max(0, most - longestWord);
  return `${text.slice(0, end)}… [${text.length - end} more characters]`;
}

function messagesIn(value: unknown): unknown[] {
  const messages = typeof value === "object" && value !== null && "messages" in value ? value.messages : undefined;
  return Array.isArray(messages) ? messages : messages === undefined || messages === null ? [] : [messages];
}

function roleOf(message: unknown): string | undefined {
  if (typeof message === "string") return "user";
  const { role, type } = Object(message) as Record<string, unknown>;
  const said = role ?? type;
  return typeof said === "string" ? said : undefined;
}

function textOf(message: unknown): unknown {
  if (BaseMessage.isInstance(message)) return message.text || message;
  if (typeof message === "string") return message;
  return (Object(message) as Record<string, unknown>).content ?? message;
}
