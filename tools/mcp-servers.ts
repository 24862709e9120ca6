/** The tools of the configured MCP servers: programs that are started here, or services over HTTP. */
import { readFileSync } from "node:fs";
import type { DynamicStructuredTool, StructuredTool } from "@langchain/core/tools";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { z } from "zod";
import { currentConfig } from "../src/config.ts";
import { SignalboxError } from "../src/errors.ts";
import { hostAndPort } from "../src/net/destination.ts";
import { createGuardedFetch } from "../src/net/guarded-fetch.ts";
import type { ToolMetadata } from "./metadata.ts";
import { shortened } from "./shared/mcp-content.ts";

const Program = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  cwd: z.string().optional(),
});
const Service = z.object({
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).default({}),
});
const Servers = z.record(z.string().regex(/^[A-Za-z0-9_-]{1,32}$/), z.union([Program, Service]));
type Server = z.infer<typeof Program> | z.infer<typeof Service>;

interface Connection {
  /** As the server lists them now. */
  tools(): Promise<readonly StructuredTool[]>;
  close(): Promise<void>;
}

const connectMs = 10_000;
const callMs = 60_000;
/** A server that could not be reached is left alone for so long, so that not every run waits for it. */
const retryMs = 60_000;

/** Of one server; some providers refuse a call with more. */
const mostTools = 128;
const longestName = 64;
const longestDescription = 2_000;

/** All that were started; one that has ended has no pid. */
const programs = new Set<{ readonly pid: number | null }>();
/** By name and settings. */
const connections = new Map<string, Promise<Connection>>();

/**
 * The configured servers by name: of MCP_SERVERS, which is JSON or the path of a JSON file, with or without the key
 * `mcpServers` that other programs' files have around it.
 * @throws SignalboxError "invalid-configuration"
 */
export function configuredServers(): Readonly<Record<string, Server>> {
  const { mcpServers } = currentConfig().tools;
  if (mcpServers === undefined) return {};
  try {
    const text = mcpServers.trim().startsWith("{") ? mcpServers : readFileSync(mcpServers, "utf8");
    const given = parsed(text);
    return Servers.parse(z.object({ mcpServers: z.unknown() }).safeParse(given).data?.mcpServers ?? given);
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    const form = '{"NAME": {"command": "…", "args": ["…"]}, "NAME": {"url": "https://…"}}';
    throw new SignalboxError("invalid-configuration", `MCP_SERVERS is wrong: ${reason}; allowed: ${form} or a file.`, {
      cause,
    });
  }
}

/** An error of JSON.parse quotes the text, in which there may be keys. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
}

/** The tools of all servers that answer; one that does not is named in a warning, and tried again a minute later. */
export async function mcpTools(): Promise<StructuredTool[]> {
  const connected = await Promise.all(
    Object.entries(configuredServers()).map(async ([name, server]) => {
      const key = JSON.stringify([name, server]);
      const connection = connections.get(key) ?? connect(name, server, key);
      return connection.then(
        ({ tools }) => tools(),
        () => [],
      );
    }),
  );
  return connected.flat();
}

/** Ends all connections, and with them the programs that were started. */
export async function closeMcpServers(): Promise<void> {
  const open = [...connections.values()];
  connections.clear();
  await Promise.allSettled(open.map(async (connection) => (await connection).close()));
}

function connect(name: string, server: Server, key: string): Promise<Connection> {
  // A newer one may have taken its place.
  const forget = () => {
    if (connections.get(key) === connection) connections.delete(key);
  };
  const connection = open(name, server, forget);
  connections.set(key, connection);
  connection.catch((error: Error) => {
    warn(name, `is left out for now: ${error.message}`);
    setTimeout(forget, retryMs).unref();
  });
  return connection;
}

function warn(name: string, what: string): void {
  process.emitWarning(`The MCP server ${name} ${what}`, "SignalboxWarning");
}

async function open(name: string, server: Server, onClose: () => void): Promise<Connection> {
  const [{ Client }, { ToolListChangedNotificationSchema }] = await Promise.all([
    import("@modelcontextprotocol/sdk/client/index.js"),
    import("@modelcontextprotocol/sdk/types.js"),
  ]);
  const client = new Client({ name: "signalbox", version: "0.1.0" });
  let tools: Promise<readonly StructuredTool[]> | undefined;
  // Before the first list: tools may change while it is made.
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    tools = undefined;
  });
  try {
    await client.connect(await transportTo(server), { timeout: connectMs });
    tools = listTools(name, client);
    await tools;
    client.onclose = onClose;
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    tools() {
      tools ??= listTools(name, client).catch(async (error: Error) => {
        warn(name, `is left out until it is connected to again: ${error.message}`);
        await client.close();
        return [];
      });
      return tools;
    },
    close: () => client.close(),
  };
}

async function listTools(name: string, client: Client): Promise<StructuredTool[]> {
  const { loadMcpTools } = await import("@langchain/mcp-adapters");
  const listed = loadMcpTools(name, client, {
    prefixToolNameWithServerName: true,
    defaultToolTimeout: callMs,
    afterToolCall: ({ result }) => ({ result: shortened(result) }),
  });
  return offered(name, await inTime(listed));
}

/** A list comes in pages, each of which may promise another for ever. */
function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const tooLate = new Error(`it did not list its tools within ${connectMs / 1000} s`);
  const timer = setTimeout(reject, connectMs, tooLate);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

async function transportTo(server: Server): Promise<Transport> {
  if ("command" in server) {
    const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
    const transport = new StdioClientTransport({ ...server, stderr: "ignore" });
    if (programs.size === 0) process.once("exit", endPrograms);
    programs.add(transport);
    return transport;
  }
  const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  const allowedHosts = [hostAndPort(new URL(server.url))];
  const call = createGuardedFetch({ allowedHosts, idleMs: callMs, totalMs: callMs + connectMs });
  // What the server says of its own accord comes over one answer that stays open.
  const listen = createGuardedFetch({ allowedHosts, idleMs: Infinity, totalMs: Infinity });
  return new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers: server.headers },
    fetch: (url, init) => (init?.method === "GET" ? listen : call)(url, init),
  }) as Transport;
}

/** Those that do not end when their input does would outlive a process that ends without closing them. */
function endPrograms(): void {
  for (const { pid } of programs) if (pid !== null) process.kill(pid);
}

/** Those that a model's provider takes: each of another name, and not too many. */
function offered(name: string, tools: readonly DynamicStructuredTool[]): StructuredTool[] {
  const unique = new Map<string, StructuredTool>();
  for (const tool of tools.map(declared)) if (!unique.has(tool.name)) unique.set(tool.name, tool);
  const kept = [...unique.values()].slice(0, mostTools);
  const rule = `${mostTools} is the most, and names must differ in their first ${longestName} characters`;
  if (kept.length < tools.length) warn(name, `has ${tools.length} tools; ${kept.length} are offered: ${rule}.`);
  return kept;
}

/** What a tool does is what its server says; where that says nothing, it may do anything. */
function declared(tool: DynamicStructuredTool): StructuredTool {
  const { annotations } =
    z.object({ annotations: z.object({ readOnlyHint: z.boolean() }) }).safeParse(tool.metadata).data ?? {};
  // A name that a model's provider does not allow would fail every call to the model.
  tool.name = tool.name.replace(/[^\w-]/g, "_").slice(0, longestName);
  tool.description = tool.description.slice(0, longestDescription);
  tool.verboseParsingErrors = true;
  tool.metadata = { effect: annotations?.readOnlyHint ? "read" : "external" } satisfies ToolMetadata;
  return tool;
}
