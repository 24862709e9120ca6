/** Prompts that are kept in Langfuse: fetched by name and label, used for a while, and looked up again in the background. */
import type { LangfuseClient } from "@langfuse/client";
import type { Config } from "../config.ts";
import { langfuseClient } from "./client.ts";
import { linkText } from "./linked-prompts.ts";

interface Kept {
  /** Undefined where Langfuse has no such prompt, or never answered. */
  text: string | undefined;
  checkedAt: number;
  loading: Promise<void> | undefined;
}

/** How long a prompt is used without a look whether there is a newer one, in ms. */
const freshMs = 60_000;
/** How long the first run may wait for a prompt, in ms; the fetch itself may take longer. */
const firstWaitMs = 1_000;
const fetchSeconds = 5;

/** Clients choose labels, so what is kept must be bounded. */
const mostKept = 200;

let cache: { readonly under: Config["langfuse"]; readonly kept: Map<string, Kept> } | undefined;

/**
 * The text of a prompt, or `fallback` where Langfuse has none of this name and label, or does not answer: a dead
 * Langfuse costs the first call a second at most, and the others nothing.
 */
export async function promptText(
  config: Pick<Config, "langfuse">,
  prompt: { name: string; label: string; fallback: string },
): Promise<string> {
  // Loading the client's code takes time of its own, once; it is no part of what a prompt is waited for. A client that
  // cannot be made is as one that does not answer.
  const client = await langfuseClient(config).catch(() => undefined);
  if (!client) return prompt.fallback;
  const kept = find(config, JSON.stringify([prompt.name, prompt.label]));
  const isFirst = kept.checkedAt === Number.NEGATIVE_INFINITY;
  if (performance.now() - kept.checkedAt > freshMs) kept.loading ??= load(client, prompt, kept);
  const { loading } = kept;
  if (isFirst && loading !== undefined) await withinTime(loading);
  return kept.text ?? prompt.fallback;
}

function find({ langfuse }: Pick<Config, "langfuse">, key: string): Kept {
  if (!cache || cache.under !== langfuse) cache = { under: langfuse, kept: new Map() };
  const { kept } = cache;
  const found = kept.get(key) ?? { text: undefined, checkedAt: Number.NEGATIVE_INFINITY, loading: undefined };
  kept.set(key, found);
  const oldest = kept.size > mostKept ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  return found;
}

async function load(
  client: LangfuseClient,
  { name, label }: { name: string; label: string },
  kept: Kept,
): Promise<void> {
  try {
    const options = { timeoutInSeconds: fetchSeconds, maxRetries: 0 };
    const found = await client.api.prompts.get(name, { label }, options);
    if (found.type !== "text") return;
    kept.text = found.prompt;
    linkText(found.prompt, found);
  } catch {
    // What there was stays in use. Langfuse's being away is in the log already, by its traces.
  } finally {
    kept.checkedAt = performance.now();
    kept.loading = undefined;
  }
}

async function withinTime(work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(resolve, firstWaitMs);
  await Promise.race([work, promise]);
  clearTimeout(late);
}
