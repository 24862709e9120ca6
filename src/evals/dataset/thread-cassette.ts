/** The cassette that belongs to a dataset of stored threads: what the model said in them, without personal data too. */
import type { BaseMessage } from "@langchain/core/messages";
import { type CassetteEntry, type CassetteMessage, conversationOf } from "../../llm/cassette-entry.ts";
import { threadCassette } from "../../llm/thread-cassette.ts";
import { masked } from "../../masking.ts";

/** Masked as the dataset's items are: what they ask is looked for among what is recorded. */
export function cassetteOfThread(messages: readonly BaseMessage[]): CassetteEntry[] {
  return threadCassette(messages).map((entry) => {
    const before = masked(entry.messages) as CassetteMessage[];
    return { conversation: conversationOf(before), messages: before, reply: masked(entry.reply) as typeof entry.reply };
  });
}
