/** The settings of the tools in tools/. */
import { z } from "zod";
import { concealing, type DatabaseSettings, databaseUrl, httpUrl, onOrOff } from "./values.ts";

/** What the tools that need settings are given; one without them is not offered to any model. */
export interface ToolSettings {
  readonly fetchPage: boolean;
  readonly searxngUrl?: string | undefined;
  readonly tavilyApiKey?: string | undefined;
  readonly wikipediaUrl?: string | undefined;
  /** Path of the OpenAPI 3 file whose operations are tools. */
  readonly openapiFile?: string | undefined;
  /** Where that API is, if its file does not say it, or says it wrongly. */
  readonly apiBaseUrl?: string | undefined;
  /** Sent with each call of it. */
  readonly apiHeader?: { readonly name: string; readonly value: string } | undefined;
  readonly runCode: boolean;
  /** JSON, or the path of a JSON file. */
  readonly mcpServers?: string | undefined;
  readonly queryDatabase?: DatabaseSettings | undefined;
}

const header = z.string().transform((text, context) => {
  const [, name, value] = /^([\w-]+):\s*([\x21-\x7e][\x20-\x7e]*)$/.exec(text) ?? [];
  if (name && value) return concealing({ name, value }, "value");
  context.addIssue("no header");
  return z.NEVER;
});

/** Their variables, as in config.ts. */
export const toolVariables = {
  FETCH_PAGE: onOrOff,
  SEARXNG_URL: httpUrl,
  TAVILY_API_KEY: z.string().optional(),
  WIKIPEDIA_URL: httpUrl,
  QUERY_DATABASE_URL: databaseUrl.optional().describe("sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME"),
  OPENAPI_FILE: z.string().optional(),
  API_BASE_URL: httpUrl,
  API_HEADER: header.optional().describe("NAME: VALUE, such as authorization: Bearer KEY"),
  RUN_CODE: onOrOff,
  MCP_SERVERS: z.string().optional(),
};

export const secretToolVariables = ["TAVILY_API_KEY", "QUERY_DATABASE_URL", "API_HEADER", "MCP_SERVERS"];

export function readTools(data: z.infer<z.ZodObject<typeof toolVariables>>): ToolSettings {
  return concealing(
    {
      fetchPage: data.FETCH_PAGE,
      searxngUrl: data.SEARXNG_URL,
      tavilyApiKey: data.TAVILY_API_KEY,
      wikipediaUrl: data.WIKIPEDIA_URL,
      openapiFile: data.OPENAPI_FILE,
      apiBaseUrl: data.API_BASE_URL,
      apiHeader: data.API_HEADER,
      runCode: data.RUN_CODE,
      mcpServers: data.MCP_SERVERS,
      queryDatabase: data.QUERY_DATABASE_URL,
    },
    "tavilyApiKey",
    "mcpServers",
  );
}
