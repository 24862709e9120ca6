import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    allowOnly: false,
    include: ["test/**/*.test.ts"],
    exclude: ["test/fixtures/**", "test/oracle/**"],
    globalSetup: ["test/support/postgres.ts"],
    pool: "forks",
    // One core is vitest's own by default: on a machine of two that is half of it, and its main process does little.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // They end what hangs, and say nothing of speed: on a busy machine the longest test (10 s alone) took 30 s.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // A second unless set: no longer than a server's own pause before it tries again.
    expect: { poll: { timeout: 60_000 } },
    // Tests load modules the way the server does: Node itself strips the types, and each module exists once.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    // Nothing of the developer's own settings reaches a test.
    env: {
      HOST: "",
      PORT: "",
      DATABASE_URL: "",
      PUBLIC_URL: "",
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
      TOOL_MS: "",
      EMBEDDINGS: "",
      RETRIEVER: "",
      LANGFUSE_PUBLIC_KEY: "",
      LANGFUSE_SECRET_KEY: "",
      LANGFUSE_BASE_URL: "",
      LANGFUSE_TRACING_ENVIRONMENT: "",
      LANGFUSE_RELEASE: "",
      LANGFUSE_SAMPLE_RATE: "",
      OTEL_EXPORTER_OTLP_ENDPOINT: "",
      OTEL_EXPORTER_OTLP_HEADERS: "",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "",
      LOG_LEVEL: "fatal",
    },
  },
});
