/** What a trace says of a call of a model: what it was asked, what it replied, and what that took. */
import type { BaseMessage, UsageMetadata } from "@langchain/core/messages";
import type { LLMResult } from "@langchain/core/outputs";
import type { LangfuseGenerationAttributes } from "@langfuse/tracing";
import { linkedPrompt } from "./linked-prompts.ts";

/** The price of a call in US dollars; undefined where it is unknown. */
export type CostOf = (model: string, usage: UsageMetadata) => number | undefined;
type Text = (value: unknown) => string | undefined;
type Fields = Record<string, unknown>;

const parameterNames = [
  ...["temperature", "max_tokens", "max_completion_tokens", "top_p", "frequency_penalty", "presence_penalty"],
  ...["stop", "seed", "reasoning_effort", "tool_choice"],
];

/** @param extra what LangChain passes beside the messages: the call as the provider gets it */
export function asked(
  messages: readonly (BaseMessage | string)[],
  extra: Fields | undefined,
  metadata: Fields | undefined,
  text: Text,
): LangfuseGenerationAttributes {
  const call = (extra?.invocation_params ?? {}) as Fields;
  return {
    input: text(call.tools === undefined ? messages : { messages, tools: call.tools }),
    model: firstText(call.model, call.model_name, metadata?.ls_model_name),
    modelParameters: parametersOf(call),
    prompt: linkedPrompt(messages.map((message) => (typeof message === "string" ? message : message.text))),
    metadata: metadata?.ls_provider === undefined ? {} : { ls_provider: metadata.ls_provider },
  };
}

/** @param model the one that was asked for, where the reply does not name its own */
export function replied(
  { generations, llmOutput }: LLMResult,
  model: string | undefined,
  costOf: CostOf,
  text: Text,
): LangfuseGenerationAttributes {
  const last = generations.at(-1)?.at(-1);
  const message = last && "message" in last ? (last.message as BaseMessage) : undefined;
  const metadata = message?.response_metadata as Fields | undefined;
  const answered = firstText(metadata?.model_name, llmOutput?.model_name, model);
  const usage = (message as { usage_metadata?: UsageMetadata } | undefined)?.usage_metadata;
  const cost = usage && answered !== undefined ? costOf(answered, usage) : undefined;
  return {
    output: text(message ?? last?.text),
    ...(answered !== undefined && { model: answered }),
    ...(usage && { usageDetails: usageDetails(usage) }),
    // Langfuse would work out a cost by its own prices; it takes ours where there is one.
    ...(cost !== undefined && { costDetails: { total: cost } }),
  };
}

function parametersOf(call: Fields): Record<string, string | number> {
  const given = parameterNames.flatMap((name) => {
    const value = call[name];
    if (value === undefined || value === null) return [];
    return [[name, typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value)]];
  });
  return Object.fromEntries(given);
}

/** The kinds add up to the total: what was read from a cache counts as that, and not as input. */
function usageDetails(usage: UsageMetadata): Record<string, number> {
  const kinds = (prefix: string, details: object | undefined) =>
    Object.entries(details ?? {}).flatMap(([kind, tokens]) =>
      typeof tokens === "number" && tokens > 0 ? [[`${prefix}_${kind}`, tokens] as const] : [],
    );
  const input = kinds("input", usage.input_token_details);
  const output = kinds("output", usage.output_token_details);
  const rest = (total: number, parts: typeof input) =>
    Math.max(
      0,
      parts.reduce((left, [, tokens]) => left - tokens, total),
    );
  return {
    ...Object.fromEntries([...input, ...output]),
    input: rest(usage.input_tokens, input),
    output: rest(usage.output_tokens, output),
    total: usage.total_tokens,
  };
}

function firstText(...values: unknown[]): string | undefined {
  return values.find((value) => typeof value === "string" && value !== "") as string | undefined;
}
