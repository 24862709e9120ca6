/**
 * What a graph itself says of its answer: which gates it passed, how much of it is grounded, what the critic gave it.
 * It stands in state; at the run's end the engine keeps it as feedback.
 */
import { z } from "zod";

export const Judgement = z.object({
  name: z.string().min(1).max(100),
  value: z.union([z.number(), z.boolean(), z.string().max(1_000)]),
  comment: z.string().max(4_000).optional(),
});
export type Judgement = z.infer<typeof Judgement>;

/** The state field `judgements`, about the answer to the last task: a graph's first node sets it to []. */
export const judgementsState = z.array(Judgement).default([]);

/** The judgements with more behind them; a later one of the same name takes the earlier one's place. */
export function judged(judgements: readonly Judgement[], ...more: readonly Judgement[]): Judgement[] {
  const renewed = new Set(more.map(({ name }) => name));
  return [...judgements.filter(({ name }) => !renewed.has(name)), ...more];
}
