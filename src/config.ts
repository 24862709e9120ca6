/** Every setting and every limit of Signalbox: the only reader of process.env, and its only writer (a project's `env`). */
import { isIPv4 } from "node:net";
import { z } from "zod";
import {
  readTracing,
  secretTracingVariables,
  type TracingSettings,
  tracingProblem,
  tracingVariables,
} from "./config/langfuse.ts";
import { type RetrievalSettings, readRetrieval, retrievalVariables } from "./config/retrieval.ts";
import { secretsOf } from "./config/secrets.ts";
import { readTools, secretToolVariables, type ToolSettings, toolVariables } from "./config/tools.ts";
import {
  apiKeys,
  concealing,
  type DatabaseSettings,
  databaseUrl,
  httpUrl,
  isSameDatabase,
  listOf,
  wholeNumber,
} from "./config/values.ts";
import { SignalboxError } from "./errors.ts";

export type { ToolSettings } from "./config/tools.ts";
export type { DatabaseSettings } from "./config/values.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

interface LimitRow {
  value: number;
  meaning: string;
  /** The environment variable that changes it, where that is allowed. */
  variable?: string;
}

/** Every limit, once: its default, what it bounds, and the variable that changes it, if any. Sizes are bytes, times ms. */
export const limitTable = {
  bodyBytes: { value: 50 * MiB, meaning: "A request's body; a larger one is refused before it is read." },
  headerBytes: { value: 16 * KiB, meaning: "All headers of a request." },
  headersMs: { value: 20 * second, meaning: "The time a client has to send its headers." },
  requestMs: { value: 5 * minute, meaning: "The time a client has to send a whole request." },
  keepAliveMs: { value: 65 * second, meaning: "How long an idle connection is kept." },
  idChars: { value: 255, meaning: "Characters of an id." },
  jsonDepth: { value: 500, meaning: "Nesting of a body's JSON." },
  metadataDepth: { value: 64, meaning: "Nesting of metadata, which is filtered by." },
  searchLimit: { value: 1000, meaning: "Rows of one search page." },
  recursionLimit: { value: 25, meaning: "Supersteps of a run that names no recursion_limit of its own." },
  maxConcurrentRuns: { value: 64, meaning: "Runs that execute at once; others wait.", variable: "MAX_CONCURRENT_RUNS" },
  runAttempts: { value: 3, meaning: "Attempts of a run whose process dies, the first included." },
  leaseMs: { value: 30 * second, meaning: "How long a worker owns a run without renewing its lease." },
  heartbeatMs: { value: 10 * second, meaning: "Between two renewals of a lease." },
  drainMs: { value: 10 * second, meaning: "What running work has to reach its next checkpoint on SIGTERM." },
  eventTtlMs: { value: 10 * minute, meaning: "How long the events of a run are kept after its end." },
  runLogBytes: { value: 1 * MiB, meaning: "Events kept in memory of a run that is not resumable." },
  resumableLogBytes: { value: 8 * MiB, meaning: "Events kept in memory of a resumable run." },
  slowReaderBytes: {
    value: 1 * MiB,
    meaning: "What is buffered for a client that does not read, before it is cut off.",
  },
  outgoingBytes: { value: 10 * MiB, meaning: "The answer to an outgoing request, after inflating." },
  outgoingMs: { value: 30 * second, meaning: "An outgoing request, with its redirects and the whole answer." },
  outgoingIdleMs: { value: 10 * second, meaning: "How long nothing may be heard of an outgoing request." },
  outgoingRedirects: { value: 5, meaning: "Redirects that an outgoing request follows." },
  modelAttempts: {
    value: 3,
    meaning: "Attempts at one model that fails, before the next fallback is asked.",
  },
  modelBackoffMs: {
    value: 1 * second,
    meaning: "Before a model's second attempt; doubled before each further one.",
    variable: "MODEL_BACKOFF_MS",
  },
  modelRetryAfterMs: { value: 30 * second, meaning: "The longest Retry-After that a model is waited for." },
  modelIdleMs: {
    value: 2 * minute,
    meaning: "How long a model's stream may say nothing, at its start or between two tokens.",
  },
  modelCallMs: { value: 5 * minute, meaning: "One attempt at a model, from the question to the last token." },
  modelCallsInFlight: {
    value: 64,
    meaning: "Calls in flight to one provider; others wait their turn.",
    variable: "MODEL_CALLS_IN_FLIGHT",
  },
  taskChars: { value: 200_000, meaning: "Characters of a message that the graphs here work on." },
  toolMs: { value: 2 * minute, meaning: "One call of a tool.", variable: "TOOL_MS" },
  toolResultChars: { value: 50_000, meaning: "Characters of a tool's result that the model reads; the rest is cut." },
  budgetSteps: { value: 50, meaning: "Calls of a model that the work on one message takes, unless the context says." },
  budgetMostSteps: { value: 500, meaning: "The most calls of a model that a context may allow." },
  budgetTokens: { value: 500_000, meaning: "Tokens that the work on one message takes, unless the context says." },
  budgetMostTokens: { value: 5_000_000, meaning: "The most tokens that a context may allow." },
  budgetMs: { value: 10 * minute, meaning: "The time that the work on one message takes, unless the context says." },
  budgetMostMs: { value: 1 * hour, meaning: "The longest time that a context may allow." },
  documentBytes: { value: 50 * MiB, meaning: "A document that is ingested; a larger one is named and left out." },
  feedbackCommentChars: { value: 10_000, meaning: "Characters of a feedback's comment." },
  feedbackScore: { value: 1_000_000, meaning: "The largest score of feedback; its negative is the smallest." },
  feedbackMs: {
    value: 7 * 24 * hour,
    meaning: "How long signed feedback urls hold, stateless runs take feedback, and unsent feedback is tried.",
  },
  traceValueChars: { value: 50_000, meaning: "Characters of one input or output in a trace; the rest is cut." },
  traceQueueBytes: { value: 32 * MiB, meaning: "Traces that wait to be sent; the oldest are dropped." },
  traceExportMs: { value: 5 * second, meaning: "Sending one batch of a trace." },
  traceDrainMs: { value: 5 * second, meaning: "Sending the traces that wait, when the server stops." },
  idempotencyMs: { value: 24 * hour, meaning: "How long an Idempotency-Key is remembered." },
  measuresMs: { value: 90 * day, meaning: "How long is kept what runs took and cost." },
  measuresHeld: { value: 10_000, meaning: "Runs whose measures wait for a database that does not take them." },
  statsRuns: { value: 200_000, meaning: "Runs that one look at the statistics reads, the newest first." },
} as const satisfies Record<string, LimitRow>;

export type Limits = Readonly<Record<keyof typeof limitTable, number>>;

export interface Config extends TracingSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly database: DatabaseSettings;
  /** Where clients reach this server, if not at its own address: what signed urls begin with; no slash at its end. */
  readonly publicUrl?: string | undefined;
  /** `provider:name`, or a name alone. */
  readonly model?: string | undefined;
  readonly openaiApiKey?: string | undefined;
  readonly openaiBaseUrl?: string | undefined;
  /** A JSON file with prices of models, on top of src/llm/prices.json. */
  readonly modelPricesFile?: string | undefined;
  /** Empty: everybody who reaches the port is let in, as the same owner. */
  readonly apiKeys: readonly { readonly owner: string; readonly key: string }[];
  /** Host names (lower case, without port) that are let in beside the loopback names. */
  readonly allowedHosts: readonly string[];
  /** Page origins that are let in beside the default ones; `*` lets in all. */
  readonly allowedOrigins: readonly string[];
  /** `host` or `host:port` that outgoing requests may go to although they are not on the public internet. */
  readonly allowedOutgoingHosts: readonly string[];
  readonly tools: ToolSettings;
  readonly retrieval: RetrievalSettings;
  /** Every secret of the environment, longest first: what must not leave the process in a trace or a file. */
  readonly secrets: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly limits: Limits;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** Every variable; its description ends the sentence "… is wrong: expected". */
const variables = z.object({
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]+$/)
    .default("127.0.0.1")
    .describe("a host name or an address to listen on"),
  PORT: wholeNumber(0, 65_535).default(8123).describe("a whole number from 0 (any free port) to 65535"),
  DATABASE_URL: databaseUrl
    .default({ kind: "sqlite", path: ".signalbox/signalbox.db" })
    .describe("sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"),
  PUBLIC_URL: httpUrl,
  MODEL: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: httpUrl,
  MODEL_PRICES: z.string().optional(),
  API_KEYS: apiKeys
    .default([])
    .describe(
      "NAME:KEY,NAME:KEY… with names of 1-64 letters, digits, _ or -, keys of 8 characters or more, none twice",
    ),
  ALLOWED_HOSTS: listOf(/^(\[[0-9a-f:]+\]|[a-z0-9._-]+)$/)
    .default([])
    .describe("host names without a port, separated by commas"),
  ALLOWED_ORIGINS: listOf(/^(\*|https?:\/\/[^/\s]+)$/)
    .default([])
    .describe("origins such as https://chat.example.com, separated by commas, or * for all"),
  ALLOWED_OUTGOING_HOSTS: listOf(/^(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:\d{1,5})?$/)
    .default([])
    .describe("host names or addresses, each with a port or without, separated by commas"),
  ...toolVariables,
  ...retrievalVariables,
  ...tracingVariables,
  LOG_LEVEL: z
    .enum(logLevels)
    .default("info")
    .describe(`one of ${logLevels.join(", ")}`),
});
const secretVariables: ReadonlySet<string> = new Set([
  "DATABASE_URL",
  "OPENAI_API_KEY",
  "API_KEYS",
  ...secretToolVariables,
  ...secretTracingVariables,
]);

/** True for the addresses and names that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * Reads all settings from `environment` (the process's own unless given). An empty string counts as unset.
 * @throws SignalboxError "invalid-configuration" that names every wrong variable and what it may be
 */
export function readConfig(environment: Environment = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const settings = variables.safeParse(given);
  const limits = readLimits(given);
  const problems = [...limits.problems];
  for (const name of new Set(settings.error?.issues.map((issue) => String(issue.path[0])))) {
    const allowed = variables.shape[name as keyof typeof variables.shape].description;
    problems.push(wrong(name, given[name], allowed));
  }
  if (settings.success && settings.data.API_KEYS.length === 0 && !isLoopback(settings.data.HOST)) {
    problems.push(
      `HOST is ${settings.data.HOST}, which others can reach: set API_KEYS to let them in by key, or use 127.0.0.1`,
    );
  }
  if (settings.success && isSameDatabase(settings.data.DATABASE_URL, settings.data.QUERY_DATABASE_URL)) {
    problems.push("QUERY_DATABASE_URL is the server's own database: give the tool one of its own");
  }
  const halfSet = settings.success && tracingProblem(settings.data);
  if (halfSet) problems.push(halfSet);
  if (!settings.success || problems.length > 0) {
    throw new SignalboxError("invalid-configuration", `Wrong configuration. ${problems.join(". ")}.`);
  }
  const { data } = settings;
  return concealing(
    {
      host: data.HOST,
      port: data.PORT,
      database: Object.freeze(data.DATABASE_URL),
      publicUrl: data.PUBLIC_URL?.replace(/\/+$/, ""),
      model: data.MODEL,
      openaiApiKey: data.OPENAI_API_KEY,
      openaiBaseUrl: data.OPENAI_BASE_URL,
      modelPricesFile: data.MODEL_PRICES,
      apiKeys: Object.freeze(data.API_KEYS),
      allowedHosts: Object.freeze(data.ALLOWED_HOSTS),
      allowedOrigins: Object.freeze(data.ALLOWED_ORIGINS),
      allowedOutgoingHosts: Object.freeze(data.ALLOWED_OUTGOING_HOSTS),
      tools: readTools(data),
      retrieval: readRetrieval(data),
      ...readTracing(data),
      secrets: secretsOf(given),
      logLevel: data.LOG_LEVEL,
      limits: limits.values,
    },
    "openaiApiKey",
    "secrets",
  );
}

function readLimits(given: Environment): { values: Limits; problems: string[] } {
  const problems: string[] = [];
  const rows = Object.entries<LimitRow>(limitTable).map(([name, row]) => {
    const text = row.variable === undefined ? undefined : given[row.variable];
    if (row.variable === undefined || text === undefined) return [name, row.value];
    const parsed = wholeNumber(1, 1_000_000_000).safeParse(text);
    if (!parsed.success) problems.push(wrong(row.variable, text, "a whole number from 1 to 1000000000"));
    return [name, parsed.data];
  });
  return { values: Object.freeze(Object.fromEntries(rows) as Limits), problems };
}

function wrong(name: string, value: string | undefined, allowed: string | undefined): string {
  const shown = secretVariables.has(name) ? "is wrong" : `is ${JSON.stringify(value)}`;
  return `${name} ${shown}; allowed: ${allowed}`;
}

let current: Config | undefined;

/** The settings of this process: what `configure` read last, or else what its environment says. */
export function currentConfig(): Config {
  current ??= readConfig();
  return current;
}

/** Reads the process's environment with `overrides` on top (command line options), and makes that the current config. */
export function configure(overrides: Environment = {}): Config {
  current = readConfig({ ...process.env, ...overrides });
  return current;
}

/** Adds a project's own variables to the process's environment; those that exist there win. */
export function addToEnvironment(project: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(project)) process.env[name] ??= value;
  current = undefined;
}
