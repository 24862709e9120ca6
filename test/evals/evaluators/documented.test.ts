/** docs/evaluators.md is held against the evaluators. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as budgets from "../../../src/evals/evaluators/budgets.ts";
import * as json from "../../../src/evals/evaluators/json.ts";
import * as numeric from "../../../src/evals/evaluators/numeric.ts";
import { fromOpenevals } from "../../../src/evals/evaluators/openevals.ts";
import * as outcome from "../../../src/evals/evaluators/outcome.ts";
import * as text from "../../../src/evals/evaluators/text.ts";
import { forbiddenTools, nodeTrajectory, stepLimit, toolTrajectory } from "../../../src/evals/evaluators/trajectory.ts";
import * as pairwise from "../../../src/evals/judges/pairwise.ts";
import * as rubric from "../../../src/evals/judges/rubric.ts";
import { difference, namesIn } from "../../support/architecture.ts";

const page = readFileSync(new URL("../../../docs/evaluators.md", import.meta.url), "utf8");

test("Each evaluator is documented, and no other", () => {
  const trajectories = { forbiddenTools, nodeTrajectory, stepLimit, toolTrajectory };
  const all = { ...budgets, ...json, ...numeric, ...outcome, ...text, ...pairwise, ...rubric, ...trajectories };
  expect(difference(namesIn(page), [...Object.keys(all), fromOpenevals.name])).toEqual([]);
});
