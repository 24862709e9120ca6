/** A cassette of a stored thread: what a model said in production is said again, without the model. */
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { type CassetteEntry, cassetteMessage, conversationOf, replyOf, withoutSecrets } from "./cassette-entry.ts";

/**
 * One entry for each message of a model in the conversation. Calls that leave no message (a router's, a critic's) are
 * not in a thread: record them with `MODEL=record:FILE`.
 */
export function threadCassette(messages: readonly BaseMessage[]): CassetteEntry[] {
  return messages.flatMap((message, index) => {
    if (!AIMessage.isInstance(message)) return [];
    const before = withoutSecrets(messages.slice(0, index).map(cassetteMessage));
    return [
      {
        conversation: conversationOf(before),
        messages: before,
        reply: replyOf(message, [], message.response_metadata),
      },
    ];
  });
}
