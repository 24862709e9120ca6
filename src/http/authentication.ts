/** Who a request is from: the owner whose key it carries, or everybody's owner where no keys are configured. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler, Response } from "express";
import type { Config } from "../config.ts";
import { localOwner } from "../engine/engine.ts";
import { SignalboxError } from "../errors.ts";

/** Sets `response.locals.owner`, or refuses with "unauthenticated". */
export function authentication(apiKeys: Config["apiKeys"]): RequestHandler {
  const known = apiKeys.map(({ owner, key }) => ({ owner, digest: digest(key) }));
  return (request, response, next) => {
    const owner = known.length === 0 ? localOwner : ownerOfKeys(presentedKeys(request), known);
    if (owner === undefined) {
      response.setHeader("www-authenticate", "Bearer");
      throw new SignalboxError(
        "unauthenticated",
        "A known API key is needed: send it as x-api-key: KEY or authorization: Bearer KEY",
      );
    }
    response.locals.owner = owner;
    next();
  };
}

/** The owner that `authentication` found. */
export function ownerOf(response: Response): string {
  const { owner } = response.locals;
  if (typeof owner !== "string") throw new Error("This route is mounted before authentication");
  return owner;
}

/** Both are tried: the SDKs send x-api-key by themselves where the environment has a key of another service. */
function presentedKeys(request: Request): string[] {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return [request.get("x-api-key"), bearer].filter((key) => key !== undefined);
}

/** Compares digests, all of them: neither a key's length nor how much of it is right shows in the time. */
function ownerOfKeys(
  keys: readonly string[],
  known: readonly { readonly owner: string; readonly digest: Buffer }[],
): string | undefined {
  let owner: string | undefined;
  for (const presented of keys.map(digest)) {
    for (const candidate of known) {
      if (timingSafeEqual(candidate.digest, presented)) owner = candidate.owner;
    }
  }
  return owner;
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
