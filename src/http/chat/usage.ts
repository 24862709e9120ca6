/** Token counts of a run's messages, in OpenAI's form. */

/** LangChain's usage_metadata of one message. */
export interface MessageUsage {
  input_tokens: number;
  output_tokens: number;
  input_token_details?: { cache_read?: number };
  output_token_details?: { reasoning?: number };
}

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens: number };
  completion_tokens_details?: { reasoning_tokens: number };
}

/** The usage_metadata of a message, where its model reported it. */
export function usageOf(message: { usage_metadata?: unknown }): MessageUsage | undefined {
  const usage = message.usage_metadata;
  if (typeof usage !== "object" || usage === null) return undefined;
  if (!("input_tokens" in usage) || typeof usage.input_tokens !== "number") return undefined;
  if (!("output_tokens" in usage) || typeof usage.output_tokens !== "number") return undefined;
  return usage as MessageUsage;
}

/** The sum; undefined, not zero, where no message reported its usage. Details are left out where none has them. */
export function sumUsage(usages: readonly MessageUsage[]): CompletionUsage | undefined {
  if (usages.length === 0) return undefined;
  const total = (count: (usage: MessageUsage) => number | undefined): number | undefined => {
    const known = usages.map(count).filter((value) => value !== undefined);
    return known.length > 0 ? known.reduce((sum, value) => sum + value) : undefined;
  };
  const prompt_tokens = total((usage) => usage.input_tokens) ?? 0;
  const completion_tokens = total((usage) => usage.output_tokens) ?? 0;
  const cached_tokens = total((usage) => usage.input_token_details?.cache_read);
  const reasoning_tokens = total((usage) => usage.output_token_details?.reasoning);
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached_tokens !== undefined && { prompt_tokens_details: { cached_tokens } }),
    ...(reasoning_tokens !== undefined && { completion_tokens_details: { reasoning_tokens } }),
  };
}
