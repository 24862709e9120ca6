/** The body and headers of a chat completion, held against OpenAI's schema; every problem names its parameter. */
import { createHash } from "node:crypto";
import type { Request } from "express";
import { z } from "zod";
import { assistantId, storableText, uuid } from "../platform/schemas.ts";
import { pathText } from "../validation.ts";
import { badParameter, type ChatError } from "./errors.ts";
import { chatMessage } from "./messages.ts";
import { parameterSchemas } from "./parameters.ts";

const body = z.strictObject({
  ...parameterSchemas,
  model: assistantId,
  messages: z.array(chatMessage).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.literal(false).optional() })
    .nullish(),
  metadata: z.record(storableText, storableText).nullish(),
  user: storableText.nullish(),
  safety_identifier: storableText.nullish(),
});

export type ChatBody = z.output<typeof body>;

export interface ChatRequest {
  body: ChatBody;
  /** The thread to go on with; undefined for a stateless completion. */
  threadId: string | undefined;
  /** Set where the client sent an Idempotency-Key: it may come back for the same run. */
  retry: { idempotencyKey: string; fingerprint: string } | undefined;
  /** What is stored with the run, to filter by. */
  metadata: Record<string, string>;
}

/** @throws ChatError 400 naming the parameter or header that is wrong */
export function readChatRequest(request: Request): ChatRequest {
  const parsed = body.safeParse(request.body);
  if (!parsed.success) throw firstProblem(parsed.error.issues, request.body);
  const { thread_id, ...metadata } = parsed.data.metadata ?? {};
  if (parsed.data.stream_options && !parsed.data.stream) {
    throw badParameter("stream_options", "invalid_value", "stream_options: is only allowed with stream: true");
  }
  const threadId = threadIdOf(thread_id, request.get("x-thread-id"));
  return {
    body: parsed.data,
    threadId,
    retry: retryOf(request.get("idempotency-key"), [threadId, parsed.data]),
    metadata: { ...metadata, ...userOf(parsed.data) },
  };
}

function threadIdOf(inBody: string | undefined, inHeader: string | undefined): string | undefined {
  const named = parseThreadId("metadata.thread_id", inBody);
  const addressed = parseThreadId("X-Thread-Id", inHeader);
  if (named === undefined || addressed === undefined || named === addressed) return named ?? addressed;
  throw badParameter(
    "metadata.thread_id",
    "invalid_value",
    "metadata.thread_id: names another thread than the header X-Thread-Id; send one of them",
  );
}

function parseThreadId(param: string, value: string | undefined): string | undefined {
  const parsed = uuid.optional().safeParse(value);
  if (parsed.success) return parsed.data;
  throw badParameter(param, "invalid_value", `${param}: must be a UUID`);
}

function retryOf(key: string | undefined, sent: unknown): ChatRequest["retry"] {
  if (key === undefined) return undefined;
  if (/^[\x20-\x7e]{1,255}$/.test(key))
    return { idempotencyKey: key, fingerprint: createHash("sha256").update(JSON.stringify(sent)).digest("hex") };
  throw badParameter("Idempotency-Key", "invalid_value", "Idempotency-Key: is not 1 to 255 printable ASCII characters");
}

/** OpenAI's two names for the end user, of which the second replaces the first. */
function userOf({ user, safety_identifier }: ChatBody): { user_id?: string } {
  const userId = safety_identifier ?? user;
  if (userId == null) return {};
  if (user != null && user !== userId) {
    throw badParameter("user", "invalid_value", "user: names another user than safety_identifier; send one of them");
  }
  return { user_id: userId };
}

function firstProblem(issues: readonly z.core.$ZodIssue[], value: unknown): ChatError {
  const [issue] = issues;
  if (!issue) return badParameter("body", "invalid_value", "body: is not valid");
  if (issue.code === "unrecognized_keys") {
    const param = pathText([...issue.path, issue.keys[0] ?? ""]);
    return badParameter(param, "unknown_parameter", `${param}: is not a parameter of this endpoint`);
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return firstProblem(likeliest(issue.errors, issue.path), value);
  }
  const param = pathText(issue.path) || "body";
  if (valueAt(value, issue.path) === undefined) {
    return badParameter(param, "missing_required_parameter", `${param}: is required`);
  }
  const code = issue.code === "invalid_type" ? "invalid_type" : "invalid_value";
  return badParameter(param, code, `${param}: ${issue.message.replace(/^Invalid (input|option): /, "")}`);
}

/** Of the alternatives of a union, the one that got furthest into the value: the one that the client meant. */
function likeliest(
  alternatives: readonly (readonly z.core.$ZodIssue[])[],
  path: readonly PropertyKey[],
): z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]) => issues[0]?.path.length ?? 0;
  const best = alternatives.toSorted((one, other) => depth(other) - depth(one))[0] ?? [];
  return best.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, step)) return undefined;
    current = Reflect.get(current, step);
  }
  return current;
}
