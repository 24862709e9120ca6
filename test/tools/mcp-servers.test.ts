/** Tools of MCP servers: a real one, as a program and over HTTP. */
import { on } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { StructuredTool } from "@langchain/core/tools";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { afterEach, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { mcpTools } from "../../tools/mcp-servers.ts";
import { closeTools, describeTools } from "../../tools/registry.ts";
import { listenOnLoopback } from "../net/loopback.ts";
import { createMcpServer } from "./mcp-server.ts";

const program = { command: process.execPath, args: [fileURLToPath(new URL("mcp-server.ts", import.meta.url))] };

/** A server over HTTP that keeps no sessions; it answers only those who bring the key. */
async function serveOverHttp(key: string): Promise<string> {
  const { url } = await listenOnLoopback(async (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers["x-key"] !== key) return response.writeHead(401).end();
    if (request.method !== "POST") return response.writeHead(405).end();
    const transport = new StreamableHTTPServerTransport({});
    await createMcpServer().connect(transport as Parameters<ReturnType<typeof createMcpServer>["connect"]>[0]);
    await transport.handleRequest(request, response);
  });
  return `${url}/mcp`;
}

function configureServers(servers: Record<string, unknown>): void {
  configure({ MCP_SERVERS: JSON.stringify(servers) });
}

/** What is said of this server, and of no other thing that Node warns of, from now on. */
async function warningOf(server: string): Promise<string> {
  for await (const [{ message }] of on(process, "warning"))
    if (message.startsWith(`The MCP server ${server} `)) return message;
  return expect.unreachable("warnings have no end");
}

/** Calls a tool as a model does, and gives the text of its answer. */
async function call(tools: readonly StructuredTool[], name: string, args: object = {}): Promise<string> {
  const tool = tools.find((each) => each.name === name);
  if (!tool) throw new Error(`There is no tool ${name} among ${tools.map((each) => each.name)}`);
  const message = await tool.invoke({ type: "tool_call", id: "1", name, args: { ...args } });
  return message.text;
}

afterEach(async () => {
  await closeTools();
  configure();
});

describe.each([
  ["a program", async () => program],
  ["a service over HTTP", async () => ({ url: await serveOverHttp("canary"), headers: { "x-key": "canary" } })],
])("An MCP server that is %s", (_, settings) => {
  test("has its tools offered under its name, each with its effect, and called", async () => {
    configureServers({ box: await settings() });
    const tools = await mcpTools();
    const effects = Object.fromEntries(tools.map(({ name, metadata }) => [name, metadata]));
    expect(effects).toMatchObject({ box__state: { effect: "read" }, box__pull: { effect: "external" } });
    expect(await call(tools, "box__state", { signal: "A1" })).toBe("A1 is at danger");
    expect(await call(tools, "box__pull", { lever: 7 })).toBe("lever 7 is pulled");
  });

  test("has its errors told to the model, with what was wrong", async () => {
    configureServers({ box: await settings() });
    const tools = await mcpTools();
    await expect(call(tools, "box__jam")).rejects.toThrow(/jammed/);
    await expect(call(tools, "box__pull", { lever: "seven" })).rejects.toThrow(/lever/);
  });

  test("has its tools named and described as models can take them", async () => {
    configureServers({ box: await settings() });
    const tools = await mcpTools();
    expect(await call(tools, "box__levers_list")).toBe("1, 2, 3");
    for (const { name, description } of tools) {
      expect(name).toMatch(/^[\w-]{1,64}$/);
      expect(description.length).toBeLessThanOrEqual(2_000);
    }
  });

  test("has long answers cut off", async () => {
    configureServers({ box: await settings() });
    const answer = await call(await mcpTools(), "box__register");
    expect(answer).toMatch(/xyyyyyyyyyy… \[cut off\]$/);
  });
});

describe("The program of an MCP server", () => {
  test("is started once, and ends when tools are closed", async () => {
    configureServers({ box: program });
    const [one, other] = await Promise.all([mcpTools(), mcpTools()]);
    const processId = await call(one, "box__process");
    expect(await call(other, "box__process")).toBe(processId);
    await closeTools();
    expect(() => process.kill(Number(processId), 0)).toThrow(/ESRCH/);
  });

  test("has those tools offered that it says it has now", async () => {
    configureServers({ box: program });
    expect((await mcpTools()).map(({ name }) => name)).not.toContain("box__points");
    await call(await mcpTools(), "box__extend");
    expect(await call(await mcpTools(), "box__points")).toBe("set");
  });

  test("that has 500 tools has as many offered as providers take, and is named in a warning", async () => {
    configureServers({ box: { ...program, args: [...program.args, "500"] } });
    const warned = warningOf("box");
    expect(await mcpTools()).toHaveLength(128);
    expect(await warned).toMatch(/^The MCP server box has 508 tools; 128 are offered/);
  });

  test("is started again after it has crashed", async () => {
    configureServers({ box: program });
    const tools = await mcpTools();
    const processId = await call(tools, "box__process");
    await expect(call(tools, "box__crash")).rejects.toThrow(/closed/i);
    expect(await call(await mcpTools(), "box__process")).not.toBe(processId);
  });
});

describe("A server that does not answer", () => {
  test.each([
    ["is no program", { command: "/nowhere/at-all" }, /The MCP server broken is left out for now: .*ENOENT/],
    ["ends at once", { command: process.execPath, args: ["-e", "0"] }, /broken is left out for now: .*closed/],
    ["leads elsewhere", { url: "http://broken.invalid/mcp" }, /broken is left out for now: .*no host broken\.invalid/],
  ])("because it %s is named and left out", async (_, broken, warning) => {
    configureServers({ broken, box: program });
    const warned = warningOf("broken");
    const tools = await mcpTools();
    expect(tools.map(({ name }) => name)).toContain("box__state");
    expect(await warned).toMatch(warning);
  });

  test("is not waited for again by the next run", async () => {
    const { url, requests } = await listenOnLoopback((_, response) => response.writeHead(500).end());
    configureServers({ broken: { url } });
    await mcpTools();
    const asked = requests.length;
    await mcpTools();
    expect([asked, requests.length]).toEqual([1, 1]);
  });

  test("is told no key of another: a redirect elsewhere is refused", async () => {
    const stranger = await listenOnLoopback((_, response) => response.end());
    const { url } = await listenOnLoopback((_, response) => response.writeHead(307, { location: stranger.url }).end());
    configureServers({ broken: { url, headers: { "x-key": "canary" } } });
    expect(await mcpTools()).toEqual([]);
    expect(stranger.requests).toEqual([]);
  });
});

describe("MCP_SERVERS", () => {
  test("may be a file in the form of other programs", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-mcp-"));
    const file = join(folder, "servers.json");
    await writeFile(file, JSON.stringify({ mcpServers: { box: { type: "stdio", ...program } } }));
    configure({ MCP_SERVERS: file });
    expect(await describeTools()).toContain("box__* (MCP)");
    await rm(folder, { recursive: true });
  });

  test.each([
    ['{"box": {"headers": {"x-key": "canary"}}}', /box/],
    ['{"box": {"command": "x", "args": "canary"}}', /box/],
    ['{"box": {"url": "canary:8000/mcp"}}', /box/],
    ['{"a b": {"command": "x"}}', /a b/],
    ["{canary", /it is not JSON/],
    ["/nowhere/servers.json", /ENOENT/],
  ])("that is wrong stops the start, by name and without its keys: %s", async (text, reason) => {
    configure({ MCP_SERVERS: text });
    await expect(describeTools()).rejects.toThrow(reason);
    await expect(describeTools()).rejects.toThrow(/^MCP_SERVERS is wrong: (?!.*canary)/s);
  });
});
