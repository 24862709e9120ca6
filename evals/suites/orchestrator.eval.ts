/** The team: each question researched, the result judged before it is given, and who said what is kept. */
import { defineEval } from "../../src/evals/suite.ts";
import { answers, check, ended, outcome, outcomeKind } from "../expectations.ts";

interface State {
  readonly contributions?: readonly { readonly author: string; readonly round: number; readonly text: string }[];
}

const judged = check("judged", ({ result }) => {
  const isAnswered = outcomeKind(result) === "answered";
  const team = result.nodes.filter((node) => !node.includes(":"));
  return !isAnswered || team.at(-1) === "criticise" ? undefined : `it ended with ${team.at(-1)}`;
});

const recorded = check("who-said-what", ({ result }) => {
  const { contributions = [] } = result.values as State;
  const isAnswered = outcomeKind(result) === "answered";
  const authors = new Set(contributions.map(({ author }) => author));
  const missing = ["planner", "executor", "critic"].filter((author) => !authors.has(author));
  return !isAnswered || missing.length === 0 ? undefined : `nothing is kept of: ${missing.join(", ")}`;
});

const rounds = check("rounds", ({ result }) => {
  const most = Math.max(0, ...((result.values as State).contributions ?? []).map(({ round }) => round));
  return most <= 3 ? undefined : `${most} rounds`;
});

export const orchestrator = defineEval({
  dataset: "../datasets/orchestrator.jsonl",
  target: "orchestrator",
  recursionLimit: 60,
  evaluators: [outcome, ended, answers, judged, recorded, rounds],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "judged", min: 1 },
    { evaluator: "who-said-what", min: 1 },
    { evaluator: "rounds", min: 1 },
  ],
});
