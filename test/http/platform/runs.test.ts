import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runResult } from "../../../src/http/platform/schemas-results.ts";
import { gate } from "../../fixtures/engine/gates.ts";
import { plainRequest, postJson, sdkGenerations } from "../../support/clients.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const say = (content: string) => ({ messages: [{ role: "user", content }] });
let gates = 0;
/** A gate of its own for each use; open ones let the "gate" graph through. */
function freshGate() {
  gates += 1;
  const name = `http-runs-${gates}`;
  return { input: { ...say("wait"), gate: name }, ...gate(name) };
}

describe.each(sdkGenerations)("runs, through the $sdk", ({ connect }) => {
  const client = () => connect(server.url);

  it("are started in the background, read, listed, joined and deleted", async () => {
    const { thread_id } = await client().threads.create();
    let created: unknown;
    const run = await client().runs.create(thread_id, "echo", {
      input: say("hi"),
      metadata: { by: "test" },
      onRunCreated: (ids) => {
        created = ids;
      },
    });
    expect(runResult.parse(run)).toMatchObject({ thread_id, metadata: { by: "test" }, multitask_strategy: "enqueue" });
    expect(created).toEqual({ run_id: run.run_id, thread_id });
    const values = (await client().runs.join(thread_id, run.run_id)) as unknown as { messages: { content: string }[] };
    expect(values.messages.map((message) => message.content)).toEqual(["hi", "echo: hi"]);
    expect(await client().runs.get(thread_id, run.run_id)).toMatchObject({ run_id: run.run_id, status: "success" });
    expect((await client().runs.list(thread_id)).map((entry) => entry.run_id)).toEqual([run.run_id]);
    expect(await client().runs.list(thread_id, { status: "error" })).toEqual([]);
    expect(await client().runs.list(thread_id, { select: ["run_id", "status"] })).toEqual([
      { run_id: run.run_id, status: "success" },
    ]);
    await client().runs.delete(thread_id, run.run_id);
    await expect(client().runs.get(thread_id, run.run_id)).rejects.toThrow("HTTP 404");
  });

  it("are waited for, on a thread or without one", async () => {
    const { thread_id } = await client().threads.create();
    const onThread = await client().runs.wait(thread_id, "echo", { input: say("hi") });
    const stateless = await client().runs.wait(null, "echo", { input: say("hi") });
    for (const values of [onThread, stateless]) {
      expect(values).toMatchObject({ messages: [{ content: "hi" }, { content: "echo: hi" }] });
    }
  });

  it("take their settings from config, context and the assistant", async () => {
    const prefixed = { messages: [{}, { content: "sir: hi" }] };
    const config = { configurable: { prefix: "sir" } };
    expect(await client().runs.wait(null, "echo", { input: say("hi"), config })).toMatchObject(prefixed);
    const context = { prefix: "sir" };
    expect(await client().runs.wait(null, "echo", { input: say("hi"), context })).toMatchObject(prefixed);
  });

  it("that fail answer a wait with their error", async () => {
    await expect(client().runs.wait(null, "fail", { input: say("x") })).rejects.toThrow(
      "RangeError: the boiler is cold",
    );
    const values = await client().runs.wait(null, "fail", { input: say("x"), raiseError: false });
    expect(values).toEqual({ __error__: { error: "RangeError", message: "the boiler is cold" } });
    await expect(client().runs.wait(null, "loop", { input: say("x") })).rejects.toThrow("GraphRecursionError");
  });

  it("stop at an interrupt and go on with the answer, of which only the first counts", async () => {
    const { thread_id } = await client().threads.create();
    const stopped = await client().runs.wait(thread_id, "ask", { input: say("hi") });
    expect(stopped).toMatchObject({ __interrupt__: [{ value: "What is your name?" }] });
    const thread = await client().threads.get(thread_id);
    expect(thread.status).toBe("interrupted");
    expect(Object.values(thread.interrupts)).toMatchObject([[{ value: "What is your name?" }]]);
    const answers = await Promise.allSettled(
      ["Ada", "Bob"].map((resume) => client().runs.wait(thread_id, "ask", { command: { resume } })),
    );
    const [refused] = answers.filter((answer) => answer.status === "rejected");
    expect(String(refused?.reason)).toContain("HTTP 409");
    const [resumed] = answers.filter((answer) => answer.status === "fulfilled");
    expect(resumed?.value).toMatchObject({ messages: [{}, { content: expect.stringContaining("you said") }] });
  });

  it("are cancelled, waiting for their end or not", async () => {
    const { thread_id } = await client().threads.create();
    const waiting = freshGate();
    const run = await client().runs.create(thread_id, "gate", { input: waiting.input });
    await waiting.reached.promise;
    await client().runs.cancel(thread_id, run.run_id, true);
    expect((await client().runs.get(thread_id, run.run_id)).status).toBe("interrupted");
    const second = freshGate();
    const next = await client().runs.create(thread_id, "gate", { input: second.input });
    await second.reached.promise;
    await expect(client().runs.delete(thread_id, next.run_id)).rejects.toThrow("HTTP 409");
    await client().runs.cancel(thread_id, next.run_id);
    await client().runs.join(thread_id, next.run_id);
    expect((await client().runs.get(thread_id, next.run_id)).status).toBe("interrupted");
  });

  it("on a busy thread are refused where the client wants that", async () => {
    const { thread_id } = await client().threads.create();
    const waiting = freshGate();
    const run = await client().runs.create(thread_id, "gate", { input: waiting.input });
    const second = client().runs.create(thread_id, "echo", { input: say("x"), multitaskStrategy: "reject" });
    await expect(second).rejects.toThrow("HTTP 409");
    waiting.opened.resolve();
    await client().runs.join(thread_id, run.run_id);
  });

  it("make their thread where they are told to", async () => {
    const threadId = crypto.randomUUID();
    await expect(client().runs.wait(threadId, "echo", { input: say("hi") })).rejects.toThrow("HTTP 404");
    await client().runs.wait(threadId, "echo", { input: say("hi"), ifNotExists: "create" });
    expect((await client().threads.get(threadId)).status).toBe("idle");
  });

  it("are started in batches, which the SDK writes in camel case", async () => {
    const runs = await client().runs.createBatch([
      { assistantId: "echo", input: say("one"), onCompletion: "keep", multitaskStrategy: "reject" },
      { assistantId: "echo", input: say("two") },
    ] as Parameters<ReturnType<typeof client>["runs"]["createBatch"]>[0]);
    expect(runs.map((run) => runResult.parse(run).multitask_strategy)).toEqual(["reject", "enqueue"]);
    const [kept] = runs;
    await client().runs.join(kept?.thread_id ?? "", kept?.run_id ?? "");
    expect((await client().threads.get(kept?.thread_id ?? "")).status).toBe("idle");
  });
});

it("null is as good as absent, as other languages' clients send it", async () => {
  const fields = [
    "command",
    "checkpoint",
    "config",
    "context",
    "metadata",
    "webhook",
    "interrupt_before",
    "stream_mode",
  ];
  const more = ["on_disconnect", "multitask_strategy", "after_seconds", "feedback_keys", "if_not_exists", "durability"];
  const nulls = Object.fromEntries([...fields, ...more].map((field) => [field, null]));
  const answer = await postJson(`${server.url}/runs/wait`, { ...nulls, assistant_id: "echo", input: say("hi") });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.text)).toMatchObject({ messages: [{}, { content: "echo: hi" }] });
});

it("a run says in its headers where it is", async () => {
  const started = await postJson(`${server.url}/runs`, { assistant_id: "echo", input: say("hi") });
  const run = JSON.parse(started.text);
  expect(started.headers.get("content-location")).toBe(`/threads/${run.thread_id}/runs/${run.run_id}`);
});

it("a cancelled run answers 202, or 204 once it has ended", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const waiting = freshGate();
  const body = { assistant_id: "gate", input: waiting.input };
  const run = JSON.parse((await postJson(`${server.url}/threads/${thread_id}/runs`, body)).text);
  const cancel = `${server.url}/threads/${thread_id}/runs/${run.run_id}/cancel`;
  expect(await postJson(`${cancel}?wait=0`, "")).toMatchObject({ status: 202, text: "" });
  expect(await postJson(`${cancel}?wait=1&action=interrupt`, "")).toMatchObject({ status: 204, text: "" });
});

it("an Idempotency-Key gives the same run again, also to a retry by another proxy, and refuses another body", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const start = (body: object, proxy: string) =>
    postJson(`${server.url}/threads/${thread_id}/runs`, body, { "idempotency-key": "once", "x-forwarded-for": proxy });
  const body = { assistant_id: "echo", input: say("hi") };
  const first = JSON.parse((await start(body, "10.0.0.1")).text);
  const again = JSON.parse((await start(body, "10.0.0.2")).text);
  expect(again.run_id).toBe(first.run_id);
  expect((await start({ ...body, input: say("other") }, "10.0.0.1")).status).toBe(422);
  const runs = JSON.parse((await plainRequest(`${server.url}/threads/${thread_id}/runs`)).text);
  expect(runs).toHaveLength(1);
});

it("a client's own headers become configurable, its credentials never", async () => {
  const started = await postJson(
    `${server.url}/runs`,
    { assistant_id: "echo", input: say("hi"), config: { configurable: { "x-team": "from the body" } } },
    {
      "x-user-locale": "de",
      "x-team": "from the header",
      "user-agent": "tester/1",
      "x-api-key": "secret-key",
      "x-tenant-id": "secret-tenant",
      "x-service-key": "secret-service",
      authorization: "Bearer secret-token",
      cookie: "session=secret-cookie",
    },
  );
  const { configurable } = JSON.parse(started.text).kwargs;
  expect(configurable).toMatchObject({ "x-user-locale": "de", "user-agent": "tester/1", "x-team": "from the body" });
  expect(started.text).not.toContain("secret");
});

it("a wait longer than a second sends newlines first, and then the values", async () => {
  const waiting = freshGate();
  const response = await fetch(`${server.url}/runs/wait`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assistant_id: "gate", input: waiting.input }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-location")).toMatch(/^\/threads\/.+\/runs\/.+$/);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("\n");
  waiting.opened.resolve();
  let rest = "";
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) rest += part.value;
  expect(JSON.parse(rest)).toMatchObject({ gate: expect.stringContaining("http-runs") });
});

it("a client that leaves takes its run along where it said so, and only there", async () => {
  for (const [onDisconnect, status] of [
    ["cancel", "interrupted"],
    ["continue", "success"],
  ] as const) {
    const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
    const waiting = freshGate();
    const leave = new AbortController();
    const response = await fetch(`${server.url}/threads/${thread_id}/runs/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ assistant_id: "gate", input: waiting.input, on_disconnect: onDisconnect }),
      signal: leave.signal,
    });
    await waiting.reached.promise;
    leave.abort();
    if (onDisconnect === "continue") waiting.opened.resolve();
    const path = `${server.url}${response.headers.get("content-location")}`;
    await plainRequest(`${path}/join`);
    expect(JSON.parse((await plainRequest(path)).text).status).toBe(status);
  }
});
