/** Reads a request's JSON body: bounded, exact, and without surprises for those who use it. */
import { isUtf8 } from "node:buffer";
import type { Request, RequestHandler } from "express";
import type { Limits } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import { fieldNestedTooDeep, findPrototypeKey, mayNamePrototype } from "./json-guard.ts";
import { pathText } from "./validation.ts";

/** After a refusal, how long the rest of a body is read and thrown away, so that the client gets to see the answer. */
const lingerMs = 5_000;

/** `readBody`, for routers of their own: leaves the value in `request.body`. */
export function bodyReader(limits: Limits): RequestHandler {
  return async (request, _response, next) => {
    request.body = await readBody(request, limits);
    next();
  };
}

/**
 * The parsed JSON body, sent as application/json or, as Studio does, as text/plain; `{}` where there is none.
 * @throws SignalboxError "body-too-large", "unsupported-media-type", "malformed-json", or "invalid-request" for
 * nesting over the limit and for keys named `__proto__`
 */
export async function readBody(request: Request, limits: Limits): Promise<unknown> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limits.bodyBytes) throw tooLarge(request, limits);
  if (declared === 0 && request.headers["transfer-encoding"] === undefined) return {};
  refuseOtherTypes(request);
  const text = await collect(request, limits);
  return text.length === 0 ? {} : parse(text, limits);
}

function refuseOtherTypes(request: Request): void {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") {
    throw new SignalboxError(
      "unsupported-media-type",
      `The body is compressed (content-encoding ${encoding}): send it as it is`,
    );
  }
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "application/json").toLowerCase().split(";");
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("charset="));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (utf8 && /^(application\/([\w.-]+\+)?json|text\/plain)$/.test(type.trim())) return;
  throw new SignalboxError(
    "unsupported-media-type",
    `The body's content-type is ${request.headers["content-type"]}: send application/json in UTF-8`,
  );
}

function collect(request: Request, limits: Limits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (error?: Error) => {
      request.off("data", take).off("end", settle).off("close", abort).off("error", abort);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks, size));
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.bodyBytes) settle(tooLarge(request, limits));
      else chunks.push(chunk);
    };
    const abort = () => settle(new SignalboxError("malformed-json", "The body ended before it was complete"));
    request.on("data", take).on("end", settle).on("close", abort).on("error", abort);
  });
}

function tooLarge(request: Request, limits: Limits): SignalboxError {
  const cut = setTimeout(() => request.socket.destroy(), lingerMs).unref();
  request.once("close", () => clearTimeout(cut)).resume();
  return new SignalboxError("body-too-large", `The body is over the limit of ${limits.bodyBytes} bytes`);
}

function parse(text: Buffer, limits: Limits): unknown {
  const deep = fieldNestedTooDeep(text, limits.jsonDepth);
  if (deep !== undefined) {
    throw new SignalboxError(
      "invalid-request",
      `${pathText([deep])}: is nested deeper than ${limits.jsonDepth} levels`,
    );
  }
  if (!isUtf8(text)) throw new SignalboxError("malformed-json", "The body is not valid UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (error) {
    throw new SignalboxError("malformed-json", `The body is not valid JSON: ${parserMessage(error)}`, { cause: error });
  }
  const found = mayNamePrototype(text) ? findPrototypeKey(value) : undefined;
  if (found) throw new SignalboxError("invalid-request", `${pathText(found.path)}: ${found.problem}`);
  return value;
}

/** V8's message without the excerpt of the body in it, which may hold secrets. */
function parserMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const position = /at position (\d+)/.exec(message);
  if (position) return `unexpected character at position ${position[1]}`;
  return message.includes("end of JSON input") ? "unexpected end" : "unexpected character";
}
