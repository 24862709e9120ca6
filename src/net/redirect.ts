/** Where a redirect leads, and what may go along. */
import type { IncomingMessage } from "node:http";
import { SignalboxError } from "../errors.ts";

/** One request of a chain of redirects. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: Uint8Array | undefined;
}

/** All that another site is told; keys have headers of many names. */
const harmlessHeaders = new Set(["accept", "accept-encoding", "accept-language", "content-type", "user-agent"]);

/**
 * The request that `answer` asks for, or undefined where it is no redirect.
 * @throws SignalboxError "outgoing-refused" from https to http, and where another site would get the body
 */
export function nextHop(hop: Hop, answer: IncomingMessage): Hop | undefined {
  const { statusCode: status = 0, headers: answered } = answer;
  if (![301, 302, 303, 307, 308].includes(status) || answered.location === undefined) return undefined;
  if (!URL.canParse(answered.location, hop.url.href)) throw refusal(answer, hop, "to what is not a URL");
  const url = new URL(answered.location, hop.url);
  if (hop.url.protocol === "https:" && url.protocol === "http:") throw refusal(answer, hop, "from https to http");
  const isForeign = url.origin !== hop.url.origin;
  const becomesGet = status === 303 ? hop.method !== "HEAD" : status < 303 && hop.method === "POST";
  const { method, body } = becomesGet ? { method: "GET", body: undefined } : hop;
  if (isForeign && body) throw refusal(answer, hop, "another site the body that was meant for this one");
  const headers = new Headers(hop.headers);
  if (becomesGet) for (const name of ["content-type", "content-language"]) headers.delete(name);
  if (isForeign) for (const name of [...headers.keys()]) if (!harmlessHeaders.has(name)) headers.delete(name);
  return { url, method, headers, body };
}

function refusal(answer: IncomingMessage, { url }: Hop, how: string): SignalboxError {
  answer.destroy();
  return new SignalboxError("outgoing-refused", `${url.host} redirects ${how}, which is not followed.`);
}
