/** What is read of a run's input and of its last values, whatever graph it is; and names as the database takes them. */
import {
  type BaseMessage,
  type BaseMessageLike,
  coerceMessageLikeToMessage,
  HumanMessage,
  isBaseMessage,
  type UsageMetadata,
} from "@langchain/core/messages";

/** The cost of a call in US dollars; undefined where the model's price is not known. */
export type CostOf = (model: string, usage: UsageMetadata) => number | undefined;

const longestName = 100;

/** A name as every database, label and page takes it: short, well-formed, and without control characters. */
export function cleanName(name: string): string {
  return (
    name
      .slice(0, longestName)
      .toWellFormed()
      .replaceAll(/\p{Cc}/gu, "\u{FFFD}") || "unknown"
  );
}

/** Characters of the last human message of a graph's input; undefined where it has none. */
export function taskLength(input: unknown): number | undefined {
  const given: unknown = Object(input).messages;
  // LangChain would throw for it, which takes longer than all the rest.
  if (given === undefined) return undefined;
  const messages: unknown[] = Array.isArray(given) ? given : [given];
  for (const message of messages.toReversed()) {
    const human = toMessage(message);
    if (HumanMessage.isInstance(human)) return human.text.length;
  }
  return undefined;
}

function toMessage(value: unknown): BaseMessage | undefined {
  if (isBaseMessage(value)) return value;
  try {
    return coerceMessageLikeToMessage(value as BaseMessageLike);
  } catch {
    // The graph may understand what LangChain does not.
    return undefined;
  }
}

/** The messages of a state since its last human one. */
export function messagesSinceTask(values: unknown): BaseMessage[] {
  const messages: unknown = Object(values).messages;
  if (!Array.isArray(messages)) return [];
  return messages
    .slice(messages.findLastIndex((message) => HumanMessage.isInstance(message)) + 1)
    .filter(isBaseMessage);
}

/** The state field `route`, where a graph keeps one. */
export function routeOf(values: unknown): string | undefined {
  const route: unknown = Object(values).route;
  return typeof route === "string" ? cleanName(route) : undefined;
}
