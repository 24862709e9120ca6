/** The ReAct graph over word problems and questions for its tools: the right answer, by the right calls, in few steps. */
import { budgets } from "../../src/evals/evaluators/budgets.ts";
import { nodeTrajectory, stepLimit, toolTrajectory } from "../../src/evals/evaluators/trajectory.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { answers, check, ended, outcome, whereGiven } from "../expectations.ts";

/** A sum that the task spells out is right, whatever the model is: a tool works it out, and its result gets through. */
const computed = check("computed", (evaluation) => {
  const { item, result } = evaluation;
  if (!item.tags.includes("expression")) return undefined;
  const { passed, comment } = Object(answers.evaluate(evaluation));
  if (!passed) return comment;
  const isCalculated = result.toolCalls.some(({ name, error }) => name === "calculator" && error === undefined);
  return isCalculated ? undefined : "the calculator was not asked";
});

export const react = defineEval({
  dataset: "../datasets/react.jsonl",
  target: "react",
  evaluators: [
    outcome,
    ended,
    answers,
    computed,
    whereGiven("tools", toolTrajectory({ mode: "unordered" })),
    whereGiven("nodes", nodeTrajectory()),
    stepLimit({ toolCalls: 6, nodes: 14 }),
    budgets({ tokens: 20_000, cost: 0.05, allowUnknown: true }),
  ],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "computed", min: 1 },
    { evaluator: "tool-trajectory", min: 1 },
    { evaluator: "node-trajectory", min: 1 },
    { evaluator: "step-limit", min: 1 },
    { evaluator: "budget-tokens", min: 1 },
  ],
});
