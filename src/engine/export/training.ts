/** Training examples out of judged runs, in the shapes that OpenAI (sft) and TRL (dpo, kto) read. */
import { createHash } from "node:crypto";
import { assistantSays, type ChatMessage, type ChatTurn, toolsOf, toTrlMessages } from "./chat.ts";
import type { JudgedRun, RunReference } from "./conversations.ts";
import { type Split, splitOf } from "./split.ts";
import type { Verdict } from "./verdict.ts";

export type TrainingFormat = "sft" | "dpo" | "kto";

export interface Example {
  readonly split: Split;
  readonly record: object;
}

/** The examples that a run is good for. */
export type ExampleMaker = (run: JudgedRun, verdict: Verdict) => Promise<Example[]>;

/** @param readAgain gives the conversation of a run that was seen before */
export function createExampleMaker(
  format: TrainingFormat,
  readAgain: (run: RunReference) => Promise<ChatTurn | undefined>,
): ExampleMaker {
  if (format === "sft") return async (run, verdict) => placed(run, sftRecords(run, verdict));
  if (format === "kto") return async (run, verdict) => placed(run, ktoRecords(run, verdict));
  return createPairing(readAgain);
}

function placed(run: RunReference, records: object[]): Example[] {
  return records.map((record) => ({ split: splitOf(run.thread_id), record }));
}

/** The conversation with the corrected answer, or with the one that was liked; what was answered before is no example. */
function sftRecords({ prompt, answer }: ChatTurn, { corrected, opinion }: Verdict): object[] {
  const content = corrected ?? (opinion === "good" ? answer : undefined);
  if (content === undefined) return [];
  const question = prompt.findLastIndex(({ role }) => role === "user");
  const given = prompt.map((message, index) =>
    message.role === "assistant" && index < question ? { ...message, weight: 0 } : message,
  );
  return [{ messages: [...given, assistantSays(content)], ...toolsOf(prompt) }];
}

/** Each answer with its label; a corrected one is two: as it should be, and as it was. */
function ktoRecords({ prompt, answer }: ChatTurn, { corrected, opinion }: Verdict): object[] {
  const record = (content: string, label: boolean) => ({
    prompt: toTrlMessages(prompt),
    completion: [assistantSays(content)],
    label,
    ...toolsOf(prompt),
  });
  if (corrected !== undefined) return [record(corrected, true), record(answer, false)];
  return opinion === "good" || opinion === "bad" ? [record(answer, opinion === "good")] : [];
}

function dpoRecord(prompt: readonly ChatMessage[], chosen: string, rejected: string): object {
  return {
    prompt: toTrlMessages(prompt),
    chosen: [assistantSays(chosen)],
    rejected: [assistantSays(rejected)],
    ...toolsOf(prompt),
  };
}

/**
 * Pairs: a correction with what it corrects, and a liked answer with a disliked one to the same prompt, each used once.
 * Of the answers that wait for their counterpart only the place is kept; both are in the same split.
 */
function createPairing(readAgain: (run: RunReference) => Promise<ChatTurn | undefined>): ExampleMaker {
  const waiting = new Map<string, RunReference[]>();
  return async (run, { corrected, opinion }) => {
    const split = splitOf(run.thread_id);
    if (corrected !== undefined) return [{ split, record: dpoRecord(run.prompt, corrected, run.answer) }];
    if (opinion !== "good" && opinion !== "bad") return [];
    const place = createHash("sha256")
      .update(JSON.stringify([split, run.prompt]))
      .digest("base64");
    const others = waiting.get(`${opinion === "good" ? "bad" : "good"} ${place}`) ?? [];
    const { owner, thread_id, run_id } = run;
    for (let other = others.shift(); other; other = others.shift()) {
      const counterpart = await readAgain(other);
      if (!counterpart || counterpart.answer === run.answer) continue;
      const [chosen, rejected] =
        opinion === "good" ? [run.answer, counterpart.answer] : [counterpart.answer, run.answer];
      return [{ split, record: dpoRecord(run.prompt, chosen, rejected) }];
    }
    const mine = waiting.get(`${opinion} ${place}`);
    if (mine) mine.push({ owner, thread_id, run_id });
    else waiting.set(`${opinion} ${place}`, [{ owner, thread_id, run_id }]);
    return [];
  };
}
