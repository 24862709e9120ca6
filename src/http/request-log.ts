/** Gives every request an id, and logs its end at debug level: no body, no query, no header. */
import { randomUUID } from "node:crypto";
import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";

/** Sets `response.locals.requestId` and the header x-request-id, which a proxy in front may have chosen. */
export function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const given = request.get("x-request-id");
    const requestId = given !== undefined && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    response.locals.requestId = requestId;
    response.setHeader("x-request-id", requestId);
    if (log.isLevelEnabled("debug")) {
      const { method } = request;
      const path = pathForLog(request);
      const start = performance.now();
      response.once("close", () => {
        const ms = Math.round(performance.now() - start);
        log.debug({ requestId, method, path, status: response.statusCode, ms }, "request-ended");
      });
    }
    next();
  };
}

/** The path without what is a permission: a signed url. */
export function pathForLog({ path }: Request): string {
  return path.replace(/^\/feedback\/tokens\/.+/, "/feedback/tokens/…");
}
