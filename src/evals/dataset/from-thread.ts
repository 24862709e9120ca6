/** A stored thread as an item of a dataset: what a user asked becomes what is tried, again and again. */
import type { Message } from "../contract.ts";
import { textOfLast } from "../target/target.ts";
import type { ItemInput } from "./dataset.ts";

/** What was said of a thread's answers. */
export interface ThreadFeedback {
  readonly key: string;
  readonly score: number | boolean | string | null;
  /** The answer that would have been right. */
  readonly correction: unknown;
}

export interface FeedbackFilter {
  readonly key: string;
  readonly comparison?: ">=" | "<=" | ">" | "<" | "=";
  readonly value?: string;
}

const filterForm = /^([\w.-]+)(?:(>=|<=|>|<|=)(.+))?$/;

/** Reads `helpful`, `helpful>=0.5` or `user-feedback=true`; undefined for anything else. */
export function readFeedbackFilter(text: string): FeedbackFilter | undefined {
  const [, key, comparison, value] = filterForm.exec(text.trim()) ?? [];
  if (key === undefined) return undefined;
  if (comparison === undefined || value === undefined) return { key };
  return { key, comparison: comparison as NonNullable<FeedbackFilter["comparison"]>, value };
}

/** True if there is feedback for each filter. Booleans are 1 and 0; a text can only be equal. */
export function isWanted(feedback: readonly ThreadFeedback[], filters: readonly FeedbackFilter[]): boolean {
  return filters.every((filter) => feedback.some((each) => each.key === filter.key && holds(each.score, filter)));
}

function holds(score: ThreadFeedback["score"], { comparison, value = "" }: FeedbackFilter): boolean {
  if (comparison === undefined) return true;
  if (typeof score === "string" || score === null) return comparison === "=" && score === value;
  const [number, limit] = [Number(score), value === "true" ? 1 : value === "false" ? 0 : Number(value)];
  if (comparison === "=") return number === limit;
  if (comparison === ">") return number > limit;
  if (comparison === "<") return number < limit;
  return comparison === ">=" ? number >= limit : number <= limit;
}

export interface StoredThread {
  readonly thread_id: string;
  readonly graph_id: string | null;
  /** In wire form. */
  readonly messages: readonly Message[];
  readonly feedback: readonly ThreadFeedback[];
}

/**
 * The conversation up to the last question is the input. Expected is the user's correction, if there is one, else the
 * answer that was given: a person has to look at it before it is a reference.
 * @returns undefined for a thread in which nobody asked for anything
 */
export function itemOfThread({ thread_id, graph_id, messages, feedback }: StoredThread): ItemInput | undefined {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages[asked];
  if (!question) return undefined;
  const before = messages.slice(0, asked);
  const answers = messages.slice(asked + 1);
  const isText = before.length === 0 && typeof question.content === "string";
  const correction = feedback.findLast((each) => each.correction != null)?.correction;
  const answer = textOfLast(answers);
  const expected = correction ?? (answer === "" ? undefined : answer);
  const tools = answers.flatMap(({ tool_calls: calls }) =>
    (Array.isArray(calls) ? calls : []).map(({ name, args }) => ({ name, args })),
  );
  return {
    id: thread_id,
    input: isText ? question.content : { messages: [...before, question].map(plain) },
    ...(expected !== undefined && { expected }),
    ...(tools.length > 0 && { trajectory: { tools } }),
    tags: ["thread", ...(graph_id === null ? [] : [graph_id])],
    metadata: { thread_id, feedback: Object.fromEntries(feedback.map(({ key, score }) => [key, score])) },
  };
}

/** What a graph is given again of a message: what was said, and by whom. */
function plain({ type, content, tool_calls, tool_call_id, name }: Message): Record<string, unknown> {
  return {
    type,
    content,
    ...(Array.isArray(tool_calls) && tool_calls.length > 0 && { tool_calls }),
    ...(tool_call_id !== undefined && { tool_call_id }),
    ...(name !== undefined && { name }),
  };
}
