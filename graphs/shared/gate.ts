/** A gate between two steps: checks that are code, not a model, decide whether a result may go on. */
import { AIMessage, HumanMessage } from "@langchain/core/messages";
import { z } from "zod";
import { type Judgement, longestComment } from "./judgements.ts";
import type { Outcome } from "./outcome.ts";

/** True, or what is wrong in words that a model can act on. */
export type Check<Value> = (value: Value) => true | string;

export const GateResult = z.object({
  passed: z.boolean(),
  reasons: z.array(z.string()).describe("One for each failed check: its name and what it found."),
});
export type GateResult = z.infer<typeof GateResult>;

/** A state field for a step's last result; open until something was refused. */
export const gateState = GateResult.default({ passed: true, reasons: [] });

/** Makes every check, so that all that is wrong is known at once. A check that throws has failed. */
export function gate<Value>(value: Value, checks: Readonly<Record<string, Check<Value>>>): GateResult {
  const reasons = Object.entries(checks).flatMap(([name, check]) => {
    const found = outcomeOf(check, value);
    return found === true ? [] : [`${name}: ${found}`];
  });
  return { passed: reasons.length === 0, reasons };
}

/** What tells the model that its last result was refused, and why: appended to the messages of the step's one retry. */
export function refused(made: string, { passed, reasons }: GateResult): (AIMessage | HumanMessage)[] {
  if (passed) return [];
  const correction = `Your last result was refused. Do it again, and correct this:\n${bulleted(reasons)}`;
  return [new AIMessage(made || "(nothing)"), new HumanMessage(correction)];
}

/** A check of a text's length, in characters. */
export function within(most: number): Check<string> {
  return ({ length }) => (length > 0 && length <= most) || `it has ${length} characters; 1 to ${most} are allowed`;
}

/** What the gate says of the step's last result. */
export function gateJudgement(step: string, { passed, reasons }: GateResult): Judgement {
  const comment = bulleted(reasons).slice(0, longestComment);
  return { name: `gate: ${step}`, value: passed, ...(comment && { comment }) };
}

/** The outcome of a step whose result was refused once more. */
export function gateFailed(step: string, { reasons }: GateResult): Outcome {
  return { kind: "gate-failed", reason: `The step "${step}" was stopped by its gate:\n${bulleted(reasons)}` };
}

function outcomeOf<Value>(check: Check<Value>, value: Value): true | string {
  try {
    return check(value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function bulleted(reasons: readonly string[]): string {
  return reasons.map((reason) => `- ${reason}`).join("\n");
}
