/**
 * What a graph itself says of its answer: which gates it passed, how much of it is grounded, what the critic gave it.
 * It stands in state; at the run's end the engine keeps it as feedback.
 */
import { z } from "zod";

/** Characters of a comment. */
export const longestComment = 4_000;

export const Judgement = z.object({
  name: z.string().min(1).max(100),
  value: z.union([z.number(), z.boolean(), z.string().max(1_000)]),
  comment: z.string().max(longestComment).optional(),
});
export type Judgement = z.infer<typeof Judgement>;

/** The state field `judgements`, about the answer to the last task: a graph's first node sets it to []. */
export const judgementsState = z.array(Judgement).default([]);

/** The judgements with more behind them; a later one of the same name takes the earlier one's place. */
export function judged(judgements: readonly Judgement[], ...more: readonly Judgement[]): Judgement[] {
  const renewed = new Set(more.map(({ name }) => name));
  return [...judgements.filter(({ name }) => !renewed.has(name)), ...more];
}

/** What a critic said of the last result, and in which round. */
export function criticised(said: { accepted: boolean; feedback: string; round: number }): Judgement[] {
  const comment = said.feedback.slice(0, longestComment);
  return [
    { name: "critic: accepted", value: said.accepted, ...(comment && { comment }) },
    { name: "critic: rounds", value: said.round },
  ];
}
