/** The settings of tracing, and what counts as a secret. */
import { describe, expect, it } from "vitest";
import { secretsOf } from "../../src/config/secrets.ts";
import { readConfig } from "../../src/config.ts";

const keys = { LANGFUSE_PUBLIC_KEY: "pk-lf-1", LANGFUSE_SECRET_KEY: "sk-lf-secret-key" };

describe("Tracing", () => {
  it("is off without keys, and an endpoint alone is enough for OTLP", () => {
    expect(readConfig({})).toMatchObject({ langfuse: undefined, otlp: undefined, traceSampleRate: 1 });
    const { otlp, langfuse } = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318/" });
    expect(otlp).toMatchObject({ url: "http://127.0.0.1:4318/v1/traces", headers: {} });
    expect(langfuse).toBeUndefined();
  });

  it("takes Langfuse's settings, and its cloud where no address is given", () => {
    const environment = {
      ...keys,
      LANGFUSE_BASE_URL: "http://langfuse.internal:3000/",
      LANGFUSE_TRACING_ENVIRONMENT: "staging",
      LANGFUSE_RELEASE: "1.2",
      LANGFUSE_SAMPLE_RATE: "0.25",
    };
    expect(readConfig(environment)).toMatchObject({
      langfuse: {
        publicKey: "pk-lf-1",
        secretKey: "sk-lf-secret-key",
        baseUrl: "http://langfuse.internal:3000",
        environment: "staging",
        release: "1.2",
      },
      traceSampleRate: 0.25,
    });
    expect(readConfig(keys).langfuse?.baseUrl).toBe("https://cloud.langfuse.com");
  });

  it.each([
    [{ LANGFUSE_PUBLIC_KEY: "pk-lf-1" }, "LANGFUSE_SECRET_KEY is not"],
    [{ LANGFUSE_SECRET_KEY: "sk-lf-1" }, "LANGFUSE_PUBLIC_KEY is not"],
    [{ ...keys, LANGFUSE_BASE_URL: "langfuse" }, "LANGFUSE_BASE_URL"],
    [{ ...keys, LANGFUSE_SAMPLE_RATE: "1.5" }, "a number from 0"],
    [{ ...keys, LANGFUSE_SAMPLE_RATE: "-1" }, "a number from 0"],
    [{ ...keys, LANGFUSE_TRACING_ENVIRONMENT: "Our Staging" }, "LANGFUSE_TRACING_ENVIRONMENT"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "authorization: x" }, "OTEL_EXPORTER_OTLP_HEADERS is wrong"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "x=%zz" }, "OTEL_EXPORTER_OTLP_HEADERS is wrong"],
  ])("refuses %o with what is wrong", (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });

  it("shows its secrets in no log", () => {
    const config = readConfig({
      ...keys,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
      OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=canary-key",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-team=Bearer%20canary-team",
    });
    expect(JSON.stringify(config)).not.toMatch(/sk-lf-secret-key|canary-key|canary-team/);
    expect(config.secrets).toEqual(["sk-lf-secret-key", "canary-team", "canary-key"]);
    expect(config.otlp?.headers).toEqual({ "x-api-key": "canary-key", "x-team": "Bearer canary-team" });
  });
});

describe("The secrets of an environment", () => {
  it.each<[string, Record<string, string>, string[]]>([
    [
      "keys, tokens and passwords by name",
      { ANTHROPIC_API_KEY: "key-of-anthropic", GITHUB_TOKEN: "token-of-github" },
      ["key-of-anthropic", "token-of-github"],
    ],
    ["each key of a list", { API_KEYS: "ada:key-of-ada, bob:key-of-bob" }, ["key-of-ada", "key-of-bob"]],
    ["the word after the scheme of a header", { API_HEADER: "authorization: Bearer key-of-api" }, ["key-of-api"]],
    [
      "passwords of databases, as they are and decoded",
      { DATABASE_URL: "postgres://u:p%40ssw0rd@h/d" },
      ["p%40ssw0rd", "p@ssw0rd"],
    ],
    [
      "headers and environments of MCP servers",
      { MCP_SERVERS: '{"a":{"headers":{"authorization":"Bearer key-of-mcp"},"env":{"X":"secret-of-mcp"}}}' },
      ["secret-of-mcp", "key-of-mcp"],
    ],
    [
      "nothing of what is public, short, or where a key is kept",
      {
        LANGFUSE_PUBLIC_KEY: "pk-lf-12345678",
        A_KEY: "short",
        SSL_KEY_FILE: "/etc/ssl/private.pem",
        MAX_TOKENS: "12345678",
      },
      [],
    ],
    ["no password that is the user's own name", { DATABASE_URL: "postgres://postgres:postgres@h/d" }, []],
  ])("are %s", (_, environment, secrets) => {
    expect([...secretsOf(environment)].sort()).toEqual(secrets.sort());
  });
});
