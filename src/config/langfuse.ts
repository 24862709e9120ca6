/** The settings of tracing: Langfuse's keys, and any other backend that takes OTLP. */
import { z } from "zod";
import { concealing, httpUrl } from "./values.ts";

export interface LangfuseSettings {
  readonly publicKey: string;
  readonly secretKey: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly environment?: string | undefined;
  readonly release?: string | undefined;
}

export interface OtlpSettings {
  /** Where spans are posted as JSON. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TracingSettings {
  /** Only where both keys are set. */
  readonly langfuse?: LangfuseSettings | undefined;
  readonly otlp?: OtlpSettings | undefined;
  /** The names of the headers that are the OTLP backend's: its exporter would add them to Langfuse's too. */
  readonly otlpHeaderNames: readonly string[];
  /** The share of traces that are sent, 0 to 1; of one trace everything or nothing. */
  readonly traceSampleRate: number;
}

const cloud = "https://cloud.langfuse.com";

/** `name=value,name=value` with values in percent-encoding, as OpenTelemetry has it. */
const headerList = z.string().transform((list, context): Record<string, string> => {
  const pairs = list.split(",").flatMap((entry): [string, string][] => {
    const [, name, value] = /^\s*([\w-]+)\s*=\s*([\x21-\x7e][\x20-\x7e]*?)\s*$/.exec(entry) ?? [];
    if (name && value && isDecodable(value)) return [[name, decodeURIComponent(value)]];
    context.addIssue("no header");
    return [];
  });
  return Object.fromEntries(pairs);
});

const headers = headerList.optional().describe("NAME=VALUE,NAME=VALUE…, values in percent-encoding");

function isDecodable(value: string): boolean {
  try {
    return /^[\x20-\x7e]*$/.test(decodeURIComponent(value));
  } catch {
    return false;
  }
}

/** Its variables, as in config.ts. */
export const tracingVariables = {
  LANGFUSE_PUBLIC_KEY: z.string().optional(),
  LANGFUSE_SECRET_KEY: z.string().optional(),
  LANGFUSE_BASE_URL: httpUrl,
  LANGFUSE_TRACING_ENVIRONMENT: z
    .string()
    .regex(/^(?!langfuse)[a-z0-9_-]{1,40}$/)
    .optional()
    .describe("1-40 small letters, digits, _ or -, not beginning with langfuse"),
  LANGFUSE_RELEASE: z.string().max(200).optional().describe("200 characters at most"),
  LANGFUSE_SAMPLE_RATE: z
    .string()
    .regex(/^\d*\.?\d+$/)
    .default("1")
    .transform(Number)
    .pipe(z.number().max(1))
    .describe("a number from 0 (no trace is sent) to 1 (all are)"),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_HEADERS: headers,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers,
};

export const secretTracingVariables = [
  "LANGFUSE_SECRET_KEY",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

/** Half a pair of keys sends nothing, and would look as if it did. */
export function tracingProblem(data: z.infer<z.ZodObject<typeof tracingVariables>>): string | undefined {
  const { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey } = data;
  if ((publicKey === undefined) === (secretKey === undefined)) return undefined;
  const [set, missing] = publicKey === undefined ? ["SECRET", "PUBLIC"] : ["PUBLIC", "SECRET"];
  return `LANGFUSE_${set}_KEY is set, and LANGFUSE_${missing}_KEY is not: set both, or neither`;
}

export function readTracing(data: z.infer<z.ZodObject<typeof tracingVariables>>): TracingSettings {
  const { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey, LANGFUSE_BASE_URL: baseUrl } = data;
  const endpoint = data.OTEL_EXPORTER_OTLP_ENDPOINT;
  // Those for traces win, as OpenTelemetry has it.
  const otlpHeaders = { ...data.OTEL_EXPORTER_OTLP_HEADERS, ...data.OTEL_EXPORTER_OTLP_TRACES_HEADERS };
  return {
    langfuse:
      publicKey === undefined || secretKey === undefined
        ? undefined
        : concealing(
            {
              publicKey,
              secretKey,
              baseUrl: withoutSlash(baseUrl ?? cloud),
              environment: data.LANGFUSE_TRACING_ENVIRONMENT,
              release: data.LANGFUSE_RELEASE,
            },
            "secretKey",
          ),
    otlp:
      endpoint === undefined
        ? undefined
        : concealing({ url: `${withoutSlash(endpoint)}/v1/traces`, headers: otlpHeaders }, "headers"),
    otlpHeaderNames: Object.keys(otlpHeaders),
    traceSampleRate: data.LANGFUSE_SAMPLE_RATE,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
