/** What every graph refuses: input on which no work can be done. */
import type { BaseMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { scriptedModel } from "../llm/scripted-model.ts";
import { ask } from "./durable.ts";

interface Invoked {
  invoke(input: object): Promise<{ outcome: unknown; messages: BaseMessage[] }>;
}

/** To be called in a `describe`: the outcome is typed, said in words, and no model is asked. */
export function testRefusals(graph: unknown): void {
  test.each([
    ["a conversation without messages", { messages: [] }, /no message/],
    ["an empty message", ask(" \n "), /no message/],
    ["a message of 5 MB", ask("word ".repeat(1024 * 1024)), /5242880 characters/],
  ])("%s", async (_, input, reason) => {
    await using model = await scriptedModel();
    const state = await (graph as Invoked).invoke(input);
    expect(state.outcome).toEqual({ kind: "input-refused", reason: expect.stringMatching(reason) });
    expect(state.messages.at(-1)?.text).toMatch(reason);
    expect(model.requests()).toEqual([]);
  });
}
