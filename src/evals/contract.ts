/** What suites, targets, evaluators and reports say to each other: plain data, as it is also stored in a run's files. */
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";

/** One task of a dataset, with what is known of its correct result. */
export interface Item {
  /** Unique in its dataset. */
  readonly id: string;
  /** What the target gets: a text is one human message; an object is the graph's input as it is. */
  readonly input: unknown;
  readonly expected?: unknown;
  /** The expected way there: calls of tools or names of nodes, for the evaluators that compare it. */
  readonly trajectory?: unknown;
  readonly tags: readonly string[];
  /** Items that are variants of one another have the same: they pass and fail together, and count as one. */
  readonly group?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Inputs that the same user sends first, each on a thread of its own: what a memory has to keep. */
  readonly before?: readonly unknown[];
  /** Answers to the interrupts that the run stops at, in order. With none left, the run stays paused. */
  readonly resume?: readonly unknown[];
  /** The graph's context for this item, over that of the suite. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface ToolCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** What the tool gave, as the model read it. */
  readonly result?: string;
  /** Why it gave nothing: what it threw, or why it was not called. */
  readonly error?: string;
}

/** A message as the Platform API writes it: `type` is human, ai, system or tool. */
export interface Message {
  readonly type: string;
  readonly content: unknown;
  readonly [field: string]: unknown;
}

/** What one trial of one item came to. All of it is JSON. */
export interface Result {
  /** The text of the last AI message, or what a function returned as text. */
  readonly output: string;
  readonly messages: readonly Message[];
  /** The final state. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The nodes in the order in which they began; one of a subgraph is `outer:inner`. */
  readonly nodes: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** The values of the interrupts that were raised, answered or not. */
  readonly interrupts: readonly unknown[];
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  /** US dollars; undefined where the price of a model is not known. */
  readonly cost?: number | undefined;
  readonly latencyMs: number;
  /** From the start to the first token that a reader of the stream would see. */
  readonly firstTokenMs?: number | undefined;
  /** Why the target came to no end. Such a trial is failed, whatever its evaluators would say. */
  readonly error?: { readonly error: string; readonly message: string } | undefined;
  /** "" where nothing was traced. */
  readonly trace_id: string;
  /** Where the trace can be read, if it was sent to Langfuse. */
  readonly trace_url?: string;
  readonly run_id: string;
}

export interface Score {
  readonly name: string;
  /** 0 to 1; more is better. */
  readonly value: number;
  /** Left out by a score that only measures. */
  readonly passed?: boolean;
  /** Why nothing was scored: such a score counts neither as passed nor as failed. `value` is then 0. */
  readonly skipped?: string;
  /** Why it could not be scored; counts as failed. Written by the engine for an evaluator that throws or hangs. */
  readonly error?: string;
  readonly comment?: string;
  /** US dollars that making the score took (a judge's model); undefined: nothing, or not known. */
  readonly cost?: number;
  /** Which judge gave it, where a model did: another time it may judge the same answer otherwise. */
  readonly judge?: string;
}

export interface Evaluation {
  readonly item: Item;
  readonly result: Result;
  /** From 0. */
  readonly trial: number;
  /** Aborted when the evaluator's time is up. */
  readonly signal: AbortSignal;
  /** For evaluators that ask one, where the suite names it. */
  readonly model?: BaseChatModel;
  /** True where no model may be asked (`eval rescore`): what one would have to say is to be skipped. */
  readonly keyless?: true;
}

export interface Evaluator {
  /** Unique in its suite; scores without an evaluator's own name have this one. */
  readonly name: string;
  /** True where an item without `expected` is a mistake in the dataset, which is then named with file and line. */
  readonly needsExpected?: boolean;
  /** The same for `trajectory`. */
  readonly needsTrajectory?: boolean;
  evaluate(evaluation: Evaluation): Promise<Score | readonly Score[]> | Score | readonly Score[];
}

/** One line of a run's results.jsonl. */
export interface Trial {
  readonly suite: string;
  readonly item: string;
  /** Of the item's content: two trials of the same task have the same. */
  readonly item_hash: string;
  /** The item's. */
  readonly group?: string;
  /** From 0. */
  readonly trial: number;
  readonly result: Result;
  readonly scores: readonly Score[];
  /** True where no score says failed; undefined where none decides: all are skipped, or only measure. */
  readonly passed?: boolean;
}

/** A share or a mean with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Verdict = "improved" | "regression" | "stable" | "flaky" | "insufficient data";

/** A score now against the same score before, over the items that both runs have. */
export interface Change {
  readonly verdict: Verdict;
  /** Mean of now minus mean of before, per item, with its interval. */
  readonly difference: Estimate;
  /** A group counts as one. */
  readonly items: number;
  /** Two-sided, of this score alone; undefined where no chance is involved. */
  readonly p?: number;
  /** The same with regard to all that the run compares (Holm): what the verdict goes by. */
  readonly adjustedP?: number;
  /** Share of the items that differ between their trials, or between the two runs. */
  readonly unsettled: number;
  /** Items that failed before and pass now, and the other way. */
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

export interface ScoreSummary {
  /** The score's name; "pass" for the trial as a whole. */
  readonly name: string;
  /** Items that were scored, or should have been. */
  readonly items: number;
  /** Trials with this score; those that are skipped are not among them. */
  readonly scored: number;
  readonly skipped: number;
  /** The reason of the first skipped one. */
  readonly skippedBecause?: string;
  /** Trials whose evaluator threw or hung. */
  readonly errors: number;
  /** Trials that passed; undefined for a score that only measures. */
  readonly passes?: number;
  /** Share of passes, with the Wilson interval over the items, of which a group counts as one. */
  readonly rate?: Estimate;
  /** Mean value, with the bootstrap interval over the same. */
  readonly mean?: Estimate;
  readonly change?: Change;
}

export interface GateResult {
  /** Such as "exact >= 0.9". */
  readonly gate: string;
  readonly status: "held" | "failed" | "skipped";
  readonly value: number | undefined;
  /** Why it has no value. */
  readonly reason?: string;
  readonly min: number;
}

/** What goes wrong beside the target's answers: named with file and line where it has one. */
export interface Problem {
  readonly kind: "dataset" | "evaluator" | "target" | "suite" | "baseline";
  readonly message: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly item?: string;
}

export interface SuiteSummary {
  readonly suite: string;
  readonly dataset: { readonly name: string; readonly hash: string; readonly items: number };
  /** Per item; 1 for a deterministic target, however many were asked for. */
  readonly trials: number;
  readonly deterministic: boolean;
  /** True where a function is evaluated, which has no model of the run's. */
  readonly isFunction?: true;
  /** "pass" first, then each score by name. */
  readonly scores: readonly ScoreSummary[];
  /** Chance that at least one (pass@k), or each (pass^k), of k trials passes, for k from 1 to `trials`. */
  readonly passAt: readonly { readonly k: number; readonly some: number; readonly every: number }[];
  readonly gates: readonly GateResult[];
  /** Trials whose run failed; they count as failed too. */
  readonly errors: number;
  /** Trials that should have run and did not (Ctrl-C, the budget). */
  readonly missing: number;
  readonly cost: number | undefined;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
  readonly problems: readonly Problem[];
  /** What the scores are compared with, and what is odd about it. */
  readonly baseline?: { readonly run: string; readonly notes: readonly string[] };
}

/** A run's run.json. */
export interface RunRecord {
  /** The name of its folder: time and commit. */
  readonly run: string;
  readonly started_at: string;
  /** Undefined while it runs, or where it was cut off. */
  readonly ended_at?: string;
  /** complete: all trials are there. partial: cut off, over budget, or only a part was asked for. */
  readonly status: "complete" | "partial";
  readonly model: string;
  readonly commit: string;
  /** True where the code had changes that are in no commit. */
  readonly dirty: boolean;
  /** The run whose stored results were scored again for this one. */
  readonly rescored?: string;
  /** As given on the command line. */
  readonly settings: {
    readonly suites: readonly string[];
    readonly trials?: number;
    readonly concurrency: number;
    readonly filter?: string;
    readonly failed?: boolean;
    readonly max_cost?: number;
  };
  /** Of the bootstrap and the randomisation test. */
  readonly seed: number;
  readonly exit_code?: number;
  readonly suites: readonly SuiteSummary[];
}

/** All that a report is made of. */
export interface Report {
  readonly run: RunRecord;
  readonly trials: readonly Trial[];
  /** suite -> its items, as they are in the dataset now. */
  readonly items: ReadonlyMap<string, readonly Item[]>;
  /** Earlier runs, oldest first. */
  readonly history: readonly RunRecord[];
}
