/** One trial: the target's answer within its time, and what each evaluator makes of it. */
import { setMaxListeners } from "node:events";
import type { Evaluation, Evaluator, Item, Problem, Result, Score, Trial } from "../contract.ts";
import { type DatasetItem, problem } from "../dataset/dataset.ts";
import type { Suite } from "../suite.ts";
import type { Target } from "../target/target.ts";

/** For a trial, and for each evaluator of it, where the suite does not say, in ms. */
const defaultTimeoutMs = 60_000;

/**
 * Runs the target on an item. Never throws for what the target does: that is the result's `error`.
 * @param stop aborted when the whole run is stopped; then it rejects, and nothing came of the trial
 */
export async function runTarget(
  suite: Suite,
  target: Target,
  item: DatasetItem,
  trial: number,
  stop: AbortSignal,
): Promise<Result> {
  const since = performance.now();
  const latencyMs = () => Math.round(performance.now() - since);
  let attempt: ReturnType<Target> | undefined;
  try {
    const result = await within(suite.timeout, stop, (signal) => {
      attempt = target({ item, trial, signal });
      return attempt.answer;
    });
    return { ...result, latencyMs: latencyMs() };
  } catch (error) {
    stop.throwIfAborted();
    if (!attempt) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { ...attempt.soFar(), latencyMs: latencyMs(), error: { error: name, message } };
  }
}

/**
 * Scores a result. An evaluator that throws or hangs is an error of its score, and of nothing else.
 * @param models "ask nobody" where no model may be called: what a judge would say is skipped
 */
export async function scoreResult(
  suite: Suite,
  item: DatasetItem,
  trial: number,
  result: Result,
  stop: AbortSignal,
  models: "ask" | "ask nobody" = "ask",
): Promise<Trial> {
  const evaluation = {
    item,
    result,
    trial,
    ...(models === "ask nobody" ? { keyless: true as const } : suite.model && { model: suite.model }),
  };
  const scores = await Promise.all(
    suite.evaluators.map((evaluator) => scoresOf(evaluator, evaluation, suite.timeout, stop)),
  );
  stop.throwIfAborted();
  const passed = verdictOf(result, scores.flat());
  return {
    suite: suite.name,
    item: item.id,
    item_hash: item.hash,
    ...(item.group !== undefined && { group: item.group }),
    trial,
    result,
    scores: scores.flat(),
    ...(passed !== undefined && { passed }),
  };
}

/** Whether a trial has passed; undefined where nothing decides. */
export function verdictOf(result: Result, scores: readonly Score[]): boolean | undefined {
  if (result.error || scores.some(({ passed, error }) => passed === false || error !== undefined)) return false;
  return scores.some(({ passed }) => passed === true) ? true : undefined;
}

async function scoresOf(
  evaluator: Evaluator,
  evaluation: Omit<Evaluation, "signal">,
  timeout: number | undefined,
  stop: AbortSignal,
): Promise<readonly Score[]> {
  const { name } = evaluator;
  const { item, result } = evaluation;
  if (result.error) return [{ name, value: 0, comment: "not scored: the run failed" }];
  const lacking = missingField(evaluator, item);
  if (lacking) return [{ name, value: 0, error: `the item has no ${lacking}` }];
  try {
    const given = await within(timeout, stop, async (signal) => evaluator.evaluate({ ...evaluation, signal }));
    const scores = [given].flat();
    for (const score of scores)
      if (!(score.value >= 0 && score.value <= 1)) throw new RangeError(`the value ${score.value} is not 0 to 1`);
    return scores;
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    return [{ name, value: 0, error: kind === "Error" ? message : `${kind}: ${message}` }];
  }
}

function missingField(evaluator: Evaluator, item: Item): "expected" | "trajectory" | undefined {
  if (evaluator.needsExpected && item.expected === undefined) return "expected";
  return evaluator.needsTrajectory && item.trajectory === undefined ? "trajectory" : undefined;
}

/** What the suite's evaluators want of its items and do not find. */
export function missingFields(suite: Suite, items: readonly DatasetItem[], file: string | undefined): Problem[] {
  return items.flatMap((item) =>
    suite.evaluators.flatMap((evaluator) => {
      const lacking = missingField(evaluator, item);
      const message = `has no "${lacking}", which ${evaluator.name} compares with (item ${item.id})`;
      return lacking ? [problem(message, file, item.line, item.id)] : [];
    }),
  );
}

/** Gives up after the time even on work that does not listen to its signal. */
async function within<Value>(
  limitMs = defaultTimeoutMs,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  stop.throwIfAborted();
  const limit = new AbortController();
  const signal = AbortSignal.any([stop, limit.signal]);
  setMaxListeners(0, signal);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  const timer = setTimeout(() => limit.abort(new TimeLimit(`no end after ${limitMs / 1000} s`)), limitMs);
  try {
    return await Promise.race([work(signal), ended]);
  } finally {
    clearTimeout(timer);
  }
}

class TimeLimit extends Error {
  override name = "timeout";
}
