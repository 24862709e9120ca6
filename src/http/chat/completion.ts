/** The objects a completion is told in: one completion, or chunks of one. */
import type { Interrupt, Run } from "../../engine/contract.ts";
import type { AnswerOutcome } from "./answer.ts";
import type { CitationNotice } from "./citations.ts";
import { ChatError, runFailed } from "./errors.ts";
import { describeInterrupt } from "./interrupts.ts";
import type { CompletionUsage } from "./usage.ts";

/** What stands beside the assistant's message where the run waits for an answer. */
export interface InterruptNotice {
  interrupt: Pick<Interrupt, "id" | "value">;
  /** All of them, where more than one is pending. */
  interrupts?: Pick<Interrupt, "id" | "value">[];
  /** Where the answer goes; null without a thread. */
  thread_id: string | null;
  advice: string;
}

/** How a completion ends: what is said after the run's own text, and what it came to. */
export interface Ending {
  /** The question that the run waits at, in words; empty for a run that went to its end. */
  question: string;
  notice: InterruptNotice | undefined;
  cited: CitationNotice | undefined;
  finishReason: AnswerOutcome["finishReason"];
  usage: CompletionUsage | undefined;
}

/** @throws ChatError for a run that failed, was stopped, or said nothing */
export function endingOf(outcome: AnswerOutcome, threadId: string | undefined): Ending {
  if (outcome.failure) throw runFailed(outcome.failure);
  if (outcome.status === undefined) {
    throw new ChatError(500, {
      message: "The run goes on, but its answer was lost: the server is stopping, or the client reads too slowly.",
      type: "server_error",
      code: "stream_lost",
    });
  }
  if (outcome.status !== "success") {
    throw new ChatError(409, {
      message: "The run was cancelled before its end.",
      type: "graph_error",
      code: "cancelled",
    });
  }
  const { finishReason, cited, usage } = outcome;
  const [first] = outcome.interrupts;
  if (first) {
    const question = outcome.interrupts.map(({ value }) => describeInterrupt(value)).join("\n\n");
    const notice = noticeOf(first, outcome.interrupts, threadId);
    return { question, notice, cited, finishReason: "stop", usage };
  }
  if (outcome.answered) return { question: "", notice: undefined, cited, finishReason, usage };
  throw new ChatError(422, {
    message: "The run ended without an answer: the graph has to append an AI message to `messages`.",
    type: "graph_error",
    code: "no_answer",
  });
}

function noticeOf(first: Interrupt, all: readonly Interrupt[], threadId: string | undefined): InterruptNotice {
  const shown = all.map(({ id, value }) => ({ id, value }));
  const advice =
    threadId === undefined
      ? "This run had no thread and cannot be answered: repeat the request with metadata.thread_id or X-Thread-Id."
      : all.length > 1
        ? `Several answers are needed: POST /threads/${threadId}/runs with command.resume by interrupt id.`
        : "The next user message on this thread is the answer.";
  return {
    interrupt: { id: first.id, value: first.value },
    ...(shown.length > 1 && { interrupts: shown }),
    thread_id: threadId ?? null,
    advice,
  };
}

/** A whole completion. Usage is left out where no model reported it: a zero would be a lie. */
export function completion(run: Run, model: string, content: string, ending: Ending): object {
  const message = {
    role: "assistant",
    content,
    refusal: null,
    ...besides(ending),
  };
  return {
    ...head(run, model, "chat.completion"),
    choices: [{ index: 0, message, logprobs: null, finish_reason: ending.finishReason }],
    ...(ending.usage && { usage: ending.usage }),
  };
}

export interface Chunks {
  start(): object;
  text(content: string): object;
  /** The last choices, and the usage behind them where the client asked for it. */
  end(ending: Ending): object[];
}

/** The chunks of a streamed completion; with usage each of them has the field, null in all but the last. */
export function createChunks(run: Run, model: string, withUsage: boolean): Chunks {
  const common = { ...head(run, model, "chat.completion.chunk"), ...(withUsage && { usage: null }) };
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...common,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  return {
    start: () => chunk({ role: "assistant", content: "", refusal: null }, null),
    text: (content) => chunk({ content }, null),
    end(ending) {
      const { finishReason, usage } = ending;
      const last = chunk(besides(ending), finishReason);
      return withUsage ? [last, { ...common, choices: [], usage: usage ?? null }] : [last];
    },
  };
}

/** What stands beside the text: OpenAI's annotations, and under a name of our own what OpenAI has no form for. */
function besides({ notice, cited }: Ending): object {
  const { annotations, ...passages } = cited ?? {};
  const signalbox = { ...notice, ...passages };
  return { ...(annotations && { annotations }), ...(Object.keys(signalbox).length > 0 && { signalbox }) };
}

function head(run: Run, model: string, object: string): object {
  return { id: `chatcmpl-${run.run_id}`, object, created: Math.floor(Date.parse(run.created_at) / 1000), model };
}
