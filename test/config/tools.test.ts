/** The settings of tools: how they are read, what is wrong with one, and that the secret ones stay out of sight. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";

describe("The settings of tools", () => {
  test("are off in an empty environment", () => {
    const { tools, allowedOutgoingHosts } = readConfig({});
    expect(Object.values({ ...tools }).filter((value) => value !== undefined && typeof value !== "function")).toEqual([
      false,
      false,
    ]);
    expect(allowedOutgoingHosts).toEqual([]);
  });

  test("are read in the form that tools want", () => {
    const { tools, allowedOutgoingHosts } = readConfig({
      ALLOWED_OUTGOING_HOSTS: "LocalHost:8888, 10.0.0.7,[::1]:80",
      FETCH_PAGE: "on",
      QUERY_DATABASE_URL: "sqlite:own.db",
      API_HEADER: "Authorization: Bearer canary key",
    });
    expect(allowedOutgoingHosts).toEqual(["localhost:8888", "10.0.0.7", "[::1]:80"]);
    expect(tools).toMatchObject({
      fetchPage: true,
      runCode: false,
      queryDatabase: { kind: "sqlite", path: "own.db" },
      apiHeader: { name: "Authorization", value: "Bearer canary key" },
    });
  });

  test.each([
    ["ALLOWED_OUTGOING_HOSTS", "http://localhost", "host names or addresses"],
    ["SEARXNG_URL", "localhost:8888", "an http or https URL"],
    ["WIKIPEDIA_URL", "ftp://x", "an http or https URL"],
    ["FETCH_PAGE", "yes", "on or off"],
    ["RUN_CODE", "1", "on or off"],
    ["QUERY_DATABASE_URL", "mysql://canary", "sqlite:PATH or postgres://"],
    ["API_BASE_URL", "x", "an http or https URL"],
    ["API_HEADER", "canary", "NAME: VALUE"],
    ["API_HEADER", "x-key: canary\r\nhost: x", "NAME: VALUE"],
  ])("that are wrong are named, with what is allowed: %s=%s", (name, value, allowed) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name} is`);
    expect(() => readConfig({ [name]: value })).toThrow(allowed);
    expect(() => readConfig({ [name]: value })).not.toThrow("canary");
  });

  test("that are secret are not shown", () => {
    const config = readConfig({
      TAVILY_API_KEY: "canary",
      QUERY_DATABASE_URL: "postgres://me:canary@host/own",
      API_HEADER: "x-key: canary",
      MCP_SERVERS: '{"box": {"url": "https://x", "headers": {"x-key": "canary"}}}',
    });
    for (const shown of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      inspect({ ...config.tools }, { depth: 9 }),
    ]) {
      expect(shown).not.toContain("canary");
      expect(shown).toContain("[secret]");
    }
  });
});

describe("The server's own database", () => {
  test.each([
    ["sqlite:.signalbox/signalbox.db", "sqlite:./.signalbox/../.signalbox/signalbox.db"],
    ["postgres://me:a@host:5432/own", "postgres://other:b@host:5432/own?options=-csearch_path=x"],
  ])("is not the tool's, under whatever name: %s", (server, tool) => {
    const reason = /QUERY_DATABASE_URL is the server's own database/;
    expect(() => readConfig({ DATABASE_URL: server, QUERY_DATABASE_URL: tool })).toThrow(reason);
  });

  test.each([
    ["sqlite:server.db", "sqlite:own.db"],
    ["sqlite:server.db", "postgres://me:a@host/own"],
    ["postgres://me:a@host/server", "postgres://me:a@host/own"],
  ])("may be beside the tool's: %s and %s", (server, tool) => {
    expect(() => readConfig({ DATABASE_URL: server, QUERY_DATABASE_URL: tool })).not.toThrow();
  });
});
