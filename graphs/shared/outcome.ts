/** How a graph's work ended, as data: a state field beside the messages, and the same in words for the conversation. */
import { AIMessage } from "@langchain/core/messages";
import { END } from "@langchain/langgraph";
import { z } from "zod";

export const Outcome = z.object({
  kind: z
    .enum([
      "answered",
      "unknown",
      "input-refused",
      "blocked",
      "gate-failed",
      "budget-exceeded",
      "model-failed",
      "refused",
    ])
    .describe(
      "answered; unknown: neither documents nor tools say; input-refused: nothing to work on, or too much; " +
        "blocked: a guard did not let it pass; gate-failed: a step's result was refused twice; " +
        "budget-exceeded: steps, tokens, seconds or cost were spent; model-failed: the model gave nothing usable; " +
        "refused: a human said no",
    ),
  reason: z.string().describe("Why, in a sentence; empty for an answer."),
});
export type Outcome = z.infer<typeof Outcome>;

/** The state field: null until the work on the last task has ended. */
export const outcomeState = Outcome.nullable().default(null);

/**
 * The state update that ends a graph with its answer. One without a word is none, though providers call it complete.
 * @param partialWork what there is to show in that case
 */
export function answered(answer: AIMessage | string, partialWork = ""): ReturnType<typeof unanswered> {
  const message = typeof answer === "string" ? new AIMessage(answer) : answer;
  const nothing = { kind: "model-failed" as const, reason: "The model wrote nothing." };
  if (message.text.trim() === "") return unanswered(nothing, partialWork);
  return { messages: [message], outcome: { kind: "answered", reason: "" } };
}

/**
 * The state update that ends a graph without a whole answer: the reason in words, after the work that was done.
 * @param partialWork what there is to show so far, as text
 */
export function unanswered(outcome: Outcome, partialWork = ""): { messages: AIMessage[]; outcome: Outcome } {
  const words = [partialWork.trim(), outcome.reason].filter((part) => part !== "").join("\n\n");
  return { messages: [new AIMessage(words)], outcome };
}

/** The edge to a graph's next node, where its work has not ended yet. */
export function unlessEnded(next: string): (state: { readonly outcome: Outcome | null }) => string {
  return ({ outcome }) => (outcome ? END : next);
}
