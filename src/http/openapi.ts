/** The OpenAPI document, made from the table of routes. */
import { z } from "zod";
import type { Route } from "./route.ts";

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  components: object;
  security: object[];
  paths: Record<string, Record<string, OpenApiOperation>>;
}

export interface OpenApiOperation {
  summary: string;
  parameters: { name: string; in: "path" | "query"; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
  security?: object[];
}

/** Describes every route of the table: parameters, body, answer. */
export function openApiDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const entry of routes) {
    const path = entry.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [entry.method]: operation(entry) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Signalbox", version, description: "The LangGraph Platform API." },
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "x-api-key" } } },
    security: [{ key: [] }],
    paths,
  };
}

function operation({ summary, schemas, status = 200, gives, open, path }: Route): OpenApiOperation {
  const error = {
    description: "One line of text that says what is wrong.",
    content: { "text/plain": { schema: { type: "string" } } },
  };
  return {
    summary,
    parameters: [
      ...parameters("path", schemas.params).filter(({ name }) => path.includes(`:${name}`)),
      ...parameters("query", schemas.query),
    ],
    ...(schemas.body && { requestBody: { content: { "application/json": { schema: jsonSchema(schemas.body) } } } }),
    responses: { [status]: { description: "Success.", ...content(gives) }, default: error },
    ...(open && { security: [] }),
  };
}

function content(gives: Route["gives"]): { content?: Record<string, { schema: object }> } {
  if (gives === undefined) return {};
  if (gives === "events") return { content: { "text/event-stream": { schema: { type: "string" } } } };
  return { content: { "application/json": { schema: jsonSchema(gives) } } };
}

function parameters(place: "path" | "query", schema: z.ZodType): OpenApiOperation["parameters"] {
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: Object(property),
  }));
}

/** What a client writes, which is the input of schemas that transform. */
function jsonSchema(schema: z.ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}
