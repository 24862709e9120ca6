/** Settings: what the environment may say, and that secrets stay out of sight. */
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { addToEnvironment, configure, currentConfig, isLoopback, limitTable, readConfig } from "../src/config.ts";
import { isSignalboxError } from "../src/errors.ts";

/** The message of the refusal. */
function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (isSignalboxError(error, "invalid-configuration")) return error.message;
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("An empty environment", () => {
  test("gives a server for this machine alone, with SQLite and the offline model", () => {
    expect(readConfig({})).toMatchObject({
      host: "127.0.0.1",
      port: 8123,
      database: { kind: "sqlite", path: ".signalbox/signalbox.db" },
      apiKeys: [],
      allowedHosts: [],
      allowedOrigins: [],
      logLevel: "info",
    });
    expect(readConfig({}).model).toBeUndefined();
    expect(readConfig({}).openaiApiKey).toBeUndefined();
  });

  test("gives every limit its default", () => {
    const defaults = Object.entries(limitTable).map(([name, row]) => [name, row.value]);
    expect(readConfig({}).limits).toEqual(Object.fromEntries(defaults));
  });

  test("is what empty strings mean too", () => {
    const empty = Object.fromEntries(["HOST", "PORT", "DATABASE_URL", "MODEL", "API_KEYS"].map((name) => [name, ""]));
    expect(inspect(readConfig(empty))).toBe(inspect(readConfig({})));
  });
});

describe("A setting", () => {
  test("is read in the form that the rest of the code wants", () => {
    const config = readConfig({
      HOST: "::1",
      PORT: "0",
      DATABASE_URL: "postgres://me:canary@db.example:5433/agents",
      MODEL: "openai:gpt-5.4-mini",
      OPENAI_BASE_URL: "http://127.0.0.1:8000/v1",
      ALLOWED_HOSTS: "Chat.Example.com, 10.0.0.7",
      ALLOWED_ORIGINS: "https://chat.example.com",
      LOG_LEVEL: "debug",
      MAX_CONCURRENT_RUNS: "5",
    });
    expect(config.database).toMatchObject({ kind: "postgres", url: "postgres://me:canary@db.example:5433/agents" });
    expect(config).toMatchObject({
      host: "::1",
      port: 0,
      model: "openai:gpt-5.4-mini",
      openaiBaseUrl: "http://127.0.0.1:8000/v1",
      allowedHosts: ["chat.example.com", "10.0.0.7"],
      allowedOrigins: ["https://chat.example.com"],
      logLevel: "debug",
      limits: { maxConcurrentRuns: 5 },
    });
  });

  test.each([
    ["PORT", "eighty", "a whole number from 0 (any free port) to 65535"],
    ["PORT", "65536", "a whole number from 0 (any free port) to 65535"],
    ["PORT", "-1", "a whole number from 0 (any free port) to 65535"],
    ["HOST", "http://x", "a host name or an address"],
    ["OPENAI_BASE_URL", "localhost:8000", "an http or https URL"],
    ["ALLOWED_HOSTS", "example.com:80", "host names without a port"],
    ["ALLOWED_ORIGINS", "chat.example.com", "origins such as https://chat.example.com"],
    ["LOG_LEVEL", "loud", "one of trace, debug, info, warn, error, fatal, silent"],
    ["MAX_CONCURRENT_RUNS", "0", "a whole number from 1"],
  ])("that is wrong is named with its value and what is allowed: %s=%s", (name, value, allowed) => {
    expect(refusal({ [name]: value })).toContain(`${name} is "${value}"; allowed: ${allowed}`);
  });

  test("that is wrong is named together with all others", () => {
    const message = refusal({ PORT: "x", LOG_LEVEL: "y", MAX_CONCURRENT_RUNS: "z" });
    for (const name of ["PORT", "LOG_LEVEL", "MAX_CONCURRENT_RUNS"]) expect(message).toContain(name);
  });

  test("cannot be changed once it is read", () => {
    const config = readConfig({ API_KEYS: "ann:12345678" });
    for (const part of [config, config.database, config.apiKeys, config.apiKeys[0], config.limits]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("API_KEYS", () => {
  test("are pairs of an owner and a key", () => {
    const { apiKeys } = readConfig({ API_KEYS: "ann:12345678, bob:k:with:colons" });
    expect(apiKeys.map(({ owner, key }) => [owner, key])).toEqual([
      ["ann", "12345678"],
      ["bob", "k:with:colons"],
    ]);
  });

  test.each([
    ["a short key", "ann:1234567"],
    ["no key", "ann"],
    ["a strange name", "ann smith:12345678"],
    ["a name of 65 characters", `${"a".repeat(65)}:12345678`],
    ["a name twice", "ann:12345678,ann:abcdefgh"],
    ["a key twice", "ann:12345678,bob:12345678"],
    ["an empty entry", "ann:12345678,"],
  ])("with %s are refused without being shown", (_, value) => {
    const message = refusal({ API_KEYS: value });
    expect(message).toContain("API_KEYS is wrong; allowed: NAME:KEY");
    expect(message).not.toContain(value);
  });

  test("are needed on an address that others can reach", () => {
    expect(refusal({ HOST: "0.0.0.0" })).toContain("HOST is 0.0.0.0, which others can reach: set API_KEYS");
    expect(readConfig({ HOST: "0.0.0.0", API_KEYS: "ann:12345678" }).host).toBe("0.0.0.0");
  });

  test.each(["localhost", "127.0.0.1", "127.9.9.9", "::1"])("are not needed on %s", (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(readConfig({ HOST: host }).host).toBe(host);
  });

  test.each(["0.0.0.0", "::", "192.168.0.4", "127.0.0.1.example.com", "example.com"])("guard %s", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe("A secret", () => {
  const secrets = {
    OPENAI_API_KEY: "canary-openai",
    API_KEYS: "ann:canary-key",
    DATABASE_URL: "postgres://me:canary-password@db.example/agents",
  };

  test("is shown neither as JSON nor by inspection, nor by a copy", () => {
    const config = readConfig(secrets);
    for (const shown of [config, { ...config }, config.database, config.apiKeys, config.apiKeys[0]]) {
      expect(JSON.stringify(shown)).not.toContain("canary");
      expect(inspect(shown, { depth: null })).not.toContain("canary");
    }
    expect(config.openaiApiKey).toBe("canary-openai");
  });

  test("is not shown when it is wrong", () => {
    expect(refusal({ DATABASE_URL: "mysql://me:canary@db" })).toContain("DATABASE_URL is wrong; allowed: sqlite:PATH");
    expect(refusal({ DATABASE_URL: "mysql://me:canary@db" })).not.toContain("canary");
  });
});

describe("The current settings", () => {
  afterEach(() => {
    configure();
  });

  test("are read once, and again when they are configured", () => {
    expect(currentConfig()).toBe(currentConfig());
    configure({ MODEL: "openai:gpt-5.4" });
    expect(currentConfig().model).toBe("openai:gpt-5.4");
  });

  test("take up a project's variables, and those of the process win", () => {
    process.env.SIGNALBOX_TEST_OURS = "ours";
    addToEnvironment({ SIGNALBOX_TEST_OURS: "theirs", SIGNALBOX_TEST_THEIRS: "theirs" });
    expect(process.env.SIGNALBOX_TEST_OURS).toBe("ours");
    expect(process.env.SIGNALBOX_TEST_THEIRS).toBe("theirs");
  });
});
