/** Signed urls by which whoever has one gives feedback on one run under one key, without an API key, for a while. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { SignalboxError } from "../errors.ts";
import type { RunRecord } from "../storage/tables/runs.ts";
import { requestOf } from "./run-request.ts";

/** What a url allows. */
export interface FeedbackPermit {
  readonly owner: string;
  readonly run_id: string;
  readonly key: string;
}

export interface FeedbackUrls {
  /** The url at `baseUrl` (https://host, no slash at its end) that lets its holder do this until `expires` (ms). */
  sign(baseUrl: string, permit: FeedbackPermit, expires: number): string;
  /** @throws SignalboxError "feedback-url-invalid" for a token that is not ours, was altered, or has expired */
  read(token: string, now: number): FeedbackPermit;
}

/** The urls that the run's request asks for, by key; undefined where it asks for none. They hold for `validMs`. */
export function feedbackUrlsOf(
  run: RunRecord,
  urls: FeedbackUrls,
  validMs: number,
): Record<string, string> | undefined {
  const { feedback } = requestOf(run);
  if (!feedback) return undefined;
  const { owner, run_id } = run;
  const expires = Date.now() + validMs;
  return Object.fromEntries(
    feedback.keys.map((key) => [key, urls.sign(feedback.base_url, { owner, run_id, key }, expires)]),
  );
}

const Claims = z.tuple([z.string(), z.string(), z.string(), z.number()]);

export function createFeedbackUrls(secret: string): FeedbackUrls {
  const signatureOf = (claims: string) => createHmac("sha256", secret).update(claims).digest();

  return {
    sign(baseUrl, { owner, run_id, key }, expires) {
      const claims = Buffer.from(JSON.stringify([owner, run_id, key, expires])).toString("base64url");
      return `${baseUrl}/feedback/tokens/${claims}.${signatureOf(claims).toString("base64url")}`;
    },
    read(token, now) {
      const [claims = "", signature = ""] = token.split(".");
      const expected = signatureOf(claims);
      const given = Buffer.from(signature, "base64url");
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new SignalboxError(
          "feedback-url-invalid",
          "This feedback url was not made by this server, or is cut off.",
        );
      const [owner, run_id, key, expires] = Claims.parse(JSON.parse(Buffer.from(claims, "base64url").toString()));
      if (expires > now) return { owner, run_id, key };
      const since = new Date(expires).toISOString();
      throw new SignalboxError("feedback-url-invalid", `This feedback url has expired at ${since}.`);
    },
  };
}
