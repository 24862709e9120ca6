/** The operations of an API as tools: a real OpenAPI file, and a server that says what it was asked. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { StructuredTool } from "@langchain/core/tools";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { apiTools } from "../../tools/call-api.ts";
import { type LoopbackServer, listenOnLoopback } from "../net/loopback.ts";

const file = `
openapi: 3.1.0
info: { title: Trains, version: "1" }
servers: [{ url: https://trains.example.com/v1 }]
components:
  parameters:
    limit: { name: limit, in: query, schema: { type: integer, maximum: 50 } }
  schemas:
    Train:
      type: object
      required: [number]
      properties:
        number: { type: integer }
        next: { $ref: "#/components/schemas/Train" }
paths:
  /lines/{line}/trains:
    parameters:
      - { name: line, in: path, required: true, schema: { type: string } }
    get:
      operationId: listTrains
      summary: Lists the trains of a line
      parameters:
        - { $ref: "#/components/parameters/limit" }
        - { name: stops, in: query, schema: { type: array, items: { type: string } } }
        - { name: until, in: query, schema: { type: [string, "null"] } }
        - { name: days, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: x-trace, in: header, schema: { type: string } }
        - { name: authorization, in: header, schema: { type: string } }
    post:
      operationId: add train!
      description: Adds a train.
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Train" } } }
  /lines/{line}:
    delete:
      parameters:
        - { name: line, in: path, required: true, schema: { type: string } }
        - { name: line, in: query, schema: { type: string } }
    put:
      operationId: upload
      requestBody: { required: true, content: { image/png: {} } }
`;

let folder: string;
let server: LoopbackServer;
let answer: (request: IncomingMessage, response: ServerResponse) => unknown;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-api-"));
  server = await listenOnLoopback((request, response) => answer(request, response));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => configure());

async function write(content: string): Promise<string> {
  const path = join(folder, "openapi.yaml");
  await writeFile(path, content);
  return path;
}

async function configureApi(settings: Record<string, string> = {}): Promise<StructuredTool[]> {
  configure({ OPENAPI_FILE: await write(file), API_BASE_URL: `${server.url}/v1/`, ...settings });
  return apiTools();
}

async function call(tools: StructuredTool[], name: string, args: Record<string, unknown>): Promise<string> {
  const tool = tools.find((each) => each.name === name);
  if (!tool) throw new Error(`There is no tool ${name} among ${tools.map((each) => each.name)}`);
  const message = await tool.invoke({ type: "tool_call", id: "1", name, args });
  return message.text;
}

/** Answers with what was asked. */
const echo = async (request: IncomingMessage, response: ServerResponse) => {
  const { method, url, headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: await text(request) }));
};

describe("An API's operations", () => {
  test("are tools, each with its effect, its description and its own arguments", async () => {
    const tools = await configureApi();
    const shown = tools.map(({ name, description, metadata }) => [name, description, metadata?.effect]);
    expect(shown).toEqual([
      ["api__listTrains", "Lists the trains of a line", "read"],
      ["api__add_train", "Adds a train.", "external"],
      ["api__delete_lines_line", "DELETE /lines/{line}", "external"],
    ]);
    expect(tools[0]?.schema).toMatchObject({
      properties: { line: { type: "string" }, limit: { type: "integer", maximum: 50 }, stops: {}, "x-trace": {} },
      required: ["line"],
    });
    expect(tools[0]?.schema).not.toHaveProperty("properties.authorization");
  });

  test("leave open what refers to itself", async () => {
    const [, add] = await configureApi();
    expect(add?.schema).toMatchObject({ properties: { body: { properties: { number: {}, next: {} } } } });
    expect(add?.schema).not.toHaveProperty("properties.body.properties.next.properties");
  });

  test("are read from their file once under the same settings", async () => {
    const tools = await configureApi();
    await write("changed meanwhile");
    expect(await apiTools()).toBe(tools);
    configure({ OPENAPI_FILE: join(folder, "openapi.yaml") });
    await expect(apiTools()).rejects.toThrow(/no OpenAPI 3 file/);
  });

  test("are called with each argument in its place", async () => {
    answer = echo;
    const tools = await configureApi();
    const args = { line: "A/B c", limit: 5, stops: ["x", "y&z"], days: ["mo", "tu"], until: null, "x-trace": "t" };
    const answered = await call(tools, "api__listTrains", args);
    expect(answered).toMatch(/^200 OK\n/);
    const { method, url, headers } = JSON.parse(answered.slice("200 OK\n".length));
    expect([method, url]).toEqual(["GET", "/v1/lines/A%2FB%20c/trains?limit=5&stops=x&stops=y%26z&days=mo%2Ctu"]);
    expect(headers).toMatchObject({ "x-trace": "t" });
  });

  test("take a body, and tell arguments of one name apart", async () => {
    answer = echo;
    const tools = await configureApi();
    const added = await call(tools, "api__add_train", { line: "A", body: { number: 7, next: { number: 8 } } });
    const { method, headers, body } = JSON.parse(added.slice("200 OK\n".length));
    expect([method, headers["content-type"], body]).toEqual([
      "POST",
      "application/json",
      '{"number":7,"next":{"number":8}}',
    ]);
    expect(await call(tools, "api__delete_lines_line", { line: "A", query_line: "B" })).toContain(
      '"/v1/lines/A?line=B"',
    );
  });

  test("are called with the configured key, which no argument replaces and no model sees", async () => {
    answer = echo;
    const tools = await configureApi({ API_HEADER: "X-Trace: canary" });
    expect(await call(tools, "api__listTrains", { line: "A", "x-trace": "mine" })).toContain('"x-trace":"canary"');
    expect(JSON.stringify(tools.map(({ schema }) => schema))).not.toContain("canary");
  });

  test.each([
    ["api__listTrains", {}, /line/],
    ["api__listTrains", { line: "A", limit: 51 }, /limit.*50/],
    ["api__listTrains", { line: "A", other: 1 }, /other/],
    ["api__add_train", { line: "A", body: {} }, /number/],
    ["api__listTrains", { line: ".." }, /line cannot be "\.\."/],
    ["api__listTrains", { line: "" }, /line cannot be ""/],
    ["api__listTrains", { line: "A", "x-trace": "a\r\nb: c" }, /./],
  ])("refuse arguments that are wrong: %s %j", async (name, args, reason) => {
    answer = echo;
    const before = server.requests.length;
    await expect(call(await configureApi(), name, args)).rejects.toThrow(reason);
    expect(server.requests.length).toBe(before);
  });

  test("tell the model what the API says is wrong", async () => {
    answer = (_, response) => response.writeHead(422).end('{"detail": "no such line"}');
    const called = call(await configureApi(), "api__listTrains", { line: "A" });
    await expect(called).rejects.toThrow('The API answered 422 Unprocessable Entity\n{"detail": "no such line"}');
  });

  test("have long answers cut off", async () => {
    answer = (_, response) => response.end("x".repeat(30_000));
    const answered = await call(await configureApi(), "api__listTrains", { line: "A" });
    expect(answered.length).toBeLessThan(20_100);
    expect(answered).toMatch(/x… \[cut off\]$/);
  });

  test("are called on the public internet alone where only the file says where they are", async () => {
    const path = await write(file.replace("https://trains.example.com", server.url));
    configure({ OPENAPI_FILE: path });
    await expect(call(await apiTools(), "api__listTrains", { line: "A" })).rejects.toThrow(/is not called/);
  });
});

describe("An OpenAPI file stops the start", () => {
  test.each([
    ["that is none", "swagger: '2.0'\npaths: {}", /no OpenAPI 3 file.*openapi/s],
    ["that is no YAML", "{ openapi: [", /no OpenAPI 3 file/],
    ["that has no operations", "openapi: 3.0.0\npaths: {}", /0 operations; allowed: 1 to 64/],
    ["that does not say where the API is", file.replace("https://trains.example.com", ""), /set API_BASE_URL/],
    [
      "that refers to another",
      file.replace("#/components/parameters/limit", "other.yaml#/limit"),
      /is in another file/,
    ],
    [
      "that refers to nothing",
      file.replace("#/components/parameters/limit", "#/nowhere"),
      /#\/nowhere is not in the file/,
    ],
    ["that has two of a name", file.replace("add train!", "listTrains"), /two operations of the same name/],
  ])("%s", async (_, content, reason) => {
    configure({ OPENAPI_FILE: await write(content) });
    await expect(apiTools()).rejects.toThrow(reason);
    await expect(apiTools()).rejects.toMatchObject({ code: "invalid-configuration" });
  });

  test("that is not there", async () => {
    configure({ OPENAPI_FILE: join(folder, "nowhere.json") });
    await expect(apiTools()).rejects.toThrow(/OPENAPI_FILE is wrong: .*ENOENT/);
  });

  test("is read again once it is mended", async () => {
    configure({ OPENAPI_FILE: await write("no API"), API_BASE_URL: server.url });
    await expect(apiTools()).rejects.toThrow(/no OpenAPI 3 file/);
    await write(file);
    expect(await apiTools()).toHaveLength(3);
  });
});
