/** Takes evaluators of the openevals package, and others of their shape, as they are. */
import type { Evaluation, Evaluator, Message, Score } from "../contract.ts";
import { expectedOf } from "./comparison.ts";

interface OpenevalsResult {
  readonly key: string;
  readonly score: number | boolean;
  readonly comment?: string;
}

interface OpenevalsParams {
  inputs?: unknown;
  outputs: unknown;
  referenceOutputs?: unknown;
  [other: string]: unknown;
}

/**
 * What openevals makes. Each evaluator there names its own params, of which inputs, outputs and referenceOutputs are
 * common; a method's params are checked both ways, so that all of them fit.
 */
interface Openevals {
  evaluate(params: OpenevalsParams): Promise<unknown> | unknown;
}

interface AdapterOptions {
  /** What it is given as `outputs`: the final text unless given. Trajectory evaluators take `openAiMessages`. */
  readonly outputs?: (evaluation: Evaluation) => unknown;
  /** What it is given as `referenceOutputs`: the item's `expected` unless given. */
  readonly expected?: (item: Evaluation["item"]) => unknown;
  /** False for one that needs no reference, such as a judge of conciseness. */
  readonly needsExpected?: boolean;
  /** The value from which on it passes; 1 unless given. */
  readonly min?: number;
}

/**
 * @param evaluator a function of openevals, such as `exactMatch` or what `createLLMAsJudge` gives
 * @param name the score's name; where the evaluator gives several, each is `name:key`
 * @example fromOpenevals(createTrajectoryMatchEvaluator({ trajectoryMatchMode: "superset" }), "tools", {
 *   outputs: ({ result }) => openAiMessages(result.messages),
 *   expected: (item) => item.metadata.conversation,
 * })
 */
export function fromOpenevals(evaluator: Openevals["evaluate"], name: string, options: AdapterOptions = {}): Evaluator {
  const { outputs = ({ result }: Evaluation) => result.output, needsExpected = true, min = 1 } = options;
  return {
    name,
    needsExpected: needsExpected && options.expected === undefined,
    async evaluate(evaluation) {
      const { item } = evaluation;
      const referenceOutputs = needsExpected ? expectedOf(options, item, name) : item.expected;
      const given = await evaluator({ inputs: item.input, outputs: outputs(evaluation), referenceOutputs });
      const results = Array.isArray(given) ? given : [given];
      return results.map((result) => scoreOf(result, results.length > 1, name, min));
    },
  };
}

function scoreOf(result: unknown, isOneOfSeveral: boolean, name: string, min: number): Score {
  if (!isOpenevalsResult(result)) throw new TypeError(`${name}: the evaluator gave no { key, score }.`);
  const value = Math.min(1, Math.max(0, Number(result.score)));
  return {
    name: isOneOfSeveral ? `${name}:${result.key}` : name,
    value,
    passed: value >= min,
    ...(result.comment && { comment: result.comment }),
  };
}

function isOpenevalsResult(value: unknown): value is OpenevalsResult {
  if (typeof value !== "object" || value === null || !("score" in value) || !("key" in value)) return false;
  return (typeof value.score === "number" && !Number.isNaN(value.score)) || typeof value.score === "boolean";
}

const roles: Readonly<Record<string, string>> = { human: "user", ai: "assistant" };

/** The messages of a result in OpenAI's form, which openevals reads: roles, and calls with arguments as JSON text. */
export function openAiMessages(messages: readonly Message[]): Record<string, unknown>[] {
  return messages.map(({ type, content, tool_calls: calls, tool_call_id }) => ({
    role: roles[type] ?? type,
    content,
    ...(Array.isArray(calls) && calls.length > 0 && { tool_calls: calls.map(openAiCall) }),
    ...(tool_call_id !== undefined && { tool_call_id }),
  }));
}

function openAiCall({ id, name, args }: { id?: string; name: string; args: unknown }): Record<string, unknown> {
  return { id, type: "function", function: { name, arguments: JSON.stringify(args) } };
}
