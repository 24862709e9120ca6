/** A suite's trials as its figures: rates and means with intervals, pass@k, gates, and the change since the baseline. */
import type { Change, GateResult, Problem, ScoreSummary, SuiteSummary, Trial } from "../contract.ts";
import { costOfTrial } from "../run/schedule.ts";
import { bootstrapMean, mean } from "../statistics/bootstrap.ts";
import { passAtK, passHatK } from "../statistics/pass-at-k.ts";
import { seededRandom } from "../statistics/random.ts";
import { wilson } from "../statistics/wilson.ts";
import type { Gate } from "../suite.ts";
import { type Baseline, comparable } from "./baseline.ts";
import { compareSeries, settle } from "./compare.ts";
import { passName, type Series, scoreNamed, seriesOf, units } from "./series.ts";

export interface Summarised {
  readonly suite: string;
  readonly dataset: SuiteSummary["dataset"];
  readonly gates: readonly Gate[];
  /** Per item. */
  readonly trials: number;
  readonly deterministic: boolean;
  readonly isFunction: boolean;
  readonly model: string;
  /** How many trials there should be. */
  readonly planned: number;
  readonly problems: readonly Problem[];
  readonly baseline: Baseline | undefined;
  readonly seed: number;
}

export function summarise(about: Summarised, trials: readonly Trial[]): SuiteSummary {
  const { baseline, problems } = about;
  const series = seriesOf(trials);
  const compared = baseline && against(about, series, trials, baseline);
  const scores = series.map((each) => summariseScore(each, trials, about.seed, compared?.changes.get(each.name)));
  const costs = trials.map(costOfTrial);
  return {
    suite: about.suite,
    dataset: about.dataset,
    trials: about.trials,
    deterministic: about.deterministic,
    ...(about.isFunction && { isFunction: true }),
    scores,
    passAt: passAt(series[0], about.trials),
    gates: about.gates.map((gate) => check(gate, scores)),
    errors: trials.filter(({ result }) => result.error).length,
    missing: about.planned - trials.length,
    cost: costs.reduce((sum, cost) => (sum === undefined || cost === undefined ? undefined : sum + cost), 0),
    usage: {
      input_tokens: trials.reduce((sum, { result }) => sum + result.usage.input_tokens, 0),
      output_tokens: trials.reduce((sum, { result }) => sum + result.usage.output_tokens, 0),
    },
    problems,
    ...(compared && { baseline: { run: compared.run, notes: compared.notes } }),
  };
}

/** The same with verdicts that hold for all suites of a run together. */
export function settleTogether(suites: readonly SuiteSummary[]): SuiteSummary[] {
  const changes = suites.map(
    ({ scores }) => new Map(scores.flatMap(({ name, change }) => (change ? [[name, change] as const] : []))),
  );
  const settled = settle(changes);
  return suites.map((suite, index) => ({
    ...suite,
    scores: suite.scores.map((score) => {
      const change = settled[index]?.get(score.name);
      return change ? { ...score, change } : score;
    }),
  }));
}

function against(about: Summarised, now: readonly Series[], trials: readonly Trial[], baseline: Baseline) {
  const items = new Map(trials.map(({ item, item_hash }) => [item, item_hash]));
  const { before, notes } = comparable(baseline, { model: about.model, hash: about.dataset.hash, items });
  const deterministic = about.deterministic && baseline.deterministic;
  return {
    run: baseline.run,
    notes,
    changes: compareSeries({ before, now, deterministic, random: seededRandom(about.seed) }),
  };
}

function summariseScore(
  series: Series,
  trials: readonly Trial[],
  seed: number,
  change: Change | undefined,
): ScoreSummary {
  const { name, decides, values, groups } = series;
  const scores = trials.flatMap((trial) => (trial.result.error ? [] : (scoreNamed(trial, name) ?? [])));
  const skipped = scores.flatMap((score) => score.skipped ?? []);
  const passedOver = trials.filter((trial) => scoreNamed(trial, name)?.skipped !== undefined);
  const each = [...values.values()];
  const passes = each.flat().reduce((sum, value) => sum + value, 0);
  const means = units(values, groups).map(mean);
  const [skippedBecause] = skipped;
  return {
    name,
    items: new Set([...values.keys(), ...passedOver.map(({ item }) => item)]).size,
    scored: each.flat().length,
    skipped: skipped.length,
    ...(skippedBecause !== undefined && { skippedBecause }),
    errors: scores.filter(({ error }) => error !== undefined).length,
    ...(decides && {
      passes,
      rate: wilson(
        means.reduce((sum, share) => sum + share, 0),
        means.length,
      ),
    }),
    ...(!decides && means.length > 0 && { mean: bootstrapMean(means, seededRandom(seed)) }),
    ...(change && { change }),
  };
}

/** Over the items that have that many trials. */
function passAt(pass: Series | undefined, trials: number): SuiteSummary["passAt"] {
  const items = [...(pass?.decides ? pass.values.values() : [])];
  return Array.from({ length: trials }, (_, index) => index + 1).flatMap((k) => {
    const enough = items.filter((values) => values.length >= k);
    if (enough.length === 0) return [];
    const counts = enough.map((values) => ({ n: values.length, c: values.reduce((sum, value) => sum + value, 0) }));
    return [
      {
        k,
        some: mean(counts.map(({ n, c }) => passAtK(n, c, k))),
        every: mean(counts.map(({ n, c }) => passHatK(n, c, k))),
      },
    ];
  });
}

function check({ evaluator = passName, min }: Gate, scores: readonly ScoreSummary[]): GateResult {
  const score = scores.find(({ name }) => name === evaluator);
  const estimate = score && score.scored > 0 ? (score.rate ?? score.mean) : undefined;
  const value = estimate?.value;
  const gate = `${evaluator} >= ${min}`;
  if (!score && scores.length > 1) {
    const names = scores.map(({ name }) => name).join(", ");
    return { gate, status: "failed", value, reason: `no score is named ${evaluator}; there are: ${names}`, min };
  }
  // A judge without a model skips all: nothing is known, which is neither held nor broken.
  if (value === undefined && score && score.skipped > 0)
    return { gate, status: "skipped", value, reason: "skipped", min };
  if (value === undefined) return { gate, status: "failed", value, reason: "nothing was scored", min };
  return { gate, status: value >= min - 1e-9 ? "held" : "failed", value, min };
}
