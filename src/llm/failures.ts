/** Which failures of a model pass by themselves, and how long to wait for that. */

export interface RetryLimits {
  /** Attempts at one model, the first included. */
  readonly modelAttempts: number;
  /** Before the second attempt, in ms; doubled before each further one. */
  readonly modelBackoffMs: number;
  /** The longest Retry-After that is waited for, in ms. */
  readonly modelRetryAfterMs: number;
}

/**
 * How many ms to wait before the next attempt, or undefined if there is to be none: the attempts are used up, the
 * failure would come again, or the provider wants to be left alone for longer than anybody would wait.
 * @param attempts how many were made so far
 */
export function waitBeforeRetry(error: unknown, attempts: number, limits: RetryLimits): number | undefined {
  if (attempts >= limits.modelAttempts || !isTransient(error)) return undefined;
  const asked = retryAfterMs(error);
  // Half of it by chance, so that runs that failed together do not come back together.
  if (asked === undefined) return limits.modelBackoffMs * 2 ** (attempts - 1) * (0.5 + Math.random() / 2);
  return asked <= limits.modelRetryAfterMs ? asked : undefined;
}

/** Characters of what a provider says; a server that is none may answer with a whole page. */
const longestQuote = 300;

/** The failure in a line, for people: without the provider's further lines, and with what to do where that is plain. */
export function describeFailure(error: unknown): string {
  const line = firstLine(error);
  const { status, code } = fieldsOf(error);
  if (status === 401 || status === 403) return `${line} Check the provider's key.`;
  if (status === 404) return `${line} Check the model's name, and OPENAI_BASE_URL where it is set.`;
  if (code === "insufficient_quota") return `${line} Check the provider's plan and billing.`;
  const below = innermost(error);
  if (below !== error) return `${line} (${firstLine(below)})`;
  if (error instanceof TypeError || error instanceof SyntaxError)
    return `What answered does not speak the model's protocol (${line}). Check OPENAI_BASE_URL where it is set.`;
  return line;
}

function firstLine(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return (said.trim().split("\n")[0] ?? "").slice(0, longestQuote);
}

/** What a failed connection says at its end: a host that is not there, or that refuses. */
function innermost(error: unknown): unknown {
  const { cause } = fieldsOf(error);
  return cause instanceof Error ? innermost(cause) : error;
}

/** Overload, limits of rate, errors of the server and of the network; not a wrong key, model or request, nor a flood. */
function isTransient(error: unknown): boolean {
  const { status, code, name } = fieldsOf(error);
  if (code === "insufficient_quota" || name === "ContextOverflowError" || name === "TooManyCallsError") return false;
  return typeof status !== "number" || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** What a Retry-After header says, in seconds or as a date. */
function retryAfterMs(error: unknown): number | undefined {
  const { headers } = fieldsOf(error);
  const given = headers instanceof Headers ? headers.get("retry-after") : fieldsOf(headers)["retry-after"];
  if (typeof given !== "string" || given.trim() === "") return undefined;
  const ms = Number.isFinite(Number(given)) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
