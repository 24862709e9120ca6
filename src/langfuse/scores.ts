/** Feedback as Langfuse scores, over the ingestion API, which says for each of them whether it was taken. */
import { v5 } from "uuid";
import { z } from "zod";
import type { Config } from "../config.ts";
import { maskText } from "../masking.ts";
import { guardedFetch } from "../net/guarded-fetch.ts";

/** Feedback, as far as a score shows it. */
export interface Scored {
  readonly owner: string;
  readonly feedback_id: string;
  readonly revision: number;
  readonly run_id: string;
  readonly thread_id: string;
  readonly trace_id: string;
  readonly key: string;
  readonly source: string;
  readonly score: number | boolean | string | null;
  readonly comment: string | null;
  readonly correction: unknown;
  readonly updated_at: number;
}

export interface ScoreReceiver {
  /**
   * Sends each feedback as one score, and its correction as another. Ids are made of the feedback's, so that what is
   * sent twice is there once, and what was changed takes the place of what it was.
   * @returns in order: taken, to be sent again, or refused for good
   * @throws where nothing got through: no connection, wrong keys, an error of the server's
   */
  send(batch: readonly Scored[], signal: AbortSignal): Promise<Delivery[]>;
}

type Delivery = "taken" | "again" | { readonly refused: string };

interface ScoreEvent {
  readonly id: string;
  readonly type: "score-create";
  readonly timestamp: string;
  readonly body: Record<string, unknown>;
}

const Item = z.object({
  id: z.string(),
  status: z.number(),
  message: z.string().nullish(),
  error: z.unknown().optional(),
});
const Answer = z.object({ successes: z.array(Item.pick({ id: true })), errors: z.array(Item) });

/** The bytes of all answers that are read; a longer one is not Langfuse's. */
const answerBytes = 1024 * 1024;
const callMs = 10_000;
/** Of the longest text that Langfuse takes as a score's value. */
const textValueChars = 500;

/** @param settings Langfuse's keys and address */
export function createScoreReceiver(settings: NonNullable<Config["langfuse"]>): ScoreReceiver {
  const { publicKey, secretKey, baseUrl, environment } = settings;
  const url = new URL(`${baseUrl}/api/public/ingestion`);
  const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;

  async function send(batch: readonly Scored[], signal: AbortSignal): Promise<Delivery[]> {
    const events = batch.map((feedback) => toEvents(feedback, environment));
    if (events.flat().length === 0) return batch.map(() => "taken");
    const response = await guardedFetch(url, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ batch: events.flat() }),
      redirect: "error",
      // Often on the same machine, or in the same private network.
      allowedHosts: [url.host],
      maxBytes: answerBytes,
      totalMs: callMs,
      signal,
    });
    const text = await response.text();
    if (response.status === 400 || response.status === 413) {
      if (batch.length === 1) return [{ refused: `${response.status}: ${text.slice(0, textValueChars)}` }];
      // One of them is what it does not like. The others must not wait for that.
      const outcomes: Delivery[] = [];
      for (const feedback of batch) outcomes.push(...(await send([feedback], signal)));
      return outcomes;
    }
    if (!response.ok) throw new Error(`Langfuse at ${url.host} answered ${response.status}${hint(response.status)}`);
    const answer = Answer.parse(JSON.parse(text));
    const taken = new Set(answer.successes.map(({ id }) => id));
    const errors = new Map(answer.errors.map((error) => [error.id, error]));
    return events.map((ofFeedback) => {
      for (const { id } of ofFeedback) {
        const error = errors.get(id);
        if (error && isForGood(error.status)) return { refused: `${error.status}: ${reasonOf(error)}` };
      }
      return ofFeedback.every(({ id }) => taken.has(id)) ? "taken" : "again";
    });
  }

  return { send };
}

function hint(status: number): string {
  if (status === 401 || status === 403) return ": check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY";
  return status === 404 ? ": check LANGFUSE_BASE_URL" : "";
}

function isForGood(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

function reasonOf({ message, error }: z.output<typeof Item>): string {
  return [message, typeof error === "string" ? error : JSON.stringify(error)].filter(Boolean).join(": ").slice(0, 500);
}

/** One event for the judgement, one for the correction; none where all that was said has been erased. */
function toEvents(feedback: Scored, environment: string | undefined): ScoreEvent[] {
  const { owner, feedback_id, revision, key, score, correction } = feedback;
  const comment = feedback.comment === null ? null : maskText(feedback.comment);
  const events: ScoreEvent[] = [];
  const add = (part: string, body: Record<string, unknown>) => {
    // Owners choose their feedback's ids: of two owners' same one, neither may replace the other's.
    const id = v5(JSON.stringify([owner, feedback_id, part]), v5.URL);
    events.push({
      id: v5(JSON.stringify([id, revision]), v5.URL),
      type: "score-create",
      timestamp: new Date(feedback.updated_at).toISOString(),
      // A score is of a trace or of a session, not of both; the session is the trace's own.
      body: {
        id,
        traceId: feedback.trace_id,
        metadata: originOf(feedback),
        ...(environment && { environment }),
        ...body,
      },
    });
  };
  if (typeof score === "string") add("score", { name: key, value: maskText(score), dataType: "CATEGORICAL", comment });
  else if (typeof score === "boolean") add("score", { name: key, value: Number(score), dataType: "BOOLEAN", comment });
  else if (score !== null) add("score", { name: key, value: score, dataType: "NUMERIC", comment });
  else if (comment) add("score", { name: key, value: comment.slice(0, textValueChars), dataType: "TEXT", comment });
  if (correction !== null) {
    const value = maskText(typeof correction === "string" ? correction : JSON.stringify(correction));
    add("correction", { name: "output", value, dataType: "CORRECTION" });
  }
  return events;
}

function originOf({ feedback_id, run_id, thread_id, source }: Scored): Record<string, string> {
  return { feedback_id, run_id, thread_id, source };
}
