/** A model as a judge between two answers, asked in both orders because judges favour a position. */
import { z } from "zod";
import type { Evaluator, Item, Result } from "../contract.ts";
import { expectedOf, skipped, unusable } from "../evaluators/comparison.ts";
import { ask, judgeModel, noJudge, sum } from "./ask.ts";
import { fenced, taskText } from "./material.ts";
import { pairwisePrompt } from "./prompt-file.ts";

interface PairwiseOptions {
  readonly name?: string;
  /** The file of the prompt, such as `evals/judges/preference.md`. */
  readonly prompt: string | URL;
  /** The answer that the result is held against: the item's `expected` unless given. */
  readonly against?: (item: Item) => unknown;
  /** What of the result is judged; its final text unless given. */
  readonly actual?: (result: Result) => string;
  /** The judge's model as `provider:name`; the suite's, else the process's, unless given. */
  readonly model?: string;
}

const Verdict = z.object({
  reasoning: z.string().describe("What speaks for the one and for the other, in a few sentences."),
  better: z.enum(["first", "second", "neither"]).describe("Which answer is better; neither, if they are as good."),
});
type Verdict = z.infer<typeof Verdict>;

/**
 * A model says which answer is better, this one or another, once in each order. Two scores: `name`, which is 1 for a
 * win, 0.5 for a tie, 0 for a loss, and passes unless it is lost; and `name:consistent`, which is 1 where the order made
 * no difference. Where it did, the answer is a tie, and the comment says which position was favoured.
 * @throws SignalboxError "invalid-configuration" for a prompt file that cannot be used
 */
export function pairwise(options: PairwiseOptions): Evaluator {
  const prompt = pairwisePrompt(options.prompt);
  const { name = prompt.name } = options;
  return {
    name,
    needsExpected: options.against === undefined,
    async evaluate(evaluation) {
      const { item, result } = evaluation;
      const rival = expectedOf({ expected: options.against }, item, name);
      if (typeof rival !== "string") throw unusable(item, name, "the text of another answer", rival);
      const model = await judgeModel(options.model, evaluation);
      if (!model) return skipped(name, noJudge);
      const own = options.actual ? options.actual(result) : result.output;
      const { version: judge, instructions } = prompt;
      const between = (first: string, second: string) => {
        const material = fenced({ task: taskText(item), first, second });
        return ask({ judge, model, instructions, material, schema: Verdict, evaluation, vote: 0 });
      };
      const ownFirst = await between(own, rival);
      const ownSecond = await between(rival, own);
      const forward = pointsOf(ownFirst.verdict, "first");
      const backward = pointsOf(ownSecond.verdict, "second");
      const isConsistent = forward === backward;
      const value = isConsistent ? forward : 0.5;
      const cost = sum([ownFirst.cost, ownSecond.cost]);
      const said = isConsistent ? ownFirst.verdict.reasoning : favoured(ownFirst.verdict, ownSecond.verdict);
      const comment = `${judge}: ${{ 0: "worse", 0.5: "a tie", 1: "better" }[value]}. ${said}`;
      return [
        { name, value, passed: value >= 0.5, judge, comment, ...(cost !== undefined && { cost }) },
        { name: `${name}:consistent`, value: isConsistent ? 1 : 0, judge },
      ];
    },
  };
}

function pointsOf({ better }: Verdict, own: "first" | "second"): 0 | 0.5 | 1 {
  if (better === "neither") return 0.5;
  return better === own ? 1 : 0;
}

function favoured(ownFirst: Verdict, ownSecond: Verdict): string {
  const said = `The orders disagree (${ownFirst.better}, then ${ownSecond.better})`;
  return ownFirst.better === ownSecond.better ? `${said}: the ${ownFirst.better} position is favoured.` : `${said}.`;
}
