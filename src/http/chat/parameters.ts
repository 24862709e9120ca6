/**
 * A client's parameters beside messages and model: honoured or refused, never ignored. A parameter goes into the run's
 * `context` where the graph's context schema has a property of its name. Where it has none, only a value that asks
 * for nothing (a penalty of 0, no stop words) is let through.
 */
import { z } from "zod";
import type { Engine, JsonObject } from "../../engine/contract.ts";
import { badParameter } from "./errors.ts";

interface ParameterRule {
  readonly schema: z.ZodType;
  /** True for a value that changes nothing. */
  readonly asksNothing?: (value: unknown) => boolean;
  /** Never part of a context: what it asks for would have to show in the answer. */
  readonly ours?: true;
}

const is =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;
const isText = (value: unknown): boolean => JSON.stringify(value) === '["text"]';
const isTextFormat = (value: unknown): boolean => JSON.stringify(value) === '{"type":"text"}';

const object = z.record(z.string(), z.unknown());
const penalty: ParameterRule = { schema: z.number().min(-2).max(2), asksNothing: is(0) };
const tokens: ParameterRule = { schema: z.int().min(1) };
const anything: ParameterRule = { schema: z.unknown() };
const clientTools: ParameterRule = { schema: z.array(object), asksNothing: isEmpty, ours: true };
const toolChoice: ParameterRule = { schema: z.union([z.string(), object]), asksNothing: is("none"), ours: true };

/** Every parameter of OpenAI's API that chat/request.ts does not read itself. */
const rules: Readonly<Record<string, ParameterRule>> = {
  temperature: { schema: z.number().min(0).max(2) },
  top_p: { schema: z.number().min(0).max(1), asksNothing: is(1) },
  max_tokens: tokens,
  max_completion_tokens: tokens,
  frequency_penalty: penalty,
  presence_penalty: penalty,
  seed: { schema: z.int() },
  stop: { schema: z.union([z.string(), z.array(z.string()).max(4)]), asksNothing: isEmpty },
  logit_bias: { schema: z.record(z.string(), z.number()), asksNothing: isEmpty },
  response_format: { schema: object, asksNothing: isTextFormat },
  modalities: { schema: z.array(z.string()), asksNothing: isText },
  reasoning_effort: { schema: z.string() },
  verbosity: { schema: z.string() },
  audio: anything,
  prediction: anything,
  moderation: anything,
  web_search_options: anything,
  prompt_cache_key: anything,
  prompt_cache_options: anything,
  prompt_cache_retention: anything,
  service_tier: { schema: z.string(), asksNothing: is("auto", "default") },
  store: { schema: z.boolean(), asksNothing: is(false) },
  parallel_tool_calls: { schema: z.boolean(), asksNothing: is(true) },
  n: { schema: z.int(), asksNothing: is(1), ours: true },
  logprobs: { schema: z.boolean(), asksNothing: is(false), ours: true },
  top_logprobs: { schema: z.int(), asksNothing: is(0), ours: true },
  tools: clientTools,
  functions: clientTools,
  tool_choice: toolChoice,
  function_call: toolChoice,
};

/** The parameters' part of the body's schema; null is as absent. */
export const parameterSchemas: Readonly<Record<string, z.ZodType>> = Object.fromEntries(
  Object.entries(rules).map(([name, { schema }]) => [name, schema.nullish()]),
);

/**
 * The run's context from the body's parameters.
 * @throws ChatError naming a parameter that this assistant's graph cannot honour
 */
export async function contextOf(
  engine: Engine,
  owner: string,
  assistant: { assistant_id: string; graph_id: string },
  body: Readonly<Record<string, unknown>>,
): Promise<JsonObject | undefined> {
  const given = Object.entries(rules).filter(([name]) => body[name] != null);
  if (given.length === 0) return undefined;
  const offered = contextProperties(await engine.assistants.schemas(owner, assistant.assistant_id));
  const context: JsonObject = {};
  for (const [name, rule] of given) {
    if (offered.has(name) && !rule.ours) context[name] = body[name];
    else if (!rule.asksNothing?.(body[name])) throw unsupported(name, rule, assistant.graph_id, offered);
  }
  return context;
}

function contextProperties(schemas: JsonObject): ReadonlySet<string> {
  const { context_schema: schema } = schemas;
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return new Set();
  return new Set(Object.keys(schema.properties ?? {}));
}

function unsupported(name: string, rule: ParameterRule, graphId: string, offered: ReadonlySet<string>): Error {
  if (rule.ours) {
    return badParameter(
      name,
      "unsupported_parameter",
      `${name}: this endpoint serves graphs, which have tools of their own and give one answer; leave it out`,
    );
  }
  const known = Object.keys(rules).filter((other) => offered.has(other) && !rules[other]?.ours);
  const advice = known.length > 0 ? `it takes ${known.join(", ")}` : "it takes no parameters";
  return badParameter(name, "unsupported_parameter", `${name}: the graph "${graphId}" cannot honour it; ${advice}`);
}
