/** What is evaluated: it takes an item and gives what came of it. */
import type { Item, Message, Result } from "../contract.ts";
import type { TargetFunction } from "../suite.ts";

export type Answer = Omit<Result, "latencyMs">;

/** One trial of one item. */
export type Target = (call: {
  readonly item: Item;
  readonly trial: number;
  /** Aborted when the trial's time is up; what does not end soon after is left behind. */
  readonly signal: AbortSignal;
}) => {
  readonly answer: Promise<Answer>;
  /** What has come of it by now: how far a trial got that came to no end. */
  soFar(): Answer;
};

/** A function as a target: it may tell as much of itself as it knows. */
export function functionTarget(target: TargetFunction): Target {
  const answer = async ({ item, trial, signal }: Parameters<Target>[0]) => {
    const returned = await target({ item, input: item.input, trial, signal });
    const told = typeof returned === "string" ? { output: returned } : returned;
    const result = { ...nothing, ...told, output: told.output ?? textOfLast(told.messages ?? []) };
    // As it will be read again from the run's file.
    return JSON.parse(JSON.stringify(result)) as Answer;
  };
  return (call) => ({ answer: answer(call), soFar: () => nothing });
}

/** The result of a target that has done nothing yet. */
const nothing: Answer = {
  output: "",
  messages: [],
  values: {},
  nodes: [],
  toolCalls: [],
  interrupts: [],
  usage: { input_tokens: 0, output_tokens: 0 },
  trace_id: "",
  run_id: "",
};

/** The text of the last AI message; "" where there is none. */
export function textOfLast(messages: readonly Message[]): string {
  const content = messages.findLast(({ type }) => type === "ai")?.content;
  if (typeof content === "string") return content;
  return (Array.isArray(content) ? content : []).map(({ text }) => (typeof text === "string" ? text : "")).join("");
}
