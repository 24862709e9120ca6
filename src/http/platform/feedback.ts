/** Feedback on runs: /runs/:run_id/feedback for those with a key, and signed urls for those who have been given one. */
import { z } from "zod";
import { limitTable } from "../../config.ts";
import type { Engine, NewFeedback } from "../../engine/contract.ts";
import { SignalboxError } from "../../errors.ts";
import { type Route, route } from "../route.ts";
import { optional, queryNumber, storableText, uuid } from "./schemas.ts";
import { feedbackResult } from "./schemas-results.ts";
import { feedbackKey, idempotencyKeyOf } from "./schemas-runs.ts";

const { idChars, feedbackCommentChars, feedbackScore, searchLimit, taskChars } = limitTable;

const category = storableText.min(1).max(idChars.value);
const number = z.number().min(-feedbackScore.value).max(feedbackScore.value);
const scoreError = {
  error: `must be a number from -${feedbackScore.value} to ${feedbackScore.value}, true, false, or a category's name`,
};
const score = z.union([number, z.boolean(), category], scoreError);
const comment = storableText.max(feedbackCommentChars.value);
const correction = z
  .unknown()
  .refine((value) => JSON.stringify(value).length <= taskChars.value, `is longer than ${taskChars.value} characters`);
/** Whom it is from. What graphs say of themselves cannot be said for them. */
const source = category.refine((name) => name !== "graph", "is the graph's own");

const said = { score: optional(score), comment: optional(comment), correction: optional(correction) };
const feedbackCreate = z.object({
  feedback_id: optional(uuid),
  key: optional(feedbackKey),
  source: optional(source),
  ...said,
});
/** By the platform's names: a score is a number or a boolean, and `value` anything else. */
const signedFeedback = z.object({ ...said, value: optional(score) });

/** The same as texts of a query. */
const written = z
  .string()
  .transform((text) => (/^(true|false)$/.test(text) ? text === "true" : numeric.test(text) ? Number(text) : text))
  .pipe(score)
  .optional();
/** What is meant as a number, also where it is none that can be stored. */
const numeric = /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|infinity)$/i;
const signedQuery = z.object({
  score: written,
  value: written,
  comment: comment.optional(),
  correction: z.string().max(taskChars.value).optional(),
});

const listQuery = z.object({
  limit: queryNumber(searchLimit.value, 1, searchLimit.value),
  offset: queryNumber(0, 0, Number.MAX_SAFE_INTEGER),
});
const runPath = z.object({ run_id: uuid });
const tokenPath = z.object({ token: z.string().max(limitTable.headerBytes.value) });

export function feedbackRoutes({ feedback }: Engine): Route[] {
  return [
    route({
      method: "post",
      path: "/runs/:run_id/feedback",
      summary: "Say what a run was worth: a score, a comment, a correction. The same key again replaces what was said.",
      params: runPath,
      body: feedbackCreate,
      gives: feedbackResult,
      async answer({ owner, path, body, request }) {
        const key = idempotencyKeyOf(request);
        const given = { ...body, ...(key !== undefined && { idempotency_key: key }) };
        return { body: await feedback.give(owner, path.run_id, given) };
      },
    }),
    route({
      method: "get",
      path: "/runs/:run_id/feedback",
      summary: "List what was said of a run.",
      params: runPath,
      query: listQuery,
      gives: z.array(feedbackResult),
      answer: async ({ owner, path, query }) => ({ body: await feedback.list(owner, path.run_id, query) }),
    }),
    route({
      method: "post",
      path: "/feedback/tokens/:token",
      summary: "Give feedback by a signed url of a stream's feedback event; needs no key.",
      open: true,
      params: tokenPath,
      body: signedFeedback,
      gives: feedbackResult,
      answer: async ({ path, body }) => ({ body: await feedback.giveSigned(path.token, oneScore(body)) }),
    }),
    route({
      method: "get",
      path: "/feedback/tokens/:token",
      summary: "The same for links: score, value, comment and correction come in the query.",
      open: true,
      params: tokenPath,
      query: signedQuery,
      gives: feedbackResult,
      async answer({ path, query, request }) {
        // Express takes HEAD for GET, and programs that check links would vote.
        if (request.method === "HEAD") throw new SignalboxError("method-not-allowed", "Give feedback by GET or POST.");
        return { body: await feedback.giveSigned(path.token, oneScore(query)) };
      },
    }),
  ];
}

type Said = Pick<NewFeedback, "score" | "comment" | "correction">;

function oneScore({ value, score = value, ...rest }: Said & { value?: Said["score"] }): Said {
  return { ...rest, ...(score !== undefined && { score }) };
}
