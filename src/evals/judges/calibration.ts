/** How far a judge can be trusted: its verdicts held against people's. */
import { SignalboxError } from "../../errors.ts";
import type { Estimate, Evaluator, Item, Result } from "../contract.ts";
import { kappaInterval } from "../statistics/kappa.ts";
import { wilson } from "../statistics/wilson.ts";

/** An answer that a person has judged. */
export interface Labelled {
  readonly item: Item;
  readonly output: string;
  readonly passed: boolean;
}

export interface Calibration {
  readonly judge: string;
  /** Answers with a verdict. */
  readonly judged: number;
  readonly skipped: number;
  readonly skippedBecause?: string;
  /** Answers on which the judge failed. */
  readonly errors: readonly { readonly item: string; readonly message: string }[];
  /** Share of answers on which judge and people agree, with its Wilson interval; undefined if none was judged. */
  readonly agreement?: Estimate;
  /** Cohen's kappa, agreement beyond chance, with its interval; undefined where there is no chance to compare with. */
  readonly kappa?: Estimate;
  readonly confusion: {
    readonly bothPass: number;
    readonly bothFail: number;
    /** The judge passes what people fail: what a bad answer slips through by. */
    readonly onlyJudgePasses: number;
    readonly onlyPeoplePass: number;
  };
  readonly disagreements: readonly {
    readonly item: string;
    readonly people: boolean;
    readonly judge: boolean;
    readonly comment: string;
  }[];
}

/**
 * The labelled answers of a dataset: an item's `metadata` has `output`, a text, and `label`, true for a good one.
 * @throws SignalboxError "invalid-dataset" that names the item which has not
 */
export function labelled(items: readonly Item[]): Labelled[] {
  return items.map((item) => {
    const { output, label } = item.metadata;
    if (typeof output === "string" && typeof label === "boolean") return { item, output, passed: label };
    const shape = '"metadata": { "output": "the answer", "label": true or false }';
    throw new SignalboxError("invalid-dataset", `Item "${item.id}" is not labelled: a judge's labels need ${shape}.`);
  });
}

/**
 * Asks the judge about each labelled answer, four at a time.
 * @param judge its first score is the verdict; one that it skips, or fails on, is counted apart
 */
export async function calibrate(
  judge: Evaluator,
  answers: readonly Labelled[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Calibration> {
  const verdicts: Verdict[] = [];
  const waiting = answers.entries();
  const work = async () => {
    for (const [index, answer] of waiting) verdicts[index] = await verdictOn(judge, answer, signal);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  const judged = verdicts.filter((verdict) => verdict.kind === "judged");
  const skipped = verdicts.filter((verdict) => verdict.kind === "skipped");
  const count = (people: boolean, passes: boolean) =>
    judged.filter((verdict) => verdict.people === people && verdict.judge === passes).length;
  const confusion = {
    bothPass: count(true, true),
    bothFail: count(false, false),
    onlyJudgePasses: count(false, true),
    onlyPeoplePass: count(true, false),
  };
  return {
    judge: judge.name,
    judged: judged.length,
    skipped: skipped.length,
    ...(skipped[0] && { skippedBecause: skipped[0].reason }),
    errors: verdicts.filter((verdict) => verdict.kind === "error"),
    ...(judged.length > 0 && estimates(confusion)),
    confusion,
    disagreements: judged.filter((verdict) => verdict.people !== verdict.judge),
  };
}

type Verdict =
  | { kind: "judged"; item: string; people: boolean; judge: boolean; comment: string }
  | { kind: "skipped"; item: string; reason: string }
  | { kind: "error"; item: string; message: string };

async function verdictOn(judge: Evaluator, { item, output, passed }: Labelled, signal: AbortSignal): Promise<Verdict> {
  try {
    const given = await judge.evaluate({ item, result: resultOf(output), trial: 0, signal });
    const [score] = Array.isArray(given) ? given : [given];
    if (score?.skipped !== undefined) return { kind: "skipped", item: item.id, reason: score.skipped };
    if (score?.passed === undefined) return { kind: "error", item: item.id, message: "It gave no verdict." };
    return { kind: "judged", item: item.id, people: passed, judge: score.passed, comment: score.comment ?? "" };
  } catch (error) {
    return { kind: "error", item: item.id, message: error instanceof Error ? error.message : String(error) };
  }
}

/** A result of which only the answer is known. */
function resultOf(output: string): Result {
  const usage = { input_tokens: 0, output_tokens: 0 };
  const empty = { messages: [], values: {}, nodes: [], toolCalls: [], interrupts: [] };
  return { output, ...empty, usage, latencyMs: 0, trace_id: "", run_id: "" };
}

function estimates({ bothPass, bothFail, onlyJudgePasses, onlyPeoplePass }: Calibration["confusion"]) {
  const total = bothPass + bothFail + onlyJudgePasses + onlyPeoplePass;
  const agreement = wilson(bothPass + bothFail, total);
  const kappa = kappaInterval([
    [bothPass, onlyJudgePasses],
    [onlyPeoplePass, bothFail],
  ]);
  // Where both always say the same one thing, chance alone agrees as well, and kappa says nothing.
  if (Number.isNaN(kappa.value)) return { agreement };
  if (kappa.value < 1) return { agreement, kappa };
  // Full agreement has no standard error, however few the answers. Then the agreement's lower bound is taken beyond
  // chance, which is that of the labels, since the judge's verdicts are the same.
  const passing = bothPass / total;
  const byChance = passing ** 2 + (1 - passing) ** 2;
  return { agreement, kappa: { ...kappa, low: (agreement.low - byChance) / (1 - byChance) } };
}
