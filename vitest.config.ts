import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    allowOnly: false,
    include: ["test/**/*.test.ts"],
    exclude: ["test/fixtures/**", "test/oracle/**"],
    globalSetup: ["test/support/postgres.ts"],
    pool: "forks",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests load modules the way the server does: Node itself strips the types, and each module exists once.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Nothing of the developer's own settings reaches a test.
    env: {
      HOST: "",
      PORT: "",
      DATABASE_URL: "",
      MODEL: "",
      OPENAI_API_KEY: "",
      OPENAI_BASE_URL: "",
      API_KEYS: "",
      ALLOWED_HOSTS: "",
      ALLOWED_ORIGINS: "",
      ALLOWED_OUTGOING_HOSTS: "",
      FETCH_PAGE: "",
      SEARXNG_URL: "",
      TAVILY_API_KEY: "",
      WIKIPEDIA_URL: "",
      QUERY_DATABASE_URL: "",
      OPENAPI_FILE: "",
      API_BASE_URL: "",
      API_HEADER: "",
      MCP_SERVERS: "",
      RUN_CODE: "",
      LOG_LEVEL: "fatal",
    },
  },
});
