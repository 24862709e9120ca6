/** A real MCP server for tests: over stdin and stdout when run as a program (`node mcp-server.ts MORE`), or over whatever transport it is given. */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

/** @param more how many tools it has beside its own */
export function createMcpServer(more = 0): McpServer {
  const server = new McpServer({ name: "signals", version: "1.0.0" });
  const reply = (text: string) => ({ content: [{ type: "text" as const, text }] });
  const reads = { annotations: { readOnlyHint: true } };
  server.registerTool(
    "state",
    { description: "The state of a signal.", inputSchema: { signal: z.string() }, ...reads },
    ({ signal }) => reply(`${signal} is at danger`),
  );
  server.registerTool("pull", { description: "Pulls a lever.", inputSchema: { lever: z.number() } }, ({ lever }) =>
    reply(`lever ${lever} is pulled`),
  );
  server.registerTool("jam", { description: "Fails." }, () => ({ ...reply("The lever is jammed."), isError: true }));
  server.registerTool("register", { description: "Says very much.", ...reads }, () => ({
    content: [...reply("x".repeat(49_990)).content, ...reply("y".repeat(100)).content],
  }));
  server.registerTool("process", { description: "The process that runs it.", ...reads }, () => reply(`${process.pid}`));
  server.registerTool("levers.list", { description: "x".repeat(10_000) }, () => reply("1, 2, 3"));
  server.registerTool("extend", { description: "Adds a tool." }, () => {
    server.registerTool("points", { description: "The points." }, () => reply("set"));
    return reply("done");
  });
  for (let index = 0; index < more; index++)
    server.registerTool(`lever-${index}`, { description: "A lever." }, () => reply("pulled"));
  server.registerTool("crash", { description: "Ends the process." }, () => process.exit(1));
  return server;
}

if (import.meta.main) await createMcpServer(Number(process.argv[2] ?? 0)).connect(new StdioServerTransport());
