/** Plans over tasks of known parts: all parts answered, no step twice, and the human's word on the plan kept. */
import { toolTrajectory } from "../../src/evals/evaluators/trajectory.ts";
import { defineEval } from "../../src/evals/suite.ts";
import { answers, check, type Expected, ended, expectedOf, outcome, whereGiven } from "../expectations.ts";

interface Plan extends Expected {
  readonly steps?: number;
}
interface State {
  readonly findings?: readonly { readonly step: string }[];
}

const steps = check("steps", ({ item, result }) => {
  const wanted = expectedOf<Plan>(item).steps;
  const done = (result.values as State).findings?.length ?? 0;
  return wanted === undefined || done === wanted ? undefined : `expected ${wanted} steps, ${done} were done`;
});

const onlyApproved = check("only-approved", ({ item, result }) => {
  if (!item.context?.review_plan) return result.interrupts.length === 0 ? undefined : "it asked without being told to";
  if (result.interrupts.length !== 1) return `it asked ${result.interrupts.length} times`;
  const [answer] = item.resume ?? [];
  const worked = result.nodes.includes("execute");
  const mayWork = answer !== undefined && expectedOf(item).outcome !== "refused";
  if (worked !== mayWork) return worked ? "it worked without approval" : "it did not work";
  const edited = (answer as { steps?: string[] } | undefined)?.steps;
  const done = ((result.values as State).findings ?? []).map(({ step }) => step);
  return edited && done.join() !== edited.join() ? `it did ${done.join(", ")}` : undefined;
});

export const planAndExecute = defineEval({
  dataset: "../datasets/plan-and-execute.jsonl",
  target: "plan-and-execute",
  recursionLimit: 60,
  evaluators: [
    outcome,
    ended,
    answers,
    steps,
    onlyApproved,
    whereGiven("tools", toolTrajectory({ mode: "unordered", args: "ignore" })),
  ],
  gates: [
    { evaluator: "ended", min: 1 },
    { evaluator: "only-approved", min: 1 },
    { evaluator: "outcome", min: 1 },
  ],
});
