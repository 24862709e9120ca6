/** Holds requests against Langfuse's own API description (test/fixtures/langfuse/openapi.yml). */
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import { parse } from "yaml";

interface Operation {
  readonly pattern: RegExp;
  readonly method: string;
  /** The names of its query's parameters, and those that must be there. */
  readonly known: ReadonlySet<string>;
  readonly required: readonly string[];
  readonly body: ValidateFunction | undefined;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
}
interface Description {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: object }> };
}

let operations: readonly Operation[] | undefined;

/** What is wrong with a request to Langfuse, line by line; nothing where it is as described. */
export function problemsOfRequest(method: string, path: string, body: unknown): string[] {
  operations ??= readOperations();
  const url = new URL(path, "http://langfuse");
  const operation = operations.find((each) => each.method === method && each.pattern.test(url.pathname));
  if (!operation) return [`${method} ${url.pathname}: there is no such operation`];
  const { known, required } = operation;
  const validate = operation.body;
  const asked = [...url.searchParams.keys()];
  const problems = [
    ...asked.filter((name) => !known.has(name)).map((name) => `the query has ${name}, which is unknown`),
    ...required.filter((name) => !asked.includes(name)).map((name) => `the query lacks ${name}`),
    ...(validate && !validate(body)
      ? (validate.errors ?? []).map((error) => `body${error.instancePath} ${error.message}`)
      : []),
  ];
  return problems.map((problem) => `${method} ${url.pathname}: ${problem}`);
}

function readOperations(): Operation[] {
  const text = readFileSync(new URL("../fixtures/langfuse/openapi.yml", import.meta.url), "utf8");
  const document = withNulls(parse(text)) as {
    paths: Record<string, Record<string, Description>>;
    components: object;
  };
  const ajv = new Ajv({ strict: false, validateFormats: true, allErrors: false });
  formats.default(ajv);
  ajv.addSchema({ $id: "langfuse", components: document.components });
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const query = parameters.filter((parameter) => parameter.in === "query");
      const schema = requestBody?.content["application/json"]?.schema;
      return {
        pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
        method: method.toUpperCase(),
        known: new Set(query.map(({ name }) => name)),
        required: query.filter(({ required }) => required).map(({ name }) => name),
        body: schema && ajv.compile(schema),
      };
    }),
  );
}

/** OpenAPI 3.0 says `nullable`, JSON Schema says it as a type; references go to the one document. */
function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls);
  if (typeof value !== "object" || value === null) return value;
  const { nullable, ...rest } = value as Record<string, unknown>;
  const schema = Object.fromEntries(
    Object.entries(rest).map(([name, part]) => [
      name,
      name === "$ref" && typeof part === "string" ? part.replace(/^#/, "langfuse#") : withNulls(part),
    ]),
  );
  return nullable === true ? { anyOf: [schema, { type: "null" }] } : schema;
}
