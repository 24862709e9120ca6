/** Events: each request is handled once, what runs side by side is joined, and all of it is in the answer. */
import { defineEval } from "../../src/evals/suite.ts";
import { answers, check, type Expected, ended, expectedOf, outcome, outcomeKind } from "../expectations.ts";

interface State {
  readonly events?: readonly { readonly type: string }[];
  readonly handled?: number;
}

const handledAll = check("handled-all", ({ result }) => {
  const { events = [], handled = 0 } = result.values as State;
  const isAnswered = outcomeKind(result) === "answered";
  return !isAnswered || handled === events.length ? undefined : `${handled} of ${events.length} events were handled`;
});

const joined = check("joined", ({ result }) => {
  const answersGiven = result.nodes.filter((node) => node === "answer").length;
  const isAnswered = outcomeKind(result) === "answered";
  return !isAnswered || answersGiven === 1 ? undefined : `it answered ${answersGiven} times`;
});

/** It waits for what comes from outside as often as the item says, and else never. */
const waits = check("waits", ({ item, result }) => {
  const { waits: wanted = 0 } = expectedOf<Expected & { readonly waits?: number }>(item);
  return result.interrupts.length === wanted ? undefined : `expected ${wanted} waits, got ${result.interrupts.length}`;
});

export const eventDriven = defineEval({
  dataset: "../datasets/event-driven.jsonl",
  target: "event-driven",
  recursionLimit: 60,
  evaluators: [outcome, ended, answers, waits, handledAll, joined],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "outcome", min: 1 },
    { evaluator: "waits", min: 0.9 },
    { evaluator: "handled-all", min: 1 },
    { evaluator: "joined", min: 1 },
  ],
});
