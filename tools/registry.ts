/** Which tools there are for graphs to offer to a model: those that need no settings, and those that have theirs. */
import type { StructuredTool } from "@langchain/core/tools";
import { currentConfig, type ToolSettings } from "../src/config.ts";
import { closeDocuments } from "../src/retrieval/connection.ts";

interface Offer {
  /** As the start names it. */
  readonly name: string;
  /** What turns it on. */
  readonly variables?: readonly string[];
  isOn(settings: ToolSettings): boolean;
  /** Imports what it needs, which may be large. */
  load(): Promise<StructuredTool[]>;
  /** What the start says of it when it is on, if that is more than its name. */
  describe?(): Promise<string>;
}

const offers: readonly Offer[] = [
  {
    name: "calculator",
    isOn: () => true,
    load: async () => [(await import("./calculator.ts")).calculator],
  },
  {
    name: "current_time",
    isOn: () => true,
    load: async () => [(await import("./current-time.ts")).currentTime],
  },
  {
    name: "search_documents",
    isOn: () => true,
    load: async () => [(await import("./search-documents.ts")).searchDocuments],
  },
  {
    name: "search_web",
    variables: ["SEARXNG_URL", "TAVILY_API_KEY", "WIKIPEDIA_URL"],
    isOn: ({ searxngUrl, tavilyApiKey, wikipediaUrl }) => Boolean(searxngUrl || tavilyApiKey || wikipediaUrl),
    load: async () => [(await import("./search-web.ts")).searchWeb],
  },
  {
    name: "fetch_page",
    variables: ["FETCH_PAGE=on"],
    isOn: ({ fetchPage }) => fetchPage,
    load: async () => [(await import("./fetch-page.ts")).fetchPage],
  },
  {
    name: "query_database",
    variables: ["QUERY_DATABASE_URL"],
    isOn: ({ queryDatabase }) => queryDatabase !== undefined,
    load: async () => [(await import("./query-database.ts")).queryDatabase],
  },
  {
    name: "run_code",
    variables: ["RUN_CODE=on"],
    isOn: ({ runCode }) => runCode,
    load: async () => [(await import("./run-code.ts")).runCode],
  },
  {
    name: "api__*",
    variables: ["OPENAPI_FILE"],
    isOn: ({ openapiFile }) => openapiFile !== undefined,
    load: async () => (await import("./call-api.ts")).apiTools(),
    describe: async () => `api__* (${(await (await import("./call-api.ts")).apiTools()).length})`,
  },
  {
    name: "MCP servers",
    variables: ["MCP_SERVERS"],
    isOn: ({ mcpServers }) => mcpServers !== undefined,
    load: async () => (await import("./mcp-servers.ts")).mcpTools(),
    async describe() {
      const { configuredServers } = await import("./mcp-servers.ts");
      return Object.keys(configuredServers())
        .map((server) => `${server}__* (MCP)`)
        .join(", ");
    },
  },
];

/**
 * The tools that are on, in a fixed order. Connects to MCP servers at the first call; one that does not answer is left
 * out with a warning.
 * @param names those that are wanted, where not all are; one that ends with `*` stands for all that begin so
 * @throws SignalboxError "invalid-configuration"
 */
export async function configuredTools(names: readonly string[] = ["*"]): Promise<StructuredTool[]> {
  const { tools } = currentConfig();
  const loaded = await Promise.all(offers.filter((offer) => offer.isOn(tools)).map((offer) => offer.load()));
  const isWanted = (name: string) =>
    names.some((wanted) => (wanted.endsWith("*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted));
  return loaded.flat().filter(({ name }) => isWanted(name));
}

/**
 * One line for the start: which tools are on, which are off, and what turns those on. Nothing is connected to.
 * @throws SignalboxError "invalid-configuration"
 */
export async function describeTools(): Promise<string> {
  const { tools } = currentConfig();
  const on = offers.filter((offer) => offer.isOn(tools)).map((offer) => offer.describe?.() ?? offer.name);
  const off = offers
    .filter((offer) => !offer.isOn(tools))
    .map(({ name, variables = [] }) => `${name}: ${variables.join(" or ")}`);
  return `Tools: ${(await Promise.all(on)).join(", ")}${off.length > 0 ? ` (off: ${off.join("; ")})` : ""}`;
}

/** Ends what tools hold open: the documents, connections to MCP servers, and the programs that were started for them. */
export async function closeTools(): Promise<void> {
  await closeDocuments();
  if (currentConfig().tools.mcpServers === undefined) return;
  await (await import("./mcp-servers.ts")).closeMcpServers();
}
