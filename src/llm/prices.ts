/** What a model's calls cost: prices.json, and the file that MODEL_PRICES names on top of it. */
import { readFileSync } from "node:fs";
import type { UsageMetadata } from "@langchain/core/messages";
import { z } from "zod";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";

const price = z.number().min(0);
/** Model -> US dollars per million tokens. */
const Prices = z.record(z.string(), z.strictObject({ input: price, cached_input: price.optional(), output: price }));
type Prices = z.infer<typeof Prices>;

let known: { readonly file: string | undefined; readonly prices: Prices } | undefined;

/**
 * The cost of a call in US dollars; undefined for a model without a known price.
 * @param model as the provider names it in its reply: its date (`gpt-5-2025-08-07`) does not matter
 * @throws SignalboxError "invalid-configuration" if the file of MODEL_PRICES cannot be used
 */
export function costOf(model: string, usage: UsageMetadata): number | undefined {
  const file = currentConfig().modelPricesFile;
  if (!known || known.file !== file) known = { file, prices: { ...builtIn(), ...(file && own(file)) } };
  const name = [model, model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, "")].find((each) =>
    Object.hasOwn(known?.prices ?? {}, each),
  );
  const prices = known.prices[name ?? ""];
  if (!prices) return undefined;
  const cached = usage.input_token_details?.cache_read ?? 0;
  const input = (usage.input_tokens - cached) * prices.input + cached * (prices.cached_input ?? prices.input);
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
