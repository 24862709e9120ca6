/** What a graph is asked to do: the last human message, if it can be worked on. */
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { currentConfig } from "../../src/config.ts";
import type { Outcome } from "./outcome.ts";

/** The task's text, or the outcome that says why there is none. */
export type Task =
  | { readonly text: string; readonly refusal?: undefined }
  | { readonly text?: undefined; readonly refusal: Outcome };

/**
 * The text of the last human message.
 * @param limit the most characters that the graph takes; the server's limit `taskChars` unless given
 */
export function taskOf(messages: readonly BaseMessage[], limit = currentConfig().limits.taskChars): Task {
  const text = lastTask(messages)?.text ?? "";
  if (text.trim() === "") return refuse("There is nothing to do: the conversation has no message of yours with text.");
  if (text.length > limit)
    return refuse(`The message has ${text.length} characters, and ${limit} is the most. Send a part of it.`);
  return { text };
}

/** The same where there must be one; empty where there is none. */
export function taskText(messages: readonly BaseMessage[]): string {
  return taskOf(messages).text ?? "";
}

/** The last human message: the task that all after it belongs to. */
export function lastTask(messages: readonly BaseMessage[]): HumanMessage | undefined {
  return messages.findLast((message) => HumanMessage.isInstance(message));
}

/** The messages after the last human one: what was done for the task so far. */
export function sinceTask(messages: readonly BaseMessage[]): readonly BaseMessage[] {
  return messages.slice(messages.findLastIndex((message) => HumanMessage.isInstance(message)) + 1);
}

/**
 * The messages as a model may see them: without those over the limit, which were refused when they came, and stay in
 * the thread. What answered a refused one stays, so that the model knows of it.
 */
export function conversation<Message extends BaseMessage>(
  messages: readonly Message[],
  limit = currentConfig().limits.taskChars,
): Message[] {
  return messages.filter((message) => !HumanMessage.isInstance(message) || message.text.length <= limit);
}

function refuse(reason: string): Task {
  return { refusal: { kind: "input-refused", reason } };
}
