import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterEach, expect, it } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Engine } from "../../src/engine/contract.ts";
import type { Monitoring } from "../../src/engine/monitoring.ts";
import { createApp } from "../../src/http/app.ts";
import { plainRequest, postJson } from "../support/clients.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await once(server.close(), "close");
});

/** An app over an engine with a bug, at debug level, with what it logs. */
async function serveBug(environment: Record<string, string> = {}): Promise<{ url: string; lines: string[] }> {
  const lines: string[] = [];
  const search = async () => {
    throw new TypeError("the engine's innermost secret");
  };
  const app = createApp({
    engine: { assistants: { search }, feedback: { giveSigned: search } } as unknown as Engine,
    monitoring: {} as Monitoring,
    config: readConfig(environment),
    log: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
  });
  const server = app.listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines };
}

it("a bug answers 500 with the request's id and no details; the log has its stack under that id", async () => {
  const { url, lines } = await serveBug();
  const { status, text, headers } = await postJson(`${url}/assistants/search`, {});
  expect(status).toBe(500);
  expect(text).not.toContain("secret");
  const requestId = headers.get("x-request-id");
  expect(text).toContain(requestId);
  const logged = lines.map((line) => JSON.parse(line)).find((line) => line.msg === "request-failed");
  expect(logged).toMatchObject({ requestId, path: "/assistants/search", error: { type: "TypeError" } });
  expect(logged.error.stack).toContain("logging.test.ts");
});

it("no body, query, key or other header reaches the log", async () => {
  const { url, lines } = await serveBug({ API_KEYS: "alice:canary-key-1" });
  const headers = { "x-api-key": "canary-key-1", authorization: "Bearer canary-token", "x-other": "canary-header" };
  await postJson(`${url}/assistants/search?name=canary-query`, { name: "canary-body" }, headers);
  await postJson(`${url}/assistants/search`, "{ canary-malformed", headers);
  const refused = await plainRequest(`${url}/threads`, { headers: { "x-api-key": "canary-wrong-key" } });
  expect(refused.status).toBe(401);
  expect(lines.join()).toContain('"path":"/assistants/search"');
  expect(lines.join()).toContain('"status":401');
  expect(lines.join()).not.toContain("canary");
});

it("a signed url, which is a permission, reaches the log neither as a request nor as a bug", async () => {
  const { url, lines } = await serveBug();
  expect((await postJson(`${url}/feedback/tokens/canary-token`, {})).status).toBe(500);
  expect(lines.join()).toContain("request-failed");
  expect(lines.join()).toContain("request-ended");
  expect(lines.join()).not.toContain("canary");
});
