/** The routing graph: each question at its specialist, and those that could be meant for several at none without asking. */
import { finalState } from "../../src/evals/evaluators/outcome.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { check, ended, expectedOf } from "../expectations.ts";

interface Route {
  readonly route: string;
  /** True for a question that nobody could place. */
  readonly asks: boolean;
}

const route = finalState("route", { name: "route", expected: (item) => expectedOf<Route>(item).route });

const asked = check("asked", ({ item, result }) => {
  const { asks } = expectedOf<Route>(item);
  const times = result.interrupts.length;
  return asks === times > 0 ? undefined : `expected ${asks ? "a question" : "none"}, asked ${times} times`;
});

/** Below the threshold nobody is guessed: the user was asked, or named the route. */
const sureOrAsked = check("sure-or-asked", ({ result }) => {
  const { confidence } = result.values as { confidence?: number };
  const isSure = (confidence ?? 0) >= 0.6;
  return isSure || result.interrupts.length > 0 ? undefined : `went on with confidence ${confidence}, and did not ask`;
});

/** One specialist worked, and it was the one of the route. */
const oneSpecialist = check("one-specialist", ({ result }) => {
  const names = ["code", "search", "creative", "data", "general"];
  const worked = new Set(result.nodes.map((node) => node.split(":")[0] ?? "").filter((node) => names.includes(node)));
  const isPaused = result.nodes.at(-1) === "ask";
  if (isPaused) return worked.size === 0 ? undefined : `${[...worked]} worked before the user had answered`;
  return worked.size === 1 && worked.has(String(result.values.route)) ? undefined : `worked: ${[...worked].join(", ")}`;
});

export const routing = defineEval({
  dataset: "../datasets/routing.jsonl",
  target: "routing",
  evaluators: [ended, route, asked, sureOrAsked, oneSpecialist],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "sure-or-asked", min: 1 },
    { evaluator: "one-specialist", min: 1 },
  ],
});
