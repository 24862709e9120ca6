/** `signalbox eval compare A B`: what has changed from run A to run B, item by item. */
import type { Change, RunRecord, Trial } from "../contract.ts";
import { exitCodes } from "../run/exit-code.ts";
import { readRun } from "../run/run-folder.ts";
import type { EvalFolders } from "../run/run-suites.ts";
import { seededRandom } from "../statistics/random.ts";
import { baselineOf, comparable } from "../summary/baseline.ts";
import { compareSeries, settle } from "../summary/compare.ts";
import { seriesOf } from "../summary/series.ts";
import type { Outcome } from "./outcome.ts";

interface SuiteComparison {
  readonly suite: string;
  readonly changes: ReadonlyMap<string, Change>;
  readonly notes: readonly string[];
}

type Run = { readonly record: RunRecord; readonly trials: readonly Trial[] };

/** @throws SignalboxError "invalid-request" for a run that is not there */
export async function compareCommand(folders: EvalFolders, before: string, now: string): Promise<Outcome> {
  const [old, current] = [await readRun(folders.runs, before), await readRun(folders.runs, now)];
  const names = current.record.suites.map(({ suite }) => suite);
  const alone = names.map((name) => compareSuite(name, old, current));
  const settled = settle(alone.map(({ changes }) => changes));
  const suites = alone.map((suite, index) => ({ ...suite, changes: settled[index] ?? suite.changes }));
  const changes = settled.flatMap((suite) => [...suite.values()]);
  const worse = changes.some(({ verdict }) => verdict === "regression");
  const heading = `From ${old.record.run} (${old.record.model}) to ${current.record.run} (${current.record.model})`;
  return {
    text: [heading, ...suites.flatMap(describe)].join("\n"),
    json: {
      before: old.record.run,
      now: current.record.run,
      suites: suites.map((suite) => ({ ...suite, changes: Object.fromEntries(suite.changes) })),
    },
    exitCode: worse ? exitCodes.regression : exitCodes.ok,
  };
}

function compareSuite(suite: string, old: Run, current: Run): SuiteComparison {
  const of = ({ trials }: Run) => trials.filter((trial) => trial.suite === suite);
  const [then, now] = [old, current].map(({ record }) => record.suites.find((each) => each.suite === suite));
  if (!then || !now) return { suite, changes: new Map(), notes: [`run ${old.record.run} has no such suite`] };
  // Two models may be compared by somebody who asks for it; their answers are just not those of one model.
  const model = current.record.model;
  const baseline = { ...baselineOf(old.record, then, of(old)), model };
  const items = new Map(of(current).map(({ item, item_hash }) => [item, item_hash]));
  const { before, notes } = comparable(baseline, { model, hash: now.dataset.hash, items });
  const deterministic = then.deterministic && now.deterministic && old.record.model === model;
  const random = seededRandom(current.record.seed);
  const changes = compareSeries({ before, now: seriesOf(of(current)), deterministic, random });
  return { suite, changes, notes };
}

function describe({ suite, changes, notes }: SuiteComparison): string[] {
  const lines = [...changes].map(([name, { verdict, difference, items, adjustedP: p, gained, lost }]) => {
    const interval = `[${signed(difference.low)}, ${signed(difference.high)}]`;
    const flipped = [...gained.map((item) => `+${item}`), ...lost.map((item) => `-${item}`)].join(" ");
    const chance = p === undefined ? "deterministic" : `p ${p.toFixed(3)}`;
    const figures = `${signed(difference.value)} ${interval}, ${chance}, ${items} items`;
    return `  ${name.padEnd(20)} ${verdict.padEnd(17)} ${figures}${flipped && `: ${flipped}`}`;
  });
  return ["", suite, ...lines, ...notes.map((note) => `  ${note}`)];
}

function signed(share: number): string {
  return `${share < 0 ? "-" : "+"}${Math.abs(share).toFixed(3)}`;
}
