/** Turns what a route threw into its answer: one plain line, which the SDKs show as `HTTP 404: <line>`. */
import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { type ErrorCode, isSignalboxError, SignalboxError } from "../errors.ts";
import { pathForLog } from "./request-log.ts";
import { sendJson, sendText } from "./send.ts";

/** Answers what no route took. */
export const routeNotFound: RequestHandler = (request) => {
  throw new SignalboxError(
    "route-not-found",
    `There is no route ${request.method} ${request.path}; GET /docs lists them`,
  );
};

/** The last handler: answers every error, and logs with its stack what is a bug. */
export function errorAnswers(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    const error = publicError(thrown, response.locals.requestId);
    if (error.code === "internal") {
      log.error({ error: thrown, requestId: response.locals.requestId, path: pathForLog(request) }, "request-failed");
    }
    if (response.headersSent) {
      // The status is out: a cut connection is the only way left to say that the answer is not whole.
      response.destroy();
      return;
    }
    if (error.code === "draining") response.setHeader("retry-after", "1");
    const detail = error.message.replace(/\s*[\r\n]+\s*/g, " ");
    if (wantsJson(request)) sendJson(response, error.status, { code: error.code, detail });
    else sendText(response, error.status, "text/plain; charset=utf-8", detail);
  };
}

/**
 * The error as a client may see it: a SignalboxError stays, all else becomes "internal" without details.
 * @param requestId is told to the client, so that the log's entry can be found
 */
export function publicError(thrown: unknown, requestId: string): SignalboxError {
  if (isSignalboxError(thrown) && thrown.status > 0) return thrown;
  if (thrown instanceof URIError) {
    return new SignalboxError("invalid-request", "path: is not valid percent-encoding", { cause: thrown });
  }
  const code: ErrorCode = "internal";
  return new SignalboxError(code, `Internal error; the server's log has it under request ${requestId}`, {
    cause: thrown,
  });
}

/** Only a client that asks for JSON and nothing else gets it: every client accepts JSON among other types. */
function wantsJson(request: Request): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers.accept ?? "") && !request.headers.accept?.includes(",");
}
