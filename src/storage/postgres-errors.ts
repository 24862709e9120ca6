/** What the errors of Postgres and its driver mean for Signalbox. */
import { SignalboxError } from "../errors.ts";

/** How messages call a database: by name and host, never by its password. */
export function describeDatabase(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? hostname;
  return `the Postgres database ${pathname.slice(1) || "(default)"} at ${host}:${port || 5432}`;
}

const connectionCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
]);

function isConnectionProblem(code: string, message: string): boolean {
  // 08: connection exceptions; 57P: the server shuts down or starts up; 53300: it takes no more connections.
  if (connectionCodes.has(code) || /^(08...|57P0.|53300)$/.test(code)) return true;
  // The driver's own errors have no code.
  return code === "" && /connection (terminated|timeout)|timeout exceeded|not queryable/i.test(message);
}

/** The SignalboxError that an error stands for, or the error itself. While opening, every error means "unavailable". */
export function explained(error: unknown, name: string, phase: "opening" | "open"): unknown {
  if (error instanceof SignalboxError || !(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // 53100: disk full.
  if (code === "53100") {
    return new SignalboxError(
      "storage-full",
      `No space is left for ${name}; nothing was stored. Free some space and try again.`,
      { cause: error },
    );
  }
  if (phase === "open" && !isConnectionProblem(code, error.message)) return error;
  return new SignalboxError(
    "database-unavailable",
    `Cannot ${phase === "open" ? "reach" : "open"} ${name}: ${error.message || code}.`,
    { cause: error },
  );
}
