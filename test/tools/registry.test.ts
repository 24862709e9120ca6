/** Which tools are on: by their settings, and as the start says it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { configuredTools, describeTools } from "../../tools/registry.ts";

const names = async () => (await configuredTools()).map(({ name }) => name);

afterEach(() => configure());

describe("The tools", () => {
  test("that need no settings are always on", async () => {
    expect(await names()).toEqual(["calculator", "current_time", "search_documents"]);
  });

  test("that are configured are on too", async () => {
    configure({
      SEARXNG_URL: "http://127.0.0.1:1",
      FETCH_PAGE: "on",
      QUERY_DATABASE_URL: "sqlite:own.db",
      RUN_CODE: "on",
    });
    expect(await names()).toEqual([
      "calculator",
      "current_time",
      "search_documents",
      "search_web",
      "fetch_page",
      "query_database",
      "run_code",
    ]);
  });

  test("are given by their names, or by what several begin with", async () => {
    configure({ RUN_CODE: "on" });
    const given = async (...wanted: string[]) => (await configuredTools(wanted)).map(({ name }) => name);
    expect(await given("run_code", "calculator", "nobody")).toEqual(["calculator", "run_code"]);
    expect(await given("c*")).toEqual(["calculator", "current_time"]);
    expect(await given()).toEqual([]);
  });

  test.each([
    { SEARXNG_URL: "http://127.0.0.1:1" },
    { TAVILY_API_KEY: "canary" },
    { WIKIPEDIA_URL: "https://en.wikipedia.org" },
  ])("that search the web are turned on by %j", async (settings) => {
    configure(settings);
    expect(await names()).toContain("search_web");
    expect(await describeTools()).not.toContain("canary");
  });

  test("all state their effect, and describe each argument", async () => {
    configure({
      FETCH_PAGE: "on",
      RUN_CODE: "on",
      QUERY_DATABASE_URL: "sqlite:own.db",
      WIKIPEDIA_URL: "https://x.org",
    });
    for (const tool of await configuredTools()) {
      expect(["read", "write", "external"], tool.name).toContain(tool.metadata?.effect);
      const { shape } = tool.schema as { shape?: Record<string, { description?: string }> };
      for (const [name, field] of Object.entries(shape ?? {}))
        expect(field.description, `${tool.name}: ${name}`).toBeTruthy();
    }
  });
});

describe("The start", () => {
  test("says which are on, which are off, and what turns those on", async () => {
    configure({ FETCH_PAGE: "on", MCP_SERVERS: '{"box": {"command": "box"}}' });
    expect(await describeTools()).toBe(
      "Tools: calculator, current_time, search_documents, fetch_page, box__* (MCP) (off: search_web: SEARXNG_URL or TAVILY_API_KEY or " +
        "WIKIPEDIA_URL; query_database: QUERY_DATABASE_URL; run_code: RUN_CODE=on; api__*: OPENAPI_FILE)",
    );
  });

  test("loads nothing for tools that are off", async () => {
    const registry = new URL("../../tools/registry.ts", import.meta.url);
    const program = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { configuredTools, describeTools } = await import(${JSON.stringify(registry)});
      await describeTools();
      await configuredTools();
      console.log(JSON.stringify(loaded));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    const loaded: string[] = JSON.parse(stdout);
    expect(loaded).toContain(registry.href);
    const heavy =
      /linkedom|readability|turndown|modelcontextprotocol|mcp-adapters|quickjs|node_modules\/(pg|yaml|better-sqlite3)\//;
    expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
  });
});
