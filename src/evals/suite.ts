/** What a suite is: a dataset, what answers it, what judges the answers, and what must hold. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { Evaluator, Item, Result } from "./contract.ts";
import type { ItemInput } from "./dataset/dataset.ts";

/** What a function that is evaluated may tell of itself; a text alone is its `output`. */
export type FunctionResult = Partial<Omit<Result, "latencyMs" | "error" | "trace_id" | "run_id">>;

interface FunctionTarget<Input> {
  /** A method, whose parameters TypeScript compares both ways: one that takes its own items' inputs fits any suite. */
  answer(call: {
    readonly item: Item & { readonly input: Input };
    readonly input: Input;
    /** From 0. */
    readonly trial: number;
    /** Aborted when the item's time is up, or the run is stopped. */
    readonly signal: AbortSignal;
  }): Promise<string | FunctionResult> | string | FunctionResult;
}
export type TargetFunction<Input = unknown> = FunctionTarget<Input>["answer"];

export interface Gate {
  /** The score whose pass rate (or mean, where it only measures) must hold; left out: the suite's own pass rate. */
  readonly evaluator?: string;
  /** The least that holds, 0 to 1. */
  readonly min: number;
}

/** `Input` is the type of the inputs of items that are given in code; what a file has is not known. */
export interface EvalDefinition<Input = unknown> {
  /** Left out: the name of its file, without `.eval.ts`. */
  readonly name?: string;
  /** A path (relative to the suite's file) or URL of a .jsonl, .csv or .yaml file, or the items themselves. */
  readonly dataset: string | URL | readonly (ItemInput & { readonly input: Input })[];
  /** A graph of langgraph.json by its id, or a function. */
  readonly target: string | TargetFunction<Input>;
  readonly evaluators: readonly Evaluator[];
  /** How often each item is tried; 1 unless given. A deterministic target is tried once. */
  readonly trials?: number;
  readonly gates?: readonly Gate[];
  /** For one trial of an item, and for each evaluator of it, in ms; 60,000 unless given. */
  readonly timeout?: number;
  /** The graph's context for all items. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Supersteps that a run may take. */
  readonly recursionLimit?: number;
  /**
   * A path, relative to the suite's file, of a cassette that answers for the graph's model, whatever model the other
   * suites of a run have.
   */
  readonly cassette?: string;
  /** Handed to the evaluators that ask a model. */
  readonly model?: BaseChatModel;
}

const mark = Symbol.for("signalbox.eval");

export interface Eval extends EvalDefinition {
  readonly [mark]: true;
}

/**
 * Defines a suite; to be exported from a file `evals/suites/NAME.eval.ts`, by any name.
 *
 *     export const arithmetic = defineEval({
 *       dataset: "../datasets/arithmetic.jsonl",
 *       target: "react",
 *       evaluators: [numeric()],
 *       gates: [{ evaluator: "numeric", min: 0.9 }],
 *     });
 * @throws RangeError for numbers that make no sense, TypeError for two evaluators of one name
 */
export function defineEval<Input>(definition: EvalDefinition<Input>): Eval {
  const { trials = 1, timeout = 1, gates = [], evaluators } = definition;
  if (!Number.isInteger(trials) || trials < 1 || trials > 1000) throw new RangeError("trials: 1 to 1000");
  if (!(timeout > 0)) throw new RangeError("timeout: more than 0 ms");
  for (const { min } of gates) if (!(min >= 0 && min <= 1)) throw new RangeError(`gates: min is ${min}, not 0 to 1`);
  const names = evaluators.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`evaluators: two are named ${JSON.stringify(twice)}`);
  return Object.freeze({ ...definition, [mark]: true as const });
}

/** True for what defineEval made, whichever copy of this file it was imported from. */
export function isEval(value: unknown): value is Eval {
  return typeof value === "object" && value !== null && mark in value;
}

/** A suite under its name, with its paths resolved. */
export interface Suite extends EvalDefinition {
  readonly name: string;
  readonly dataset: string | readonly ItemInput[];
}

/** @param folder what relative paths are relative to */
export function namedSuite(definition: Eval, name: string, folder: string): Suite {
  const { dataset, cassette } = definition;
  const path = dataset instanceof URL ? fileURLToPath(dataset) : dataset;
  return {
    ...definition,
    name: definition.name ?? name,
    dataset: typeof path === "string" ? resolve(folder, path) : path,
    ...(cassette !== undefined && { cassette: resolve(folder, cassette) }),
  };
}

/** The name under which a suite's cassette stands in for a model. */
export const cassetteModel = ({ name }: Suite) => `cassette:${name}`;
