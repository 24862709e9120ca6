/** Runs as the eval engine stores them, made up for the reports: what went wrong in them is known. */
import type {
  Change,
  Estimate,
  Item,
  Report,
  Result,
  RunRecord,
  Score,
  ScoreSummary,
  SuiteSummary,
  Trial,
} from "../../../src/evals/contract.ts";
import { bootstrapMean } from "../../../src/evals/statistics/bootstrap.ts";
import { seededRandom } from "../../../src/evals/statistics/random.ts";
import { wilson } from "../../../src/evals/statistics/wilson.ts";

export function item(id: string, fields: Partial<Item> = {}): Item {
  return { id, input: `Task ${id}`, tags: [], metadata: {}, ...fields };
}

export function result(fields: Partial<Result> = {}): Result {
  return {
    output: "42",
    messages: [],
    values: {},
    nodes: [],
    toolCalls: [],
    interrupts: [],
    usage: { input_tokens: 100, output_tokens: 20 },
    latencyMs: 120,
    trace_id: "",
    run_id: "",
    ...fields,
  };
}

export function trial(
  itemId: string,
  scores: readonly Score[],
  fields: Partial<Trial> & { result?: Result } = {},
): Trial {
  const failed = fields.result?.error !== undefined || scores.some(({ passed, error }) => passed === false || error);
  const isDecided = failed || scores.some(({ passed }) => passed !== undefined);
  return {
    suite: "math",
    item: itemId,
    item_hash: "",
    trial: 0,
    result: result(),
    scores,
    ...(isDecided && { passed: !failed }),
    ...fields,
  };
}

export const pass = (name: string, value = 1): Score => ({ name, value, passed: true });
export const miss = (name: string, comment: string, value = 0): Score => ({ name, value, passed: false, comment });

/** The summary of a score over trials, as far as the reports look at it. */
function summaryOf(name: string, trials: readonly Trial[], fields: Partial<ScoreSummary> = {}): ScoreSummary {
  const scores = trials.flatMap((each) => each.scores.filter((score) => score.name === name));
  const given = scores.filter(({ skipped }) => skipped === undefined);
  const passes = name === "pass" ? trials.filter(({ passed }) => passed).length : given.filter((s) => s.passed).length;
  const scored = name === "pass" ? trials.filter(({ passed }) => passed !== undefined).length : given.length;
  const skipped = scores.filter((score) => score.skipped !== undefined);
  return {
    name,
    items: trials.length,
    scored,
    skipped: skipped.length,
    ...(skipped[0] && { skippedBecause: skipped[0].skipped }),
    errors: given.filter(({ error }) => error !== undefined).length,
    passes,
    rate: wilson(passes, scored),
    ...(name !== "pass" && {
      mean: bootstrapMean(
        given.map(({ value }) => value),
        seededRandom(1),
        200,
      ),
    }),
    ...fields,
  };
}

export function suiteOf(suite: string, trials: readonly Trial[], fields: Partial<SuiteSummary> = {}): SuiteSummary {
  const own = trials.filter((each) => each.suite === suite);
  const names = ["pass", ...new Set(own.flatMap(({ scores }) => scores.map(({ name }) => name)))];
  return {
    suite,
    dataset: { name: `${suite}.jsonl`, hash: "0123456789abcdef", items: new Set(own.map((each) => each.item)).size },
    trials: 1,
    deterministic: false,
    scores: names.map((name) => summaryOf(name, own)),
    passAt: [],
    gates: [],
    errors: own.filter((each) => each.result.error).length,
    missing: 0,
    cost: 0,
    usage: { input_tokens: 100 * own.length, output_tokens: 20 * own.length },
    problems: [],
    ...fields,
  };
}

export function runOf(suites: readonly SuiteSummary[], fields: Partial<RunRecord> = {}): RunRecord {
  return {
    run: "2026-11-22T10-00-00-abc1234",
    started_at: "2026-11-22T10:00:00.000Z",
    ended_at: "2026-11-22T10:01:00.000Z",
    status: "complete",
    model: "openai:gpt-5.4-mini",
    commit: "abc1234",
    dirty: false,
    settings: { suites: suites.map(({ suite }) => suite), concurrency: 4 },
    seed: 1,
    exit_code: 0,
    suites,
    ...fields,
  };
}

export function reportOf(trials: readonly Trial[], fields: Partial<Report> = {}): Report {
  const suites = [...new Set(trials.map(({ suite }) => suite))].map((suite) => suiteOf(suite, trials));
  return { run: runOf(suites), trials, items: new Map(), history: [], ...fields };
}

export function changeOf(verdict: Change["verdict"], value: number, lost: readonly string[] = []): Change {
  const difference: Estimate = { value, low: value - 0.1, high: value + 0.1 };
  return { verdict, difference, items: 20, p: 0.004, adjustedP: 0.004, unsettled: 0, gained: [], lost };
}
