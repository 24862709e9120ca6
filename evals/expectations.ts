/** What the suites of this folder expect in the same way: answers in the text, and how the work ended. */
import type { Evaluator, Item, Result } from "../src/evals/contract.ts";
import { numbersIn } from "../src/evals/evaluators/numbers-in-text.ts";

/** The fields of `expected` that these evaluators read; a suite may have more. */
export interface Expected {
  /** Numbers and texts that the answer must have. */
  readonly answers?: readonly string[];
  /** The kind of the outcome; null for a run that waits for an answer; left out: any. */
  readonly outcome?: string | null;
}

export const expectedOf = <Shape extends object = Expected>(item: Item): Shape => item.expected as Shape;

/** Beyond this a number is compared digit by digit, as a text. */
const isNumber = (text: string) => Math.abs(Number(text)) <= Number.MAX_SAFE_INTEGER;

/** Each expected number is among the answer's numbers, to 0.05 percent; each other text stands in it, in any case. */
export const answers: Evaluator = {
  name: "answers",
  needsExpected: true,
  evaluate({ item, result }) {
    const { answers: wanted = [] } = expectedOf(item);
    const numbers = numbersIn(result.output);
    const text = result.output.toLowerCase();
    const missing = wanted.filter((each) =>
      isNumber(each)
        ? !numbers.some((number) => Math.abs(number - Number(each)) <= 0.0005 * Math.abs(Number(each)))
        : !text.includes(each.toLowerCase()),
    );
    const value = wanted.length === 0 ? 1 : 1 - missing.length / wanted.length;
    const comment = missing.length > 0 ? `${missing.join(", ")}: not in ${JSON.stringify(result.output)}` : "";
    return { name: "answers", value, passed: missing.length === 0, comment };
  },
};

/** How the graph says that its work ended; undefined where it has not. */
export const outcomeKind = ({ values }: Result) => (values.outcome as { kind?: string } | null | undefined)?.kind;

/** The work ended as it had to: answered, refused, out of budget, or waiting for a human. */
export const outcome: Evaluator = {
  name: "outcome",
  needsExpected: true,
  evaluate({ item, result }) {
    const { outcome: wanted } = expectedOf(item);
    const kind = outcomeKind(result) ?? null;
    const isRight = wanted === undefined || kind === wanted;
    return { name: "outcome", value: Number(isRight), passed: isRight, comment: `expected ${wanted}, got ${kind}` };
  },
};

const kinds = ["answered", "unknown", "blocked", "refused", "input-refused", "gate-failed", "budget-exceeded"];

/** However the work ended, it says so as data and in words; or it waits for an answer that the item does not give. */
export const ended: Evaluator = {
  name: "ended",
  evaluate({ item, result }) {
    const kind = outcomeKind(result) ?? "";
    const waits = result.interrupts.length > (item.resume?.length ?? 0);
    const passed = waits ? kind === "" : kinds.includes(kind) && result.output !== "";
    const comment = `it ended as ${kind || "nothing"}${result.output === "" ? ", without a word" : ""}`;
    return { name: "ended", value: Number(passed), passed, ...(!passed && { comment }) };
  },
};

/** An evaluator of the way for the items alone that say which tools, or nodes, are right; others may have several. */
export function whereGiven(way: "tools" | "nodes", evaluator: Evaluator): Evaluator {
  const { name } = evaluator;
  return {
    name,
    evaluate: (evaluation) =>
      Object.hasOwn(Object(evaluation.item.trajectory), way)
        ? evaluator.evaluate(evaluation)
        : { name, value: 0, skipped: `The item does not say which ${way} are right.` },
  };
}

/** A check of one suite, as an evaluator: it gives what is wrong, or nothing. */
export function check(
  name: string,
  wrong: (...given: Parameters<Evaluator["evaluate"]>) => string | undefined,
): Evaluator {
  return {
    name,
    needsExpected: true,
    evaluate(evaluation) {
      const comment = wrong(evaluation);
      return { name, value: Number(comment === undefined), passed: comment === undefined, comment: comment ?? "" };
    },
  };
}
