import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postJson, sdkClient } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Stands in everything that Alice stores; no answer to Bob may hold it. */
const secret = "alices-secret";
const keys = { alice: "alice-key-1", bob: "bobs-key-22" };
const say = { messages: [{ role: "user", content: secret }] };

let server: TestServer;
let ids: Record<string, string>;

beforeAll(async () => {
  server = await startTestServer({ environment: { API_KEYS: `alice:${keys.alice},bob:${keys.bob}` } });
  const alice = sdkClient(server.url, { apiKey: keys.alice });
  const metadata = { of: secret };
  const assistant = await alice.assistants.create({ graphId: "echo", name: secret, metadata });
  const thread = await alice.threads.create({ metadata });
  const run = await alice.runs.create(thread.thread_id, "ask", { input: say, streamResumable: true, metadata });
  await alice.runs.join(thread.thread_id, run.run_id);
  const { checkpoint } = await alice.threads.getState(thread.thread_id);
  await alice.store.putItem([secret], "key", { text: secret });
  ids = {
    assistant_id: assistant.assistant_id,
    thread_id: thread.thread_id,
    run_id: run.run_id,
    checkpoint_id: checkpoint.checkpoint_id ?? "",
    namespace: "child",
    // Alice's url with Bob's name in it.
    token: `${Buffer.from(JSON.stringify(["bob", run.run_id, "up", Date.now() + 60_000])).toString("base64url")}.c2ln`,
  };
});
afterAll(() => server.close());

interface Case {
  body?: (alice: typeof ids) => unknown;
  query?: string;
  /** The status, and the text where there is nothing to be found. */
  gives: number | [number, string];
}

const start = (alice: typeof ids) => ({ assistant_id: alice.assistant_id, input: {} });
const startOwn = () => ({ assistant_id: "echo", input: {} });
const mine = { metadata: { of: secret } };

/** What Bob tries on each route with Alice's ids. Those that give Bob something of his own under such an id come last. */
const cases: Record<string, Case> = {
  "get /ok": { gives: 200 },
  "get /info": { gives: 200 },
  "get /docs": { gives: 200 },
  "get /openapi.json": { gives: 200 },
  "get /stats": { query: "?graph=ask", gives: 200 },
  "get /metrics": { gives: 200 },
  "post /assistants/search": { body: () => mine, gives: [200, "[]"] },
  "post /assistants/count": { body: () => mine, gives: [200, "0"] },
  "get /assistants/{assistant_id}": { gives: 404 },
  "patch /assistants/{assistant_id}": { body: () => ({ name: "bob" }), gives: 404 },
  "delete /assistants/{assistant_id}": { query: "?delete_threads=true", gives: 404 },
  "post /assistants/{assistant_id}/versions": { body: () => ({}), gives: 404 },
  "post /assistants/{assistant_id}/latest": { body: () => ({ version: 1 }), gives: 404 },
  "get /assistants/{assistant_id}/graph": { gives: 404 },
  "get /assistants/{assistant_id}/schemas": { gives: 404 },
  "get /assistants/{assistant_id}/subgraphs": { gives: 404 },
  "get /assistants/{assistant_id}/subgraphs/{namespace}": { gives: 404 },
  "post /threads/search": { body: (alice) => ({ ids: [alice.thread_id] }), gives: [200, "[]"] },
  "post /threads/count": { body: () => ({ status: "interrupted" }), gives: [200, "0"] },
  "get /threads/{thread_id}": { gives: 404 },
  "patch /threads/{thread_id}": { body: () => ({ metadata: { of: "bob" } }), gives: 404 },
  "delete /threads/{thread_id}": { gives: 404 },
  "post /threads/{thread_id}/copy": { gives: 404 },
  "get /threads/{thread_id}/state": { gives: 404 },
  "post /threads/{thread_id}/state": { body: () => ({ values: say, as_node: "ask" }), gives: 404 },
  "get /threads/{thread_id}/state/{checkpoint_id}": { gives: 404 },
  "post /threads/{thread_id}/state/checkpoint": {
    body: (alice) => ({ checkpoint: { checkpoint_id: alice.checkpoint_id } }),
    gives: 404,
  },
  "get /threads/{thread_id}/history": { gives: 404 },
  "post /threads/{thread_id}/history": { body: () => ({ limit: 10 }), gives: 404 },
  "get /threads/{thread_id}/runs": { gives: 404 },
  "post /threads/{thread_id}/runs": { body: startOwn, gives: 404 },
  "post /threads/{thread_id}/runs/stream": {
    body: () => ({ assistant_id: "ask", command: { resume: "bob" } }),
    gives: 404,
  },
  "post /threads/{thread_id}/runs/wait": { body: startOwn, gives: 404 },
  "get /threads/{thread_id}/runs/{run_id}": { gives: 404 },
  "delete /threads/{thread_id}/runs/{run_id}": { gives: 404 },
  "post /threads/{thread_id}/runs/{run_id}/cancel": { query: "?wait=1&action=rollback", gives: 404 },
  "get /threads/{thread_id}/runs/{run_id}/join": { gives: 404 },
  "get /threads/{thread_id}/runs/{run_id}/stream": { gives: 404 },
  "get /runs/{run_id}/stream": { gives: 404 },
  "get /runs/{run_id}/feedback": { gives: 404 },
  "post /runs/{run_id}/feedback": { body: () => ({ score: 1 }), gives: 404 },
  "get /feedback/tokens/{token}": { query: "?score=0", gives: 403 },
  "post /feedback/tokens/{token}": { body: () => ({ score: 0 }), gives: 403 },
  "post /runs": { body: start, gives: 404 },
  "post /runs/stream": { body: start, gives: 404 },
  "post /runs/wait": { body: start, gives: 404 },
  "post /runs/batch": { body: (alice) => [startOwn(), start(alice)], gives: 404 },
  "get /store/items": { query: `?namespace=${secret}&key=key`, gives: [200, "null"] },
  "delete /store/items": { body: () => ({ namespace: [secret], key: "key" }), gives: 204 },
  "post /store/items/search": { body: () => ({ namespace_prefix: [] }), gives: [200, '{"items":[]}'] },
  "post /store/namespaces": { body: () => ({}), gives: [200, '{"namespaces":[]}'] },
  "put /store/items": { body: () => ({ namespace: ["bob"], key: "key", value: { text: "bob" } }), gives: 204 },
  "post /assistants": {
    body: (alice) => ({ graph_id: "echo", assistant_id: alice.assistant_id, if_exists: "do_nothing" }),
    gives: 200,
  },
  "post /threads": { body: (alice) => ({ thread_id: alice.thread_id, if_exists: "do_nothing" }), gives: 200 },
};

/** All that Alice has, as she sees it. */
async function belongings(): Promise<string> {
  const alice = sdkClient(server.url, { apiKey: keys.alice });
  const { thread_id = "" } = ids;
  return JSON.stringify(
    await Promise.all([
      alice.assistants.search({ limit: 100 }),
      alice.assistants.getVersions(ids.assistant_id ?? ""),
      alice.threads.search({ limit: 100 }),
      alice.threads.getHistory(thread_id, { limit: 100 }),
      alice.runs.list(thread_id),
      alice.store.searchItems([]),
    ]),
  );
}

describe("a foreign owner, on every route with another's ids,", () => {
  it("is given nothing and changes nothing", async () => {
    const before = await belongings();
    for (const [name, { body, query = "", gives }] of Object.entries(cases)) {
      const [method = "", template = ""] = name.split(" ");
      const path = template.replace(/{(\w+)}/g, (_, id: string) => ids[id] ?? "");
      const sent = body ? JSON.stringify(body(ids)) : undefined;
      const response = await fetch(`${server.url}${path}${query}`, {
        method: method.toUpperCase(),
        headers: { "x-api-key": keys.bob, ...(sent && { "content-type": "application/json" }) },
        ...(sent && { body: sent }),
      });
      const text = await response.text();
      const [status, expected] = [gives].flat();
      expect(response.status, `${name}: ${text}`).toBe(status);
      if (expected !== undefined) expect(text, name).toBe(expected);
      expect(text, name).not.toContain(secret);
      expect(await belongings(), name).toBe(before);
    }
  });

  it("is tried on every route there is", async () => {
    const response = await fetch(`${server.url}/openapi.json`, { headers: { "x-api-key": keys.bob } });
    const { paths } = (await response.json()) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(Object.keys(cases).sort()).toEqual(routes.sort());
  });

  it("cannot use another's Idempotency-Key to get at a run", async () => {
    const headers = (key: string) => ({ "x-api-key": key, "idempotency-key": "shared-key" });
    const first = await postJson(`${server.url}/runs`, startOwn(), headers(keys.alice));
    const second = await postJson(`${server.url}/runs`, startOwn(), headers(keys.bob));
    expect(JSON.parse(second.text).run_id).not.toBe(JSON.parse(first.text).run_id);
  });
});
