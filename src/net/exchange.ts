/** One request and its answer, over a connection of its own to an address that was checked before. */
import type { LookupAddress } from "node:dns";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { SignalboxError } from "../errors.ts";

export interface ExchangeOptions {
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array | undefined;
  /** Nothing else is connected to. */
  readonly addresses: readonly LookupAddress[];
  /** How long nothing may be heard, in ms; Infinity for as long as it takes. */
  readonly idleMs: number;
  /** Called when that is over; it is for the caller to end the exchange. */
  readonly onIdle: () => void;
  /** Ends the exchange, its body included, with the signal's reason. */
  readonly signal: AbortSignal;
}

/** What the connection decides, not the caller: a Host of one's own could reach another site at the same address. */
const connectionHeaders = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Sends one request and resolves with the answer's head; its body is still to be read, and redirects are not followed.
 * @throws SignalboxError "outgoing-failed" where nothing answers, the reason of `signal`
 */
export function exchange(url: URL, options: ExchangeOptions): Promise<IncomingMessage> {
  const { method, body, addresses, idleMs, onIdle, signal } = options;
  const headers = new Headers(options.headers);
  for (const name of connectionHeaders) headers.delete(name);
  if (body) headers.set("content-length", String(body.byteLength));
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
    method,
    headers: Object.fromEntries(headers),
    // A connection of its own: none that is kept, and no proxy from the environment.
    agent: false,
    lookup: answerWith(addresses),
    timeout: Number.isFinite(idleMs) ? idleMs : 0,
  });
  let answer: IncomingMessage | undefined;
  const abort = () => (answer ?? request).destroy(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  request
    .on("timeout", onIdle)
    .on("response", (response) => {
      answer = response;
      resolve(response);
    })
    .on("error", (error) => reject(signal.aborted ? signal.reason : explained(error, url)))
    .on("close", () => signal.removeEventListener("abort", abort));
  if (signal.aborted) abort();
  else request.end(body);
  return promise;
}

/** A connection's lookup that asks nobody. */
function answerWith(addresses: readonly LookupAddress[]): LookupFunction {
  return (_, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/** The error of a connection in words, with what went wrong below it as its cause. */
export function explained(error: unknown, url: URL): SignalboxError {
  if (error instanceof SignalboxError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  return new SignalboxError("outgoing-failed", `${url.host} did not answer as it should: ${message || code}.`, {
    cause: error,
  });
}
