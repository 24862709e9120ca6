import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainRequest, postJson, sdkClient } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  postJson(`${server.url}${path}`, body, headers);
const send = async (method: string, path: string, body?: unknown) =>
  await postJson(`${server.url}${path}`, body ?? {}, {}, method);
const threads = async () => JSON.parse((await post("/threads/search", {})).text);

describe("a body", () => {
  it("that is not JSON is 400, and the answer does not repeat it", async () => {
    for (const body of ['{"metadata": secret-text}', "{", "nul", '{"a": 1} x', '"\u0001"']) {
      const { status, text } = await post("/threads", body);
      expect(status, body).toBe(400);
      expect(text).toContain("not valid JSON");
      expect(text).not.toContain("secret-text");
    }
  });

  it("that is not UTF-8 is 400 rather than read with replacements", async () => {
    const body = Buffer.concat([Buffer.from('{"metadata": {"a": "'), Buffer.from([0xc3, 0x28]), Buffer.from('"}}')]);
    const headers = { "content-type": "application/json" };
    const answer = await plainRequest(`${server.url}/threads`, { method: "POST", headers, body });
    expect(answer).toMatchObject({ status: 400, text: "The body is not valid UTF-8" });
  });

  it("may be text/plain, or empty where JSON was announced", async () => {
    const plain = await post("/threads/search", '{"limit": 1}', { "content-type": "text/plain;charset=UTF-8" });
    expect(plain.status).toBe(200);
    const empty = await post("/threads/search", "");
    expect(empty.status).toBe(200);
  });

  it("of another type, character set or compression is 415", async () => {
    const refused: Record<string, string>[] = [
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json; charset=latin1" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ];
    for (const headers of refused) {
      expect((await post("/threads", "{}", headers)).status).toBe(415);
    }
  });

  it("over the limit is 413, declared or not, and the connection is not cut before that is read", async () => {
    const headers = { "content-type": "application/json" };
    const body = Buffer.alloc(51 * 1024 * 1024, 0x20);
    const declared = await plainRequest(`${server.url}/threads`, { method: "POST", headers, body });
    expect(declared).toMatchObject({ status: 413, text: "The body is over the limit of 52428800 bytes" });
    const pieces = Array.from({ length: 51 }, () => body.subarray(0, 1024 * 1024));
    const chunked = await plainRequest(`${server.url}/threads`, { method: "POST", headers, body: pieces });
    expect(chunked.status).toBe(413);
  });

  it("announced as too large is refused before it is sent", async () => {
    const answer = await plainRequest(`${server.url}/threads`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": "99999999999" },
      body: [],
    });
    expect(answer.status).toBe(413);
  });

  it("nested 100,000 deep is 422 and names the field", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const { status, text } = await post("/runs/wait", `{"assistant_id": "echo", "input": {"messages": ${deep}}}`);
    expect(status).toBe(422);
    expect(text).toBe("input: is nested deeper than 500 levels");
  });

  it("with a key __proto__ at any depth is 422 and names the place", async () => {
    const plain = await post("/threads", '{"metadata": {"a": [{"__proto__": {"admin": true}}]}}');
    expect(plain).toMatchObject({ status: 422, text: "metadata.a[0].__proto__: is not allowed as a key" });
    const escaped = await post("/runs/wait", '{"assistant_id": "echo", "input": {"\\u005f_proto__": 1}}');
    expect(escaped.status).toBe(422);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it("that is no object, where one is asked for, is 422", async () => {
    for (const body of ["[]", "null", "7", '"text"']) {
      const { status, text } = await post("/threads", body);
      expect(status, body).toBe(422);
      expect(text).toMatch(/^body: /);
    }
  });
});

describe("metadata that could not be filtered by", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(70)}1${"}".repeat(70)}`);
  const cases = [
    { what: "a NUL", metadata: { note: "x\0y" }, field: "metadata.note" },
    { what: "a lone surrogate", metadata: { list: ["ok", "\ud800"] }, field: "metadata.list[1]" },
    { what: "a key with a lone surrogate", metadata: { "\udfff": 1 }, field: "metadata" },
    { what: "too much depth", metadata: deep, field: "metadata.a.a" },
    { what: "a list instead of an object", metadata: [], field: "metadata" },
  ];

  it.each(cases)("($what) is 422 on every route that takes it, and names the place", async ({ metadata, field }) => {
    const thread = await sdkClient(server.url).threads.create();
    for (const [method, path, rest] of [
      ["POST", "/threads", {}],
      ["PATCH", `/threads/${thread.thread_id}`, {}],
      ["POST", "/threads/search", {}],
      ["POST", "/assistants", { graph_id: "echo" }],
      ["POST", "/assistants/search", {}],
      ["POST", `/threads/${thread.thread_id}/runs`, { assistant_id: "echo" }],
      ["POST", `/threads/${thread.thread_id}/history`, {}],
    ] as const) {
      const { status, text } = await send(method, path, { ...rest, metadata });
      expect(status, path).toBe(422);
      expect(text.startsWith(field), `${path}: ${text}`).toBe(true);
    }
    expect((await sdkClient(server.url).threads.get(thread.thread_id)).metadata).toEqual({});
  });
});

describe("values that are stored as they are", () => {
  it("come back equal: NUL, lone surrogates, 10 MB of text, deep nesting, odd keys", async () => {
    const client = sdkClient(server.url);
    let nested: unknown = "core";
    for (let depth = 0; depth < 400; depth++) nested = depth % 2 === 0 ? [nested] : { down: nested };
    const values = [
      "x\0y",
      "a \ud800 b",
      "m".repeat(10_000_000),
      nested,
      { constructor: { prototype: 1 }, toString: "x", "": "empty", "a.b": { $ne: null } },
    ];
    for (const value of values) {
      await client.store.putItem(["bad", "input"], "value", { value });
      expect((await client.store.getItem(["bad", "input"], "value"))?.value).toEqual({ value });
    }
  });

  it("come back equal in a run's state too", async () => {
    const client = sdkClient(server.url);
    const text = `${"wide 😀 ".repeat(1_000_000)}\0\ud800`;
    const input = { messages: [{ role: "user", content: text }] };
    const result = (await client.runs.wait(null, "echo", { input })) as { messages: { content: string }[] };
    expect(result.messages[0]?.content).toBe(text);
  });
});

describe("a wrong field", () => {
  const thread = randomUUID();
  it.each([
    ["POST", "/threads", { thread_id: "abc" }, "thread_id: must be a UUID"],
    ["POST", "/threads", { if_exists: "explode" }, 'if_exists: expected one of "raise"|"do_nothing"'],
    ["POST", "/threads", { ttl: 5 }, "ttl: is not supported by this server; leave it out"],
    ["POST", "/threads/search", { limit: 0 }, "limit: "],
    ["POST", "/threads/search", { limit: 1001 }, "limit: "],
    ["POST", "/threads/search", { offset: -1 }, "offset: "],
    ["POST", "/threads/search", { select: ["thread_id", "secrets"] }, "select[1]: "],
    ["POST", "/assistants", {}, "graph_id: is required"],
    ["POST", "/assistants", { graph_id: "echo", config: { recursion_limit: 0 } }, "config.recursion_limit: "],
    ["POST", `/threads/${thread}/runs`, {}, "assistant_id: is required"],
    ["POST", `/threads/${thread}/runs`, { assistant_id: 7 }, "assistant_id: expected string, received number"],
    ["POST", "/runs", { assistant_id: "echo", stream_mode: ["values", "thoughts"] }, "stream_mode"],
    ["POST", "/runs", { assistant_id: "echo", stream_mode: "everything" }, "stream_mode"],
    ["POST", "/runs", { assistant_id: "echo", webhook: "http://127.0.0.1/" }, "webhook: is not supported"],
    ["POST", "/runs", { assistant_id: "echo", after_seconds: 60 }, "after_seconds: is not supported"],
    ["POST", "/runs", { assistant_id: "echo", feedback_keys: "up" }, "feedback_keys: "],
    ["POST", "/runs", { assistant_id: "echo", feedback_keys: ["up\0"] }, "feedback_keys[0]: contains a NUL character"],
    ["POST", "/runs", { assistant_id: "echo", interrupt_before: "node" }, 'interrupt_before: must be "*" or a list'],
    ["POST", "/runs", { assistant_id: "echo", command: { goto: 5 } }, "command.goto: must be a node's name"],
    ["POST", "/runs", { assistant_id: "echo", multitask_strategy: "race" }, "multitask_strategy: "],
    [
      "POST",
      "/runs",
      { assistant_id: "echo", config: { configurable: { __pregel_x: 1 } } },
      "config.configurable.__pregel_x: ",
    ],
    [
      "POST",
      "/runs",
      { assistant_id: "echo", checkpoint: { checkpoint_id: "1" } },
      "checkpoint.checkpoint_id: must be a UUID",
    ],
    ["POST", "/runs/batch", [], "body: "],
    ["POST", "/runs/batch", [{ assistantId: "echo" }, {}], "[1].assistant_id: is required"],
    [
      "PUT",
      "/store/items",
      { namespace: ["a.b"], key: "k", value: {} },
      "namespace[0]: must not contain a period or a colon",
    ],
    ["PUT", "/store/items", { namespace: ["langgraph"], key: "k", value: {} }, "namespace: must not begin with"],
    ["PUT", "/store/items", { namespace: [], key: "k", value: {} }, "namespace: must have at least one label"],
    ["GET", "/store/items?key=k", undefined, "namespace: must have at least one label"],
    ["GET", "/store/items?namespace=a%3Ab&key=k", undefined, "namespace[0]: must not contain a period or a colon"],
    ["PUT", "/store/items", { namespace: ["a"], key: "k", value: 5 }, "value: must be an object"],
    ["PUT", "/store/items", { namespace: ["a"], key: "k\0", value: {} }, "key: contains a NUL character"],
    ["PUT", "/store/items", { namespace: ["a"], key: "k", value: {}, ttl: 5 }, "ttl: is not supported"],
    ["GET", "/threads/abc", undefined, "thread_id: must be a UUID"],
    ["GET", `/threads/${thread}/state/abc`, undefined, "checkpoint_id: must be a UUID"],
    ["GET", `/threads/${thread}/runs?limit=many`, undefined, "limit: must be a whole number"],
    ["GET", `/threads/${thread}/state?subgraphs=perhaps`, undefined, "subgraphs: must be true, false, 1 or 0"],
    ["GET", "/threads/%ff", undefined, "path: is not valid percent-encoding"],
    ["GET", "/assistants/%00", undefined, "assistant_id: contains a NUL character"],
  ])("%s %s %j is 422 and named", async (method, path, body, expected) => {
    const answer = method === "GET" ? await plainRequest(`${server.url}${path}`) : await send(method, path, body);
    expect(answer.text.startsWith(expected), answer.text).toBe(true);
    expect(answer.status).toBe(422);
  });

  it("among several is one of a list", async () => {
    const { text } = await post("/threads/search", { limit: "ten", offset: 1.5, status: "tired" });
    const fields = text.split("; ").map((problem) => problem.split(":", 1)[0]);
    expect(fields.sort()).toEqual(["limit", "offset", "status"]);
  });

  it("in a header is named as well", async () => {
    const { status, text } = await post("/runs", { assistant_id: "echo" }, { "idempotency-key": "k".repeat(256) });
    expect(status).toBe(422);
    expect(text).toMatch(/^Idempotency-Key: /);
    const thread = await sdkClient(server.url).threads.create();
    const run = await sdkClient(server.url).runs.create(thread.thread_id, "echo", { input: { messages: [] } });
    const join = await plainRequest(`${server.url}/threads/${thread.thread_id}/runs/${run.run_id}/stream`, {
      headers: { "last-event-id": "latest" },
    });
    expect(join).toMatchObject({ status: 422, text: "Last-Event-ID: must be -1 or the id of an event" });
  });
});

describe("what is unknown", () => {
  const id = randomUUID();
  it.each([
    ["GET", `/threads/${id}`, undefined, `Thread with ID ${id} not found`],
    ["GET", `/threads/${id}/state`, undefined, `Thread with ID ${id} not found`],
    ["POST", `/threads/${id}/history`, {}, `Thread with ID ${id} not found`],
    ["POST", `/threads/${id}/runs/wait`, { assistant_id: "echo" }, `Thread with ID ${id} not found`],
    ["GET", `/assistants/${id}`, undefined, "Assistant not found"],
    ["POST", "/runs/wait", { assistant_id: "no-such-graph" }, "Assistant not found"],
    ["POST", "/assistants", { graph_id: "no-such-graph" }, ""],
    ["GET", `/runs/${id}/stream`, undefined, `Run with ID ${id} not found`],
    ["GET", "/nowhere", undefined, "There is no route GET /nowhere"],
  ])("%s %s is 404", async (method, path, body, expected) => {
    const answer = method === "GET" ? await plainRequest(`${server.url}${path}`) : await send(method, path, body);
    expect(answer.status).toBe(404);
    expect(answer.text.startsWith(expected), answer.text).toBe(true);
  });

  it("reads well in the SDK's error", async () => {
    await expect(sdkClient(server.url).threads.get(id)).rejects.toThrow(`HTTP 404: Thread with ID ${id} not found`);
  });

  it("is told as JSON to a client that asks for nothing else", async () => {
    const asked = await plainRequest(`${server.url}/threads/${id}`, { headers: { accept: "application/json" } });
    expect(JSON.parse(asked.text)).toEqual({ code: "thread-not-found", detail: `Thread with ID ${id} not found` });
    const among = await plainRequest(`${server.url}/threads/${id}`, { headers: { accept: "application/json, */*" } });
    expect(among.headers["content-type"]).toBe("text/plain; charset=utf-8");
  });
});

it("leaves nothing half stored behind", async () => {
  const before = (await threads()).length;
  await post("/threads", { metadata: { ok: 1, bad: "\0" } });
  await post("/threads", { supersteps: [{ updates: [{ values: { messages: "no list" }, as_node: "nobody" }] }] });
  const kept = { assistant_id: "echo", input: { messages: [] }, on_completion: "keep" };
  expect((await post("/runs/batch", [kept, { assistant_id: "no-such-graph" }])).status).toBe(404);
  expect((await post("/runs/batch", [kept, { assistant_id: "echo", context: { prefix: 1 } }])).status).toBe(422);
  expect((await threads()).length).toBe(before);
});
