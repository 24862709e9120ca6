import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowedHost, isAllowedOrigin } from "../../src/http/security.ts";
import { plainRequest } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const studio = "https://smith.langchain.com";

describe("the Host rule", () => {
  const local = { host: "127.0.0.1", allowedHosts: ["agents.example.com"] };

  it("lets loopback names, the configured host and listed names in", () => {
    for (const name of ["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "agents.example.com"]) {
      expect(isAllowedHost(name, local), name).toBe(true);
    }
    expect(isAllowedHost("box.lan", { host: "box.lan", allowedHosts: [] })).toBe(true);
  });

  it("keeps other names out, and addresses too where it listens on one address only", () => {
    for (const name of ["example.com", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5", "0.0.0.0"]) {
      expect(isAllowedHost(name, local), name).toBe(false);
    }
  });

  it("lets every address in where it listens on all, but still no unlisted name", () => {
    const everywhere = { host: "0.0.0.0", allowedHosts: [] };
    expect(isAllowedHost("192.168.1.5", everywhere)).toBe(true);
    expect(isAllowedHost("[fd00::5]", everywhere)).toBe(true);
    expect(isAllowedHost("rebound.example", everywhere)).toBe(false);
  });
});

describe("the Origin rule", () => {
  it("lets pages of this machine, Studio, Agent Chat UI and listed origins in", () => {
    const rules = { allowedOrigins: ["https://chat.example.com"] };
    for (const origin of [
      "http://localhost:3000",
      "https://localhost",
      "http://127.0.0.1:8080",
      "http://[::1]:5173",
      studio,
      "https://agentchat.vercel.app",
      "https://chat.example.com",
    ]) {
      expect(isAllowedOrigin(origin, rules), origin).toBe(true);
    }
  });

  it("keeps others out, such as look-alikes and pages without an origin of their own", () => {
    for (const origin of [
      "https://evil.example",
      "http://localhost.evil.example",
      "https://smith.langchain.com.evil.example",
      "http://localhost:3000.evil.example",
      "null",
    ]) {
      expect(isAllowedOrigin(origin, { allowedOrigins: [] }), origin).toBe(false);
    }
    expect(isAllowedOrigin("https://evil.example", { allowedOrigins: ["*"] })).toBe(true);
  });
});

describe("a server without keys", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it("refuses a foreign Host name with advice, whatever the route", async () => {
    for (const path of ["/ok", "/threads/search", "/nowhere"]) {
      const answer = await plainRequest(`${server.url}${path}`, { headers: { host: "rebound.example:8123" } });
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('"rebound.example"');
      expect(answer.text).toContain("ALLOWED_HOSTS");
    }
  });

  it("refuses a foreign page before any work, without CORS headers, and stores nothing", async () => {
    const headers = { origin: "https://evil.example", "content-type": "text/plain" };
    const answer = await plainRequest(`${server.url}/threads`, {
      method: "POST",
      headers,
      body: '{"metadata": {"by": "evil"}}',
    });
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    const search = await plainRequest(`${server.url}/threads/search`, { method: "POST", body: "{}" });
    expect(search.text).toBe("[]");
  });

  it("answers Studio's preflight with what it asked for, and for a private network", async () => {
    const answer = await plainRequest(`${server.url}/assistants/search`, {
      method: "OPTIONS",
      headers: {
        origin: studio,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-api-key,x-something-new",
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": studio,
      "access-control-allow-headers": "content-type,x-api-key,x-something-new",
      "access-control-allow-private-network": "true",
    });
    expect(answer.headers["access-control-allow-methods"]).toContain("PATCH");
    expect(answer.headers["access-control-max-age"]).toMatch(/^\d+$/);
    expect(answer.headers.vary).toContain("Origin");
  });

  it("shows an allowed page the headers that clients read, on errors too", async () => {
    const answer = await plainRequest(`${server.url}/nowhere`, { headers: { origin: studio } });
    expect(answer.status).toBe(404);
    expect(answer.headers["access-control-allow-origin"]).toBe(studio);
    expect(answer.headers.vary).toContain("Origin");
    const exposed = answer.headers["access-control-expose-headers"];
    for (const name of ["content-location", "location", "x-pagination-total", "x-pagination-next", "x-request-id"]) {
      expect(exposed).toContain(name);
    }
  });

  it("lets a page that it serves itself use it", async () => {
    const answer = await plainRequest(`${server.url}/info`, { headers: { origin: server.url } });
    expect(answer.status).toBe(200);
  });

  it("says which methods a path has", async () => {
    const answer = await plainRequest(`${server.url}/threads/search`, { method: "PUT", body: "{}" });
    expect(answer).toMatchObject({ status: 405, headers: { allow: "POST" } });
  });

  it("gives each request an id, or keeps the one that a proxy gave", async () => {
    const own = await plainRequest(`${server.url}/ok`);
    expect(own.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    const given = await plainRequest(`${server.url}/ok`, { headers: { "x-request-id": "proxy-17" } });
    expect(given.headers["x-request-id"]).toBe("proxy-17");
  });

  it("does not say what it is built with, and lets no browser guess, frame or cache", async () => {
    const { headers } = await plainRequest(`${server.url}/info`);
    expect(headers["x-powered-by"]).toBeUndefined();
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "cache-control": "no-store",
    });
  });
});

describe("a server with keys", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      environment: { API_KEYS: "alice:alice-key-1,bob:bobs-key-22", ALLOWED_HOSTS: "agents.example.com" },
    });
  });
  afterAll(() => server.close());

  const search = (headers: Record<string, string>) =>
    plainRequest(`${server.url}/threads/search`, { method: "POST", headers, body: "{}" });

  it("lets nobody in without a known key, but to /ok, /info and preflights", async () => {
    for (const path of ["/threads/search", "/docs", "/openapi.json", "/nowhere", "/v1/models"]) {
      expect((await plainRequest(`${server.url}${path}`)).status, path).toBe(401);
    }
    expect((await search({ "x-api-key": "alice-key-2" })).status).toBe(401);
    expect((await search({ authorization: "Bearer alice" })).status).toBe(401);
    expect((await search({ "x-api-key": "" })).status).toBe(401);
    expect((await plainRequest(`${server.url}/ok`)).status).toBe(200);
    expect((await plainRequest(`${server.url}/info`)).status).toBe(200);
    const preflight = { origin: studio, "access-control-request-method": "POST" };
    const answer = await plainRequest(`${server.url}/threads`, { method: "OPTIONS", headers: preflight });
    expect(answer.status).toBe(204);
  });

  it("takes a key as x-api-key or as a bearer token, and the right one of both", async () => {
    expect((await search({ "x-api-key": "alice-key-1" })).status).toBe(200);
    expect((await search({ authorization: "Bearer bobs-key-22" })).status).toBe(200);
    const both = { "x-api-key": "key-of-another-service", authorization: "Bearer bobs-key-22" };
    expect((await search(both)).status).toBe(200);
  });

  it("asks for the key before it reads a body", async () => {
    const answer = await plainRequest(`${server.url}/threads`, { method: "POST", body: "{ not json" });
    expect(answer.status).toBe(401);
  });

  it("answers to a listed name, and still not to others", async () => {
    const listed = { host: "agents.example.com", "x-api-key": "alice-key-1" };
    expect((await search(listed)).status).toBe(200);
    expect((await search({ ...listed, host: "rebound.example" })).status).toBe(403);
  });
});
