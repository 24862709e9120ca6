/** One evaluator tried on one result. */
import type { Evaluator, Item, Result, Score } from "../../../src/evals/contract.ts";
import { item, result } from "../reports/sample.ts";

interface Given extends Partial<Omit<Result, "output">> {
  readonly output?: string;
}

/** All scores that the evaluator gives for an item with these fields and a result with those. */
export async function scoresOf(
  evaluator: Evaluator,
  itemFields: Partial<Item>,
  given: Given,
): Promise<readonly Score[]> {
  const { signal } = new AbortController();
  const scores = await evaluator.evaluate({ item: item("a", itemFields), result: result(given), trial: 0, signal });
  return Array.isArray(scores) ? scores : [scores as Score];
}

/** The only score that the evaluator gives for an answer where this is expected. */
export async function scoreOf(evaluator: Evaluator, expected: unknown, answer: string | Given): Promise<Score> {
  const given = typeof answer === "string" ? { output: answer } : answer;
  const [score, ...more] = await scoresOf(evaluator, { expected }, given);
  if (!score || more.length > 0) throw new Error(`${evaluator.name} gave ${more.length + (score ? 1 : 0)} scores.`);
  return score;
}

/** Whether it passes. */
export async function passes(evaluator: Evaluator, expected: unknown, answer: string | Given): Promise<boolean> {
  const { passed } = await scoreOf(evaluator, expected, answer);
  return passed === true;
}
