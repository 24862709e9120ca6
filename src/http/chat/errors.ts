/** Errors as OpenAI's API words them: `{error: {message, type, param, code}}`, which its clients turn into exceptions. */
import type { ErrorRequestHandler } from "express";
import type { Logger } from "pino";
import type { SignalboxError } from "../../errors.ts";
import { publicError } from "../error-answers.ts";
import { sendJson } from "../send.ts";

/** What stands under `error` in an answer or a chunk. */
export interface ErrorBody {
  message: string;
  type: string;
  /** The parameter that is wrong, as a path (`messages[0].content`). */
  param: string | null;
  code: string;
}

/** A failure that is told in OpenAI's own vocabulary; every other one is worded from its SignalboxError. */
export class ChatError extends Error {
  readonly status: number;
  readonly body: ErrorBody;

  constructor(status: number, body: { message: string; type?: string; param?: string; code: string }) {
    const { message, type = "invalid_request_error", param = null, code } = body;
    super(message);
    this.name = "ChatError";
    this.status = status;
    this.body = { message, type, param, code };
  }
}

/** A parameter that is wrong: 400 with its path. */
export function badParameter(param: string, code: string, message: string): ChatError {
  return new ChatError(400, { message, param, code });
}

/**
 * A run that ended with an error: 422, not 500, since the graph would fail again and clients repeat a 500 by themselves.
 * @param failure the run's error, as in the Platform API
 */
export function runFailed(failure: { error: string; message: string }): ChatError {
  return new ChatError(422, {
    message: `The run failed: ${failure.message}`,
    type: "graph_error",
    code: failure.error,
  });
}

/** Anything thrown, as this API tells it; what is a bug is logged with its stack and told without details. */
export function toChatError(thrown: unknown, log: Logger, requestId: string): ChatError {
  if (thrown instanceof ChatError) return thrown;
  const error = publicError(thrown, requestId);
  if (error.code === "internal") log.error({ error: thrown, requestId }, "chat-request-failed");
  if (error.code === "assistant-not-found") return modelNotFound(error);
  const type = error.status >= 500 ? "server_error" : (typesByStatus[error.status] ?? "invalid_request_error");
  return new ChatError(error.status === 422 ? 400 : error.status, { message: error.message, type, code: error.code });
}

const typesByStatus: Readonly<Record<number, string>> = { 401: "authentication_error", 403: "permission_error" };

function modelNotFound(error: SignalboxError): ChatError {
  const message = `${error.message}. GET /v1/models lists the models there are.`;
  return new ChatError(404, { message, param: "model", code: "model_not_found" });
}

/** The error handler of everything under /v1, for what is refused before its routes too (keys, bodies, limits). */
export function chatErrors(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, _request, response, _next) => {
    const error = toChatError(thrown, log, response.locals.requestId);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Clients repeat every 409 and 500 unless told not to; only a server that stops or is full may do better later.
    const retry = error.status === 503 || error.status === 507;
    sendJson(response, error.status, { error: error.body }, { "x-should-retry": String(retry) });
  };
}
