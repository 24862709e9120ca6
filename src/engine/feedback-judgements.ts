/** What a graph says of its own answer: the state field `judgements`, as feedback of its run. */
import { z } from "zod";
import { limitTable } from "../config.ts";
import type { NewFeedbackRecord } from "../storage/tables/feedback.ts";
import { feedbackId, graphSource } from "./feedback.ts";
import type { StoredRequest } from "./run-request.ts";

const text = (most: number) =>
  z
    .string()
    .min(1)
    .refine((value) => value.isWellFormed() && !value.includes("\0"))
    .transform((value) => value.slice(0, most).toWellFormed());

const { feedbackScore, feedbackCommentChars, idChars } = limitTable;
const Judgement = z.object({
  name: text(idChars.value),
  value: z.union([z.number().min(-feedbackScore.value).max(feedbackScore.value), z.boolean(), text(idChars.value)]),
  comment: text(feedbackCommentChars.value).optional().catch(undefined),
});

/** More than any graph has reason to say; the rest is left out. */
const mostJudgements = 50;

/** @returns one feedback for each name; what is not a judgement is left out, since a run does not fail for it */
export function judgementsOf(
  run: { owner: string; run_id: string; thread_id: string; trace_id: string; request: Record<string, unknown> },
  values: unknown,
): NewFeedbackRecord[] {
  const { judgements } = (values ?? {}) as { judgements?: unknown };
  if (!Array.isArray(judgements) || judgements.length === 0) return [];
  const { owner, run_id, thread_id, trace_id } = run;
  const { graph_id } = run.request as StoredRequest;
  const byName = new Map<string, NewFeedbackRecord>();
  for (const judgement of judgements.slice(0, mostJudgements)) {
    const { data } = Judgement.safeParse(judgement);
    if (!data) continue;
    byName.set(data.name, {
      ...{ owner, run_id, thread_id, graph_id, trace_id },
      feedback_id: feedbackId(run_id, graphSource, data.name),
      key: data.name,
      source: graphSource,
      score: data.value,
      comment: data.comment ?? null,
      correction: null,
    });
  }
  return [...byName.values()];
}
