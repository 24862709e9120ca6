/** Evaluator of what a run took: money, tokens, time. */
import type { Evaluator, Result, Score } from "../contract.ts";
import { passOrMiss, skipped } from "./comparison.ts";

interface Budgets {
  /** US dollars. */
  readonly cost?: number;
  /** Input and output together. */
  readonly tokens?: number;
  readonly latencyMs?: number;
  readonly firstTokenMs?: number;
  /** What is not known (a model without a price, an answer that is not streamed) is skipped instead of failed. */
  readonly allowUnknown?: boolean;
}

const measures = {
  cost: { name: "budget-cost", of: ({ cost }: Result) => cost, text: (value: number) => `$${value.toPrecision(3)}` },
  tokens: {
    name: "budget-tokens",
    of: ({ usage }: Result) => usage.input_tokens + usage.output_tokens,
    text: (value: number) => `${value} tokens`,
  },
  latencyMs: { name: "budget-latency", of: ({ latencyMs }: Result) => latencyMs, text: milliseconds },
  firstTokenMs: { name: "budget-first-token", of: ({ firstTokenMs }: Result) => firstTokenMs, text: milliseconds },
};

function milliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}

/**
 * One score for each budget given: `budget-cost`, `budget-tokens`, `budget-latency`, `budget-first-token`. Exactly the
 * budget is within it. An unknown measure fails, so that no run passes a cost budget because its price is missing.
 */
export function budgets(options: Budgets): Evaluator {
  return {
    name: "budgets",
    evaluate({ result }): Score[] {
      return Object.entries(measures).flatMap(([key, { name, of, text }]) => {
        const most = options[key as keyof typeof measures];
        if (most === undefined) return [];
        const taken = of(result);
        const unknown = `It is not known what the run took; the budget is ${text(most)}.`;
        if (taken === undefined)
          return options.allowUnknown ? skipped(name, unknown) : passOrMiss(name, false, unknown);
        return passOrMiss(name, taken <= most, `${text(taken)} of ${text(most)}.`);
      });
    },
  };
}
