/** Every error that Signalbox raises on purpose: one class, and one table of codes. docs/errors.md mirrors the table. */

/** code -> HTTP status (0: never leaves as an HTTP answer) and what the code means. */
export const errorTable = {
  "malformed-json": { status: 400, meaning: "The body is not JSON." },
  unauthenticated: { status: 401, meaning: "The API key is missing or unknown." },
  "forbidden-host": { status: 403, meaning: "The Host header is neither loopback nor configured." },
  "forbidden-origin": { status: 403, meaning: "The page's origin is not allowed." },
  "feedback-url-invalid": { status: 403, meaning: "The signed feedback url was altered, or has expired." },
  "route-not-found": { status: 404, meaning: "No such route." },
  "assistant-not-found": { status: 404, meaning: "No assistant or graph has this id." },
  "thread-not-found": { status: 404, meaning: "No thread has this id." },
  "run-not-found": { status: 404, meaning: "No run of this thread has this id." },
  "checkpoint-not-found": { status: 404, meaning: "The thread has no such checkpoint." },
  "interrupt-not-found": { status: 404, meaning: "The thread has no pending interrupt with this id." },
  "method-not-allowed": { status: 405, meaning: "The path exists, but not with this method." },
  "assistant-exists": { status: 409, meaning: "An assistant with this id exists already." },
  "thread-exists": { status: 409, meaning: "A thread with this id exists already." },
  "thread-busy": { status: 409, meaning: "The thread has an active run, which this request may not join." },
  "no-interrupt": {
    status: 409,
    meaning: "There is nothing to resume: no interrupt is pending, or another resume won.",
  },
  "several-interrupts": {
    status: 409,
    meaning: "Several interrupts are pending, and the answer does not say whose it is.",
  },
  "run-active": { status: 409, meaning: "The run has not ended yet." },
  "run-gone": { status: 409, meaning: "The run has ended and its stateless thread is deleted." },
  "body-too-large": { status: 413, meaning: "The body is over the limit." },
  "unsupported-media-type": { status: 415, meaning: "The body is neither JSON nor text." },
  "invalid-request": { status: 422, meaning: "A field of the request is wrong; the message names it." },
  "unrepresentable-value": {
    status: 422,
    meaning: "A value cannot be stored exactly, and is refused rather than altered.",
  },
  "idempotency-mismatch": { status: 422, meaning: "The Idempotency-Key was used with another body." },
  "graph-failed-to-load": {
    status: 424,
    meaning: "The assistant's graph could not be loaded; the message has the reason and the place.",
  },
  "headers-too-large": { status: 431, meaning: "The request's headers are over the limit." },
  internal: { status: 500, meaning: "A bug in Signalbox. The log has the stack." },
  draining: { status: 503, meaning: "The server is stopping and takes no new work." },
  "storage-full": { status: 507, meaning: "The database has no space left; nothing was stored." },

  "invalid-configuration": { status: 0, meaning: "A setting is wrong; the message names it and what is allowed." },
  "database-in-use": { status: 0, meaning: "Another server already runs on this database." },
  "database-unavailable": { status: 503, meaning: "The database cannot be opened or reached." },
  "stale-attempt": { status: 0, meaning: "A newer attempt owns the run; this write was refused." },
  "outgoing-refused": { status: 0, meaning: "An outgoing request would lead where Signalbox does not call." },
  "outgoing-failed": { status: 0, meaning: "An outgoing request was not answered, or not as HTTP." },
  "outgoing-timeout": { status: 0, meaning: "An outgoing request took longer than its limit, or its answer stopped." },
  "outgoing-too-large": { status: 0, meaning: "An outgoing request was answered with more bytes than its limit." },
  "model-failed": { status: 0, meaning: "No model gave a whole answer, after all attempts and fallbacks." },
  "cassette-miss": { status: 0, meaning: "The cassette that is replayed has no reply to this call of a model." },
  "invalid-dataset": {
    status: 0,
    meaning: "A dataset of an eval suite cannot be used; the message names file and line.",
  },
  "unreadable-document": { status: 0, meaning: "A document cannot be ingested; the message says why." },
  "export-failed": { status: 0, meaning: "The files of an export cannot be written; those of an earlier one stay." },
  "eval-not-stored": { status: 0, meaning: "The files of an eval run cannot be written; what was written stays." },
  abandoned: { status: 0, meaning: "The run's process died three times; the run is not tried again." },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table; its message says what went wrong, where, and what to do. */
export class SignalboxError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SignalboxError";
    this.code = code;
  }

  get status(): number {
    return errorTable[this.code].status;
  }
}

/** True for a SignalboxError, narrowed to one code if given. */
export function isSignalboxError(error: unknown, code?: ErrorCode): error is SignalboxError {
  return error instanceof SignalboxError && (code === undefined || error.code === code);
}
