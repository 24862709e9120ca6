import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Engine } from "../../src/engine/contract.ts";
import type { Monitoring } from "../../src/engine/monitoring.ts";
import { createApp } from "../../src/http/app.ts";
import type { OpenApiDocument } from "../../src/http/openapi.ts";
import { plainRequest } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let document: OpenApiDocument;
beforeAll(async () => {
  server = await startTestServer();
  document = JSON.parse((await plainRequest(`${server.url}/openapi.json`)).text);
});
afterAll(() => server.close());

/** Everything that an app has mounted on a path of its own. */
function mountedRoutes(): string[] {
  const app = createApp({
    // Routes are only looked at, not called.
    engine: {} as Engine,
    monitoring: {} as Monitoring,
    config: readConfig({}),
    log: pino({ level: "silent" }),
  });
  return app.router.stack.flatMap(({ route }) => {
    if (!route) return [];
    const methods = route.stack.flatMap(({ method }) => (method ? [method] : []));
    return methods.map((method) => `${method} ${route.path.replace(/:(\w+)/g, "{$1}")}`);
  });
}

describe("the table of routes", () => {
  it("has an entry for every route that is mounted, and no other", () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(mountedRoutes().sort()).toEqual(documented.sort());
    expect(documented.length).toBeGreaterThan(35);
  });

  it("describes parameters, bodies and answers", () => {
    const search = document.paths["/threads/search"]?.post;
    expect(search?.requestBody?.content["application/json"]?.schema).toMatchObject({
      type: "object",
      properties: { limit: { default: 10 }, status: expect.anything() },
    });
    const cancel = document.paths["/threads/{thread_id}/runs/{run_id}/cancel"]?.post;
    expect(cancel?.parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual([
      ["thread_id", "path", true],
      ["run_id", "path", true],
      ["wait", "query", false],
      ["action", "query", false],
    ]);
    expect(cancel?.responses).toHaveProperty("202");
    expect(document.paths["/threads"]?.post?.responses[200]?.content?.["application/json"]?.schema).toMatchObject({
      properties: { thread_id: expect.anything(), status: expect.anything() },
    });
    const stream = document.paths["/runs/stream"]?.post?.responses[200]?.content;
    expect(Object.keys(stream ?? {})).toEqual(["text/event-stream"]);
  });

  it("says which routes need no key", () => {
    const open = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).some((operation) => operation.security?.length === 0) ? [path] : [],
    );
    expect(open).toEqual(["/ok", "/info", "/feedback/tokens/{token}"]);
  });
});

describe("the page /docs", () => {
  it("lists every route, and loads nothing from anywhere", async () => {
    const { headers, text } = await plainRequest(`${server.url}/docs`);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    for (const path of Object.keys(document.paths)) expect(text).toContain(`<code>${path}</code>`);
    expect(text).not.toMatch(/<script|<link|<img|src=|url\(/);
  });
});
