/** The operations of an OpenAPI 3 file, as far as a tool can call them. */
import { parse } from "yaml";
import { z } from "zod";

export type JsonSchema = Record<string, unknown>;

export interface Parameter {
  /** What the model calls it: its name, which is unique within the operation. */
  readonly argument: string;
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  /** Whether each value of a list is written with the name again. */
  readonly isExploded: boolean;
  readonly schema: JsonSchema;
}

export interface Operation {
  /** Of letters, digits, _ and -. */
  readonly name: string;
  readonly description: string;
  /** In upper case. */
  readonly method: string;
  /** With `{name}` where path parameters go. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: { readonly required: boolean; readonly schema: JsonSchema } | undefined;
}

export interface Api {
  /** Where the file says that the API is. */
  readonly baseUrl: string | undefined;
  readonly operations: readonly Operation[];
}

const methods = ["get", "head", "post", "put", "patch", "delete"] as const;
/** How deep schemas may refer to others before they are left open. */
const deepestReference = 6;
/** What the caller of a tool has no say in. */
const ownHeaders = new Set(["accept", "authorization", "content-type", "cookie", "host"]);

const Schema = z.record(z.string(), z.unknown()).catch({});
const ParameterObject = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().default(false),
  description: z.string().optional(),
  explode: z.boolean().default(true),
  schema: Schema.default({}),
});
const OperationObject = z.object({
  operationId: z.string().optional(),
  summary: z.string().default(""),
  description: z.string().default(""),
  parameters: z.array(ParameterObject).default([]),
  requestBody: z
    .object({
      required: z.boolean().default(false),
      content: z.record(z.string(), z.object({ schema: Schema.default({}) })),
    })
    .optional(),
});
const Document = z.object({
  openapi: z.string().startsWith("3."),
  servers: z.array(z.object({ url: z.string() })).default([]),
  paths: z.record(z.string().startsWith("/"), z.record(z.string(), z.unknown())),
});

/**
 * Reads a file's text, JSON or YAML. Operations that take a body of another type than JSON are left out.
 * @throws Error that says what is wrong with it
 */
export function readOpenApi(text: string): Api {
  const given: unknown = parse(text);
  const document = Document.parse(given);
  const operations = Object.entries(document.paths).flatMap(([path, item]) => {
    const shared = z.array(z.unknown()).default([]).parse(item.parameters);
    return methods.flatMap((method) => {
      if (item[method] === undefined) return [];
      const own = z.looseObject({ parameters: z.array(z.unknown()).default([]) }).parse(item[method]);
      // An operation's own parameters come last, and count where both have one.
      const resolved = resolveReferences({ ...own, parameters: [...shared, ...own.parameters] }, given);
      return operationOf(method, path, OperationObject.parse(resolved));
    });
  });
  return { baseUrl: document.servers[0]?.url, operations };
}

function operationOf(method: string, path: string, operation: z.infer<typeof OperationObject>): Operation[] {
  const { operationId = `${method}${path}`, summary, description, requestBody } = operation;
  const json = Object.entries(requestBody?.content ?? {}).find(([type]) =>
    /^application\/([\w.-]+\+)?json\b/.test(type),
  );
  if (requestBody?.required && !json) return [];
  return [
    {
      name: operationId
        .replace(/[^\w-]+/g, "_")
        .replace(/^_+|_+$/g, "")
        .slice(0, 59),
      description:
        [summary, description].filter(Boolean).join(". ").slice(0, 1_000) || `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters: parametersOf(operation.parameters),
      body: json && { required: requestBody?.required ?? false, schema: json[1].schema },
    },
  ];
}

function parametersOf(given: readonly z.infer<typeof ParameterObject>[]): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const { name, in: place, required, description, explode: isExploded, schema } of given) {
    if (place !== "path" && place !== "query" && place !== "header") continue;
    if (place === "header" && ownHeaders.has(name.toLowerCase())) continue;
    const isTaken = name === "body" || [...found.values()].some((other) => other.name === name && other.in !== place);
    const argument = isTaken ? `${place}_${name}` : name;
    const described = description === undefined ? schema : { ...schema, description };
    found.set(`${place} ${name}`, {
      argument,
      name,
      in: place,
      required: required || place === "path",
      isExploded,
      schema: described,
    });
  }
  return [...found.values()];
}

/**
 * A copy with each `$ref` into the same file replaced by what it refers to. A reference to a schema that it stands in
 * is left open: a tree whose nodes have six children would be a schema of a megabyte.
 * @param within the references that led here
 */
function resolveReferences(value: unknown, root: unknown, within: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((element) => resolveReferences(element, root, within));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value && typeof value.$ref === "string") {
    if (within.includes(value.$ref) || within.length === deepestReference) return {};
    return resolveReferences(referredTo(value.$ref, root), root, [...within, value.$ref]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolveReferences(each, root, within)]));
}

function referredTo(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#/")) throw new Error(`${reference} is in another file; one file must have all`);
  const keys = reference
    .slice(2)
    .split("/")
    .map((key) => decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~"));
  const found = keys.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    root,
  );
  if (found === undefined) throw new Error(`${reference} is not in the file`);
  return found;
}
