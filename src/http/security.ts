/** Who may talk to this server at all: the Host and Origin rules, CORS, and headers that keep browsers strict. */
import { isIP } from "node:net";
import type { Request, RequestHandler, Response } from "express";
import { type Config, isLoopback } from "../config.ts";
import { SignalboxError } from "../errors.ts";

type HostRules = Pick<Config, "host" | "allowedHosts">;
type OriginRules = Pick<Config, "allowedOrigins">;

/** LangGraph Studio and Agent Chat UI, the two hosted pages that speak to servers on the user's own machine. */
const defaultOrigins: readonly string[] = ["https://smith.langchain.com", "https://agentchat.vercel.app"];
const exposedHeaders = "content-location, location, x-pagination-total, x-pagination-next, x-thread-id, x-request-id";
const methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const dayInSeconds = 86_400;

/** Refuses foreign Host names and origins before any work, answers preflights, and sets the headers for browsers. */
export function security(rules: HostRules & OriginRules): RequestHandler {
  return (request, response, next) => {
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("x-frame-options", "DENY");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    response.setHeader("cache-control", "no-store");
    response.setHeader("vary", "Origin");
    refuseForeignHost(request, rules);
    const origin = request.headers.origin;
    if (origin === undefined) return next();
    if (!isSameOrigin(origin, request) && !isAllowedOrigin(origin, rules)) {
      throw new SignalboxError(
        "forbidden-origin",
        `Pages of ${origin} may not use this server: add the origin to ALLOWED_ORIGINS to let them`,
      );
    }
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", exposedHeaders);
    if (request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined) {
      answerPreflight(request, response);
    } else next();
  };
}

function refuseForeignHost(request: Request, rules: HostRules): void {
  const name = hostName(request.headers.host);
  if (name !== undefined && isAllowedHost(name, rules)) return;
  throw new SignalboxError(
    "forbidden-host",
    `This server does not answer to the host name ${JSON.stringify(name ?? "")}: ` +
      "add it to ALLOWED_HOSTS, as is needed for the name of a reverse proxy",
  );
}

/** The name in a Host header, in lower case, without its port; undefined where there is none. */
function hostName(header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:/?#@\s[\]]+)(:\d*)?$/.exec(header?.toLowerCase() ?? "")?.[1];
}

/**
 * True for loopback names, the configured host, and ALLOWED_HOSTS. A server that listens on all addresses also
 * answers to each address: what this rule keeps out, a page that rebinds its own name, always comes with a name.
 */
export function isAllowedHost(name: string, rules: HostRules): boolean {
  const bare = name.replace(/^\[(.*)\]$/, "$1");
  if (isLoopback(bare) || bare === rules.host.toLowerCase() || rules.allowedHosts.includes(name)) return true;
  return (rules.host === "0.0.0.0" || rules.host === "::") && isIP(bare) !== 0;
}

/** True for pages of this machine, the two known hosted ones, and ALLOWED_ORIGINS (`*`: any). */
export function isAllowedOrigin(origin: string, rules: OriginRules): boolean {
  if (rules.allowedOrigins.includes("*") || rules.allowedOrigins.includes(origin)) return true;
  return defaultOrigins.includes(origin) || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin);
}

/** A page that this server's own address served; the Host rule has passed, so the name is one of ours. */
function isSameOrigin(origin: string, request: Request): boolean {
  return origin === `http://${request.headers.host}` || origin === `https://${request.headers.host}`;
}

function answerPreflight(request: Request, response: Response): void {
  const requested = request.headers["access-control-request-headers"];
  response.writeHead(204, {
    "access-control-allow-methods": methods,
    ...(requested === undefined ? {} : { "access-control-allow-headers": requested }),
    "access-control-allow-private-network": "true",
    "access-control-max-age": String(dayInSeconds),
    vary: "Origin, Access-Control-Request-Headers",
  });
  response.end();
}
