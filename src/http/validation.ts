/** Holds what a client sent against a zod schema, and says in one line which field is wrong and why. */
import type { z } from "zod";
import { SignalboxError } from "../errors.ts";

const issuesShown = 5;

/**
 * The parsed value; absent (undefined) fields of an object are left out.
 * @param where names the value as a whole ("body", "query"), for problems that no field has
 * @throws SignalboxError "invalid-request" whose message reads `field.path: what is wrong`, joined by "; "
 */
export function check<Output>(schema: z.ZodType<Output>, value: unknown, where: string): Output {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new SignalboxError("invalid-request", describe(parsed.error.issues, where));
  return withoutAbsent(parsed.data);
}

function withoutAbsent<Output>(data: Output): Output {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return data;
  return Object.fromEntries(Object.entries(data).filter(([, field]) => field !== undefined)) as Output;
}

function describe(issues: readonly z.core.$ZodIssue[], where: string): string {
  const lines = issues.slice(0, issuesShown).map((issue) => `${pathText(issue.path) || where}: ${reason(issue)}`);
  if (issues.length > issuesShown) lines.push(`and ${issues.length - issuesShown} more`);
  return lines.join("; ");
}

function reason(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) return "is required";
  return issue.message.replace(/^Invalid (input|option): /, "");
}

/** `["messages", 3, "content"]` -> `messages[3].content`; odd keys are quoted, long ones cut. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w-]{1,64}$/.test(String(step))) text += text ? `.${String(step)}` : String(step);
    else text += `[${JSON.stringify(String(step).slice(0, 64))}]`;
  }
  return text;
}
