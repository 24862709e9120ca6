/** What a chat request means to its thread: what is new in it, or the reply to a question that is pending there. */

import type { Engine, Interrupt, RunRequest, Thread } from "../../engine/contract.ts";
import { isSignalboxError } from "../../errors.ts";
import { badParameter, ChatError } from "./errors.ts";
import { replyTo } from "./interrupts.ts";
import { type ChatMessage, contentText, toMessageDicts } from "./messages.ts";

type Turn = Pick<RunRequest, "input" | "command">;

/**
 * The run's input. Without a thread, and on one that has no messages yet, that is the whole conversation. A thread that
 * has messages holds what the client repeats: only what stands after the last assistant's message is appended. Where
 * the thread waits at an interrupt, those messages are the reply to it.
 * @throws ChatError where nothing is new, where the reply is no text or for another graph, where several interrupts are pending
 */
export async function turnOf(
  engine: Engine,
  owner: string,
  threadId: string | undefined,
  graphId: string,
  messages: readonly ChatMessage[],
): Promise<Turn> {
  const thread = threadId === undefined ? undefined : await findThread(engine, owner, threadId);
  const [interrupt, ...others] = thread ? pendingInterrupts(thread) : [];
  if (!thread || !(interrupt || hasMessages(thread))) return { input: { messages: toMessageDicts(messages, 0) } };
  const start = messages.findLastIndex((message) => message.role === "assistant") + 1;
  const recent = messages.slice(start);
  if (recent.length === 0) {
    throw badParameter(
      "messages",
      "invalid_value",
      "messages: ends with an assistant's message, so nothing is new for the thread",
    );
  }
  if (!interrupt) return { input: { messages: toMessageDicts(recent, start) } };
  const asking = thread.metadata.graph_id;
  if (asking !== graphId) {
    throw badParameter("model", "invalid_value", `model: the thread waits for an answer to the graph "${asking}"`);
  }
  if (others.length > 0) throw severalPending(thread, others.length + 1);
  const reply = replyTo(interrupt, replyText(recent, start));
  return { command: { resume: interrupt.id === undefined ? reply : { [interrupt.id]: reply } } };
}

async function findThread(engine: Engine, owner: string, threadId: string): Promise<Thread | undefined> {
  try {
    return await engine.threads.get(owner, threadId);
  } catch (error) {
    if (isSignalboxError(error, "thread-not-found")) return undefined;
    throw error;
  }
}

function pendingInterrupts(thread: Thread): Interrupt[] {
  return thread.status === "interrupted" ? Object.values(thread.interrupts).flat() : [];
}

function hasMessages({ values }: Thread): boolean {
  if (typeof values !== "object" || values === null || !("messages" in values)) return false;
  return Array.isArray(values.messages) && values.messages.length > 0;
}

function replyText(messages: readonly ChatMessage[], offset: number): string {
  const texts = messages.map((message, index) => {
    const isText = typeof message.content === "string" || message.content?.every((part) => part.type === "text");
    if (message.role === "user" && isText) return contentText(message.content);
    const param = `messages[${offset + index}]`;
    throw badParameter(
      param,
      "invalid_value",
      `${param}: the thread waits for an answer, which has to be a user's text`,
    );
  });
  return texts.join("\n\n");
}

function severalPending({ thread_id }: Thread, count: number): ChatError {
  return new ChatError(409, {
    message: `The thread waits for ${count} answers, and a message could not say which it is. Resume them by id: POST /threads/${thread_id}/runs with command.resume {"<interrupt id>": answer, …}.`,
    code: "several_interrupts",
  });
}
