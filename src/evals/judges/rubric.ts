/** A model as a judge of one answer, by a rubric. */
import { z } from "zod";
import type { Evaluation, Evaluator, Score } from "../contract.ts";
import { type Comparison, expectedOf, skipped } from "../evaluators/comparison.ts";
import { ask, judgeModel, noJudge, sum } from "./ask.ts";
import { fenced, taskText, toolsText } from "./material.ts";
import { type RubricPrompt, rubricPrompt } from "./prompt-file.ts";

interface RubricOptions extends Pick<Comparison, "name" | "expected"> {
  /** The file of the prompt, such as `evals/judges/correctness.md`. */
  readonly prompt: string | URL;
  /** How many times the judge is asked, an odd number; most votes decide. 1 unless given. */
  readonly votes?: number;
  /** The judge's model as `provider:name`; the suite's, else the process's, unless given. */
  readonly model?: string;
}

/**
 * A model scores the answer by the rubric of a file. It passes if most votes reach the file's `pass`; voting ends when
 * the majority is settled. The value is the mean score of the votes, from 0 (lowest of the scale) to 1. Skipped where
 * only the offline model is there.
 * @throws SignalboxError "invalid-configuration" for a prompt file that cannot be used, or an even number of votes
 */
export function rubric(options: RubricOptions): Evaluator {
  const prompt = rubricPrompt(options.prompt);
  const { name = prompt.name, votes = 1 } = options;
  if (votes % 2 !== 1 || votes < 1) throw new RangeError(`${name}: votes is ${votes}; it has to be odd.`);
  return {
    name,
    needsExpected: prompt.shows.includes("expected") && options.expected === undefined,
    async evaluate(evaluation) {
      const model = await judgeModel(options.model, evaluation);
      if (!model) return skipped(name, noJudge);
      const [lowest, highest] = prompt.scale;
      const Verdict = z.object({
        reasoning: z.string().describe("What speaks for and against, by the criteria, in a few sentences."),
        score: z.int().min(lowest).max(highest).describe(`A whole number from ${lowest} to ${highest}.`),
      });
      const material = materialOf(prompt, evaluation, options);
      const { version: judge, instructions } = prompt;
      const asked: Awaited<ReturnType<typeof ask<z.infer<typeof Verdict>>>>[] = [];
      const passes = () => asked.filter(({ verdict }) => verdict.score >= prompt.pass).length;
      const isSettled = () => Math.max(passes(), asked.length - passes()) > votes / 2;
      while (!isSettled()) {
        const vote = asked.length;
        asked.push(await ask({ judge, model, instructions, material, schema: Verdict, evaluation, vote }));
      }
      const passed = passes() > asked.length / 2;
      const scores = asked.map(({ verdict }) => verdict.score);
      const mean = scores.reduce((so, score) => so + score, 0) / scores.length;
      // A reason of the side that won.
      const { reasoning = "" } = asked.find(({ verdict }) => verdict.score >= prompt.pass === passed)?.verdict ?? {};
      const cost = sum(asked.map((each) => each.cost));
      return {
        name,
        value: (mean - lowest) / (highest - lowest),
        passed,
        judge,
        comment: `${judge}: ${scores.join(", ")} of ${highest}. ${reasoning}`,
        ...(cost !== undefined && { cost }),
      } satisfies Score;
    },
  };
}

function materialOf({ name, shows }: RubricPrompt, { item, result }: Evaluation, options: RubricOptions): string {
  const parts = {
    input: () => taskText(item),
    output: () => result.output,
    expected: () => text(expectedOf(options, item, name)),
    tools: () => toolsText(result),
  };
  return fenced(Object.fromEntries(shows.map((part) => [part, parts[part]()])));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
