/**
 * Calls of Langfuse's REST API for datasets and experiments, bounded in time, bytes and attempts. Not those of Langfuse's
 * client: its timers outlive a call that failed, its pauses cannot be ended, and a command has to end when its work does.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { LangfuseSettings } from "../config/langfuse.ts";
import { isSignalboxError, SignalboxError } from "../errors.ts";
import { guardedFetch } from "../net/guarded-fetch.ts";

export interface Answer {
  /** 2xx, or 4xx where Langfuse says no to this very request. */
  readonly status: number;
  readonly body: unknown;
}

export interface CallOptions {
  /** Ends it, and all pauses between its attempts. */
  readonly signal?: AbortSignal | undefined;
  /** How often it is tried where Langfuse does not answer, or has no time; 3 unless given. */
  readonly attempts?: number;
}

export interface LangfuseApi {
  /** @throws SignalboxError "outgoing-failed" or "outgoing-timeout" where Langfuse does not answer or knows no such keys */
  get(path: string, options?: CallOptions): Promise<Answer>;
  /** The same. @param body JSON */
  post(path: string, body: unknown, options?: CallOptions): Promise<Answer>;
}

const callMs = 5_000;
/** A page of a dataset's items holds what people have put into them. */
const answerBytes = 64 * 1024 * 1024;
/** Between two attempts, in ms, unless Langfuse names another time, which is kept up to the longest. */
const firstPause = 500;
const longestPause = 20_000;

/** @param path behind Langfuse's address, such as `/api/public/projects` */
export function langfuseApi({ publicKey, secretKey, baseUrl }: LangfuseSettings): LangfuseApi {
  const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;

  async function attempt(method: string, path: string, body: unknown, signal: AbortSignal | undefined) {
    const url = new URL(`${baseUrl}${path}`);
    const response = await guardedFetch(url, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "error",
      // Often on the same machine, or in the same private network.
      allowedHosts: [url.host],
      maxBytes: answerBytes,
      totalMs: callMs,
      signal,
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function call(method: string, path: string, body: unknown, { signal, attempts = 3 }: CallOptions = {}) {
    for (let made = 1; ; made++) {
      const isLast = made === attempts;
      const answer = await attempt(method, path, body, signal).catch((error: unknown) => {
        if (isLast || !isSignalboxError(error)) throw error;
      });
      if (answer && !isBusy(answer.status)) return read(answer, `${baseUrl}${path}`);
      if (answer && isLast) throw failure(`${baseUrl}${path}`, answer.status);
      const wanted = Number(answer?.headers.get("retry-after")) * 1_000;
      await pause(Math.min(wanted || firstPause * 2 ** (made - 1), longestPause), undefined, signal && { signal });
    }
  }

  return {
    get: (path, options) => call("GET", path, undefined, options),
    post: (path, body, options) => call("POST", path, body, options),
  };
}

function isBusy(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function read({ status, text }: { status: number; text: string }, url: string): Answer {
  if (status === 401 || status === 403) throw failure(url, status);
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    if (status >= 400) return { status, body: text };
    throw new SignalboxError("outgoing-failed", `${url} answered with no JSON: check LANGFUSE_BASE_URL.`);
  }
}

function failure(url: string, status: number): SignalboxError {
  const keys = status === 401 || status === 403 ? ": check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY" : "";
  return new SignalboxError("outgoing-failed", `${url} answered ${status}${keys}.`);
}
