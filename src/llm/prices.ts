/** What a model's calls cost: prices.json, and the file that MODEL_PRICES names on top of it. */
import { readFileSync } from "node:fs";
import type { UsageMetadata } from "@langchain/core/messages";
import { z } from "zod";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";

const price = z.number().min(0);
/** US dollars per million tokens; what is left out of the cache's prices costs as much as other input. */
const Price = z.strictObject({
  input: price,
  /** Read from the provider's cache. */
  cached_input: price.optional(),
  /** Written to it, where that has a price of its own. */
  cache_write: price.optional(),
  output: price,
});
/** By model. docs/monitoring.md says where those of prices.json are from. */
const Prices = z.record(z.string(), Price);
type Prices = z.infer<typeof Prices>;

let read: { readonly file: string | undefined; readonly prices: ReadonlyMap<string, Prices[string]> } | undefined;

/**
 * All prices, by model: read once, so that a wrong file stops the start.
 * @throws SignalboxError "invalid-configuration" if the file of MODEL_PRICES cannot be used
 */
export function readPrices(): ReadonlyMap<string, Prices[string]> {
  const file = currentConfig().modelPricesFile;
  if (!read || read.file !== file) {
    const prices = { ...builtIn(), ...(file && own(file)) };
    read = { file, prices: new Map(Object.entries(prices)) };
  }
  return read.prices;
}

/**
 * The cost of a call in US dollars; undefined for a model without a known price.
 * @param model as the provider names it in its reply: its date (`gpt-5-2025-08-07`) does not matter
 * @throws SignalboxError "invalid-configuration" if the file of MODEL_PRICES cannot be used
 */
export function costOf(model: string, usage: UsageMetadata): number | undefined {
  const known = readPrices();
  const undated = model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, "");
  const prices = known.get(model) ?? known.get(undated);
  if (!prices) return undefined;
  const { cache_read = 0, cache_creation = 0 } = usage.input_token_details ?? {};
  const input =
    (usage.input_tokens - cache_read - cache_creation) * prices.input +
    cache_read * (prices.cached_input ?? prices.input) +
    cache_creation * (prices.cache_write ?? prices.input);
  return (input + usage.output_tokens * prices.output) / 1_000_000;
}

function builtIn(): Prices {
  return Prices.parse(JSON.parse(readFileSync(new URL("prices.json", import.meta.url), "utf8")));
}

function own(file: string): Prices {
  try {
    return Prices.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    const shape = '{ "model": { "input": 1, "output": 2 } }, in dollars per million tokens';
    throw new SignalboxError("invalid-configuration", `MODEL_PRICES, ${file}: expected ${shape}. ${reason}`);
  }
}
