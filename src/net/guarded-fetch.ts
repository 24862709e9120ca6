/**
 * The HTTP client for everything that goes out: http(s) to public addresses only, bounded in hops, bytes and time.
 *
 *   url ─▶ find its addresses, check each ─▶ connect to those ─▶ redirect? ─no─▶ inflate, count ─▶ Response
 *             ▲                                                  │ yes
 *             └──────────────────────────────────────────────────┘
 */
import type { IncomingMessage } from "node:http";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import { acceptedEncodings, type BodyLimits, openBody } from "./body.ts";
import { findAddresses, type Resolve, resolveByDns } from "./destination.ts";
import { exchange } from "./exchange.ts";
import { type Hop, nextHop } from "./redirect.ts";

/** What a caller may set for its own requests; the defaults are the configured ones. */
export interface Guard {
  /** `host` or `host:port` that may be called wherever it is, beside those of ALLOWED_OUTGOING_HOSTS. */
  readonly allowedHosts?: readonly string[];
  /** The body, after inflating. */
  readonly maxBytes?: number;
  /** From the call to the end of the body, all redirects included; Infinity for as long as the body lasts. */
  readonly totalMs?: number;
  /** How long nothing may be heard; Infinity for as long as it takes. */
  readonly idleMs?: number;
  readonly resolve?: Resolve;
}

export interface OutgoingRequest extends Guard {
  readonly method?: string;
  readonly headers?: RequestInit["headers"];
  readonly body?: string | Uint8Array;
  /** "manual" gives the redirect itself as the answer. */
  readonly redirect?: "follow" | "error" | "manual";
  readonly signal?: AbortSignal | undefined;
}

/** Answers that have no body, and that a Response refuses to give one. */
const withoutBody = new Set([204, 205, 304]);

/**
 * Sends a request and gives the answer once its head is there; `url` of the answer is where redirects led to.
 * The body's stream fails with the same errors as the call.
 * @throws SignalboxError "outgoing-refused", "outgoing-failed", "outgoing-timeout" or "outgoing-too-large"; the reason of
 *   `signal` where that ends it
 */
export async function guardedFetch(url: string | URL, request: OutgoingRequest = {}): Promise<Response> {
  const { allowedOutgoingHosts, limits } = currentConfig();
  const totalMs = request.totalMs ?? limits.outgoingMs;
  const idleMs = request.idleMs ?? limits.outgoingIdleMs;
  const ending = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, ending.signal]) : ending.signal;
  const end = (reason: string) => ending.abort(new SignalboxError("outgoing-timeout", `${url} ${reason}.`));
  const expire = () => end(`was not done in ${totalMs} ms`);
  const onIdle = () => end(`gave no answer, or no more of it, for ${idleMs} ms`);
  const timer = Number.isFinite(totalMs) ? setTimeout(expire, totalMs) : undefined;
  try {
    let hop = firstHop(url, request);
    for (let redirects = 0; redirects <= limits.outgoingRedirects; redirects++) {
      const allowedHosts = [...allowedOutgoingHosts, ...(request.allowedHosts ?? [])];
      const addresses = await unlessAborted(
        findAddresses(hop.url, allowedHosts, request.resolve ?? resolveByDns),
        signal,
      );
      const answer = await exchange(hop.url, { ...hop, addresses, idleMs, onIdle, signal });
      const next = request.redirect === "manual" ? undefined : nextHop(hop, answer);
      if (!next) {
        answer.once("close", () => clearTimeout(timer));
        const body = { url: hop.url, maxBytes: request.maxBytes ?? limits.outgoingBytes, signal };
        return toResponse(answer, hop, body);
      }
      answer.destroy();
      if (request.redirect === "error") throw refusedRedirect(hop.url, "which this request may not follow");
      hop = next;
    }
    throw refusedRedirect(hop.url, `more than ${limits.outgoingRedirects} times`);
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}

/** The same for libraries that want a `fetch`. */
export function createGuardedFetch(guard: Guard = {}): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { url, method, headers, redirect, signal } = request;
    const body = request.body ? { body: new Uint8Array(await request.arrayBuffer()) } : {};
    return guardedFetch(url, { ...guard, method, headers, redirect, signal, ...body });
  };
}

function firstHop(url: string | URL, { method = "GET", headers, body }: OutgoingRequest): Hop {
  if (!URL.canParse(String(url))) {
    throw new SignalboxError("outgoing-refused", `"${url}" is not a URL. Give one such as https://example.com/page.`);
  }
  const all = new Headers(headers);
  if (!all.has("user-agent")) all.set("user-agent", "Signalbox/0.1");
  if (!all.has("accept")) all.set("accept", "*/*");
  all.set("accept-encoding", acceptedEncodings);
  return {
    url: new URL(url),
    method: method.toUpperCase(),
    headers: all,
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  };
}

function toResponse(answer: IncomingMessage, { url, method }: Hop, limits: BodyLimits): Response {
  const { statusCode: status = 0, statusMessage: statusText = "" } = answer;
  try {
    if (status < 200 || status > 599) throw new SignalboxError("outgoing-failed", `${url.host} answered ${status}.`);
    const headers = new Headers();
    for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
      // The body is given inflated, with a length of its own.
      if (name === "content-encoding" || name === "content-length") continue;
      for (const value of values) headers.append(name, value);
    }
    const isEmpty = method === "HEAD" || withoutBody.has(status);
    if (isEmpty) answer.resume();
    const response = new Response(isEmpty ? null : openBody(answer, limits), {
      status,
      statusText,
      headers,
    });
    Object.defineProperty(response, "url", { value: url.href });
    return response;
  } catch (error) {
    answer.destroy();
    throw error;
  }
}

/** What cannot be cancelled is left to end by itself, unheard. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}

function refusedRedirect(url: URL, how: string): SignalboxError {
  return new SignalboxError("outgoing-refused", `${url.host} redirects, ${how}.`);
}
