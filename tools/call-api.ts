/** The operations of one configured API, each as a tool of its own. */
import { readFile } from "node:fs/promises";
import { DynamicStructuredTool, type StructuredTool } from "@langchain/core/tools";
import { z } from "zod";
import { currentConfig, type ToolSettings } from "../src/config.ts";
import { SignalboxError } from "../src/errors.ts";
import { hostAndPort } from "../src/net/destination.ts";
import { guardedFetch } from "../src/net/guarded-fetch.ts";
import type { ToolMetadata } from "./metadata.ts";
import type { Api, Operation, Parameter } from "./shared/openapi.ts";

/** More tools than this no model chooses from well. */
const mostOperations = 64;
const mostBytes = 2 * 1024 * 1024;
const mostCharacters = 20_000;

/** Tools are asked for before each call of a model, and to read a large file takes a second. */
const known = new WeakMap<ToolSettings, Promise<StructuredTool[]>>();

/**
 * A tool for each operation of OPENAPI_FILE, named `api__` and its operationId. GET and HEAD read; all others are external.
 * The file is read once under the same settings.
 * @throws SignalboxError "invalid-configuration" where the file cannot be used
 */
export function apiTools(): Promise<StructuredTool[]> {
  const { tools: settings } = currentConfig();
  const tools = known.get(settings) ?? readTools(settings);
  known.set(settings, tools);
  // What cannot be used may have been mended when it is asked for again.
  tools.catch(() => known.delete(settings));
  return tools;
}

async function readTools({ openapiFile, apiBaseUrl }: ToolSettings): Promise<StructuredTool[]> {
  if (openapiFile === undefined) return [];
  const { operations, baseUrl = "" } = await readApi(openapiFile);
  if (operations.length === 0 || operations.length > mostOperations) {
    throw wrong(`${openapiFile} has ${operations.length} operations; allowed: 1 to ${mostOperations}`);
  }
  const base = apiBaseUrl ?? baseUrl;
  if (!/^https?:\/\//.test(base) || !URL.canParse(base)) {
    throw wrong(`${openapiFile} does not say where the API is: set API_BASE_URL`);
  }
  const names = new Set(operations.map(({ name }) => name));
  if (names.size < operations.length) throw wrong(`${openapiFile} has two operations of the same name`);
  return operations.map((operation) => toTool(operation, base));
}

async function readApi(file: string): Promise<Api> {
  // With a parser of YAML, which only this needs.
  const { readOpenApi } = await import("./shared/openapi.ts");
  try {
    return readOpenApi(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw wrong(`${file} is no OpenAPI 3 file that can be used: ${reason}`, cause);
  }
}

function wrong(reason: string, cause?: unknown): SignalboxError {
  return new SignalboxError("invalid-configuration", `OPENAPI_FILE is wrong: ${reason}.`, { cause });
}

function toTool(operation: Operation, baseUrl: string): StructuredTool {
  const { name, description, method, parameters, body } = operation;
  const required = parameters.filter((parameter) => parameter.required).map(({ argument }) => argument);
  return new DynamicStructuredTool({
    name: `api__${name}`,
    description,
    schema: {
      type: "object",
      properties: {
        ...Object.fromEntries(parameters.map(({ argument, schema }) => [argument, schema])),
        ...(body && { body: body.schema }),
      },
      required: body?.required ? [...required, "body"] : required,
      additionalProperties: false,
    },
    // So that the model reads which argument is wrong.
    verboseParsingErrors: true,
    metadata: { effect: method === "GET" || method === "HEAD" ? "read" : "external" } satisfies ToolMetadata,
    func: (given, _, config) => call(operation, baseUrl, given as Record<string, unknown>, config?.signal),
  });
}

async function call(
  operation: Operation,
  baseUrl: string,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { apiBaseUrl, apiHeader } = currentConfig().tools;
  const headers = new Headers({ accept: "application/json, text/*;q=0.9" });
  for (const [{ name }, value] of valuesIn("header", operation, given)) headers.set(name, String(value));
  if (given.body !== undefined) headers.set("content-type", "application/json");
  // Last, so that no argument takes its place.
  if (apiHeader) headers.set(apiHeader.name, apiHeader.value);
  const response = await guardedFetch(urlOf(operation, baseUrl, given), {
    method: operation.method,
    headers,
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
    maxBytes: mostBytes,
    signal,
    // Where the operator says that it is, it may be anywhere; where the file says so, on the internet.
    allowedHosts: apiBaseUrl ? [hostAndPort(new URL(apiBaseUrl))] : [],
  });
  const text = await response.text();
  const shown = text.length > mostCharacters ? `${text.slice(0, mostCharacters)}… [cut off]` : text;
  const answer = `${response.status} ${response.statusText}\n${shown}`.trim();
  if (!response.ok) throw new Error(`The API answered ${answer}`);
  return answer;
}

/**
 * A list in the query is written as its parameter wants it: `a=1&a=2`, or `a=1,2`.
 * @throws Error for a value that would lead to another path
 */
function urlOf(operation: Operation, baseUrl: string, given: Readonly<Record<string, unknown>>): URL {
  let { path } = operation;
  for (const [{ name, argument }, value] of valuesIn("path", operation, given)) {
    const text = String(value);
    if (["", ".", ".."].includes(text)) throw new Error(`${argument} cannot be "${text}".`);
    path = path.replaceAll(`{${name}}`, () => encodeURIComponent(text));
  }
  const url = new URL(baseUrl.replace(/\/$/, "") + path);
  for (const [{ name, isExploded }, value] of valuesIn("query", operation, given)) {
    const texts = (Array.isArray(value) ? value : [value]).map((each) =>
      typeof each === "object" ? JSON.stringify(each) : String(each),
    );
    for (const text of isExploded ? texts : [texts.join(",")]) url.searchParams.append(name, text);
  }
  return url;
}

function valuesIn(place: Parameter["in"], { parameters }: Operation, given: Readonly<Record<string, unknown>>) {
  return parameters
    .filter((parameter) => parameter.in === place && (given[parameter.argument] ?? null) !== null)
    .map((parameter) => [parameter, given[parameter.argument]] as const);
}
