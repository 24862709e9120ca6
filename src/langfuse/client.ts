/** The client of Langfuse's API (prompts), loaded only where there are keys. */
import type { LangfuseClient } from "@langfuse/client";
import type { Config } from "../config.ts";

/** How long a call may take, in seconds, which is how the client counts. */
const callSeconds = 5;

let opened: { readonly under: Config["langfuse"]; readonly client: Promise<LangfuseClient> } | undefined;

/**
 * The client for the settings, one for all of this process; undefined without keys. Making it calls nothing.
 * Its `score.create` queues, and its `flush` rejects where Langfuse does not answer; a caller that must know whether a
 * score arrived uses `client.api` instead.
 */
export async function langfuseClient({ langfuse }: Pick<Config, "langfuse">): Promise<LangfuseClient | undefined> {
  if (!langfuse) return undefined;
  if (opened?.under !== langfuse) opened = { under: langfuse, client: open(langfuse) };
  return await opened.client;
}

async function open({ publicKey, secretKey, baseUrl }: NonNullable<Config["langfuse"]>): Promise<LangfuseClient> {
  const { LangfuseClient } = await import("@langfuse/client");
  return new LangfuseClient({ publicKey, secretKey, baseUrl, timeout: callSeconds });
}
