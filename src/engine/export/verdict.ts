/** What people's feedback on an answer comes to, for training. */
import type { FeedbackRecord } from "../../storage/tables/feedback.ts";
import { correctedText } from "./chat.ts";

/** The source of feedback that was read back from Label Studio. */
export const annotationSource = "label-studio";

export interface Verdict {
  /** The answer as it should have been, where somebody corrected it: the latest wins. */
  readonly corrected: string | undefined;
  /**
   * Every score is at least the threshold, every one is below it, they disagree, or there are none. Where annotators
   * looked at the answer, only theirs count.
   */
  readonly opinion: "good" | "bad" | "mixed" | "none";
}

/** Of booleans and of numbers from 0 to 1 or from -1 to 1; stars need another. */
export const defaultThreshold = 0.5;

/** @param answer what was answered; a correction that is the same corrects nothing */
export function verdictOf(feedback: readonly FeedbackRecord[], answer: string, threshold: number): Verdict {
  const corrections = feedback.flatMap(({ correction }) => (correction === null ? [] : [correctedText(correction)]));
  const corrected = corrections.at(-1)?.trim();
  const scored = feedback.filter(({ score }) => typeof score === "number" || typeof score === "boolean");
  const annotated = scored.filter(({ source }) => source === annotationSource);
  const opinions = (annotated.length > 0 ? annotated : scored).map(({ score }) => Number(score) >= threshold);
  const opinion =
    opinions.length === 0 ? "none" : opinions.every(Boolean) ? "good" : opinions.some(Boolean) ? "mixed" : "bad";
  return { corrected: corrected && corrected !== answer.trim() ? corrected : undefined, opinion };
}
