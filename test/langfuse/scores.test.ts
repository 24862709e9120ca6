/** Feedback on its way to Langfuse: what arrives, and that all of it does, once, whatever the receiver does meanwhile. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createScoreReceiver, type Scored } from "../../src/langfuse/scores.ts";
import { postJson } from "../support/clients.ts";
import { createTestDatabase } from "../support/databases.ts";
import { startLangfuse } from "../support/langfuse-receiver.ts";
import { spawnTestServer, startTestServer, type TestServer } from "../support/server.ts";

const input = { messages: [{ role: "user", content: "hello" }] };

async function serve(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const server = await startTestServer({ graphs: "feedback", environment });
  onTestFinished(() => server.close());
  return server;
}

async function receive() {
  const langfuse = await startLangfuse();
  onTestFinished(() => langfuse[Symbol.asyncDispose]());
  return langfuse;
}

async function freshDatabase(): Promise<string> {
  const fresh = await createTestDatabase("sqlite");
  onTestFinished(() => fresh.drop());
  return fresh.url;
}

async function finishedRun(server: { url: string }, verdicts: unknown = null) {
  const thread = await postJson(`${server.url}/threads`, {});
  const path = `${server.url}/threads/${JSON.parse(thread.text).thread_id}/runs`;
  const body = { assistant_id: "judge", input: { ...input, verdicts } };
  const run = JSON.parse((await postJson(path, body)).text);
  await (await fetch(`${path}/${run.run_id}/join`)).text();
  return run as { run_id: string; thread_id: string; trace_id: string };
}

async function give(server: { url: string }, runId: string, body: object): Promise<Record<string, unknown>> {
  const { status, text } = await postJson(`${server.url}/runs/${runId}/feedback`, body);
  expect(status).toBe(200);
  return JSON.parse(text);
}

async function stored(server: { url: string }, runId: string): Promise<unknown> {
  return await (await fetch(`${server.url}/runs/${runId}/feedback`)).json();
}

describe("feedback", () => {
  it("arrives as scores of the run's trace, each kind under its type, masked", async () => {
    const langfuse = await receive();
    const server = await serve(langfuse.environment);
    const run = await finishedRun(server, [{ name: "grounded", value: 0.5, comment: "1 of 2" }]);
    await give(server, run.run_id, { key: "stars", score: 4, comment: "Ask ada@example.com, she knows." });
    await give(server, run.run_id, { key: "thumbs", score: false });
    await give(server, run.run_id, { key: "style", score: "too long" });
    await give(server, run.run_id, { key: "words", comment: "just saying" });
    await give(server, run.run_id, { key: "right", correction: "The key is sk-abcdefghijklmnopqrstuvwx1234567890." });
    await langfuse.until(() => langfuse.scores().length === 6);

    const scores = Object.fromEntries(langfuse.scores().map((score) => [score.name, score]));
    expect(scores.grounded).toMatchObject({ value: 0.5, dataType: "NUMERIC", comment: "1 of 2" });
    expect(scores.stars).toMatchObject({ value: 4, dataType: "NUMERIC", comment: "Ask [email], she knows." });
    expect(scores.thumbs).toMatchObject({ value: 0, dataType: "BOOLEAN" });
    expect(scores.style).toMatchObject({ value: "too long", dataType: "CATEGORICAL" });
    expect(scores.words).toMatchObject({ value: "just saying", dataType: "TEXT" });
    expect(scores.output).toMatchObject({ value: expect.stringContaining("[secret]"), dataType: "CORRECTION" });
    for (const score of langfuse.scores()) {
      expect(score.traceId).toBe(run.trace_id);
      expect(score).not.toHaveProperty("sessionId");
      expect(score.metadata).toMatchObject({ run_id: run.run_id, thread_id: run.thread_id });
    }
    expect(langfuse.problems).toEqual([]);
  });

  it("that is changed replaces its score", async () => {
    const langfuse = await receive();
    const server = await serve(langfuse.environment);
    const run = await finishedRun(server);
    await give(server, run.run_id, { score: 1 });
    await langfuse.until(() => langfuse.scores().length === 1);
    await give(server, run.run_id, { score: 0, comment: "on second thought" });
    await langfuse.until(() => langfuse.scores()[0]?.value === 0);
    expect(langfuse.scores()).toMatchObject([{ value: 0, comment: "on second thought" }]);
  });

  it.each(["down", 500, 401] as const)(
    "given while the receiver is %s is taken at once, and arrives once when it is well again",
    async (fault) => {
      const langfuse = await receive();
      if (fault === "down") await langfuse.down();
      else langfuse.behaviour = fault;
      const server = await serve(langfuse.environment);
      const run = await finishedRun(server, [{ name: "gate", value: true }]);
      const first = await give(server, run.run_id, { score: 1 });
      await give(server, run.run_id, { key: "style", score: "short" });
      expect(first.sent_at).toBeNull();
      if (fault === "down") await langfuse.up();
      else langfuse.behaviour = "well";
      await langfuse.until(() => langfuse.scores().length === 3);
      const names = langfuse.scores().map(({ name }) => name);
      expect(names.sort()).toEqual(["gate", "style", "user-feedback"]);
      expect(langfuse.problems).toEqual([]);
    },
  );

  it("is taken, and its server stops, while the receiver hangs", async () => {
    const langfuse = await receive();
    langfuse.behaviour = "hang";
    const environment = { ...langfuse.environment, DATABASE_URL: await freshDatabase() };
    const server = await serve(environment);
    const run = await finishedRun(server);
    await give(server, run.run_id, { score: 1 });
    await server.close();
    const again = await serve({ ...environment, LANGFUSE_PUBLIC_KEY: "", LANGFUSE_SECRET_KEY: "" });
    expect(await stored(again, run.run_id)).toMatchObject([{ score: 1, sent_at: null, refusal: null }]);
  });

  it("given while the receiver is down arrives after the server was killed and started again, once", async () => {
    const langfuse = await receive();
    await langfuse.down();
    const environment = { ...langfuse.environment, DATABASE_URL: await freshDatabase() };
    const before = await spawnTestServer({ graphs: "feedback", environment });
    onTestFinished(() => before.close());
    const run = await finishedRun(before, [{ name: "gate", value: true }]);
    await give(before, run.run_id, { score: 1, comment: "kept" });
    await before.kill("SIGKILL");

    await langfuse.up();
    const after = await serve(environment);
    await langfuse.until(() => langfuse.scores().length === 2);
    await after.close();
    const third = await serve(environment);
    await third.close();
    const sent = langfuse.requests.flatMap(({ body }) => (body as { batch?: { id: string }[] }).batch ?? []);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
    const names = langfuse.scores().map(({ name }) => name);
    expect(names.sort()).toEqual(["gate", "user-feedback"]);
  });

  it("is sent when the server stops, and noted as sent", async () => {
    const langfuse = await receive();
    const environment = { ...langfuse.environment, DATABASE_URL: await freshDatabase() };
    const server = await serve(environment);
    const run = await finishedRun(server);
    await give(server, run.run_id, { score: 1 });
    await server.close();
    expect(langfuse.scores().length).toBe(1);
    const again = await serve(environment);
    expect(await stored(again, run.run_id)).toMatchObject([{ sent_at: expect.any(String), refusal: null }]);
  });

  it("goes nowhere without keys, and stays; when keys are set it is sent", async () => {
    const langfuse = await receive();
    const environment = { DATABASE_URL: await freshDatabase() };
    const server = await serve(environment);
    const run = await finishedRun(server);
    await give(server, run.run_id, { score: 1 });
    expect(await stored(server, run.run_id)).toMatchObject([{ sent_at: null }]);
    await server.close();
    await serve({ ...langfuse.environment, ...environment });
    await langfuse.until(() => langfuse.scores().length === 1);
  });
});

describe("an answer of the receiver", () => {
  const scored = (name: string, fields: Partial<Scored> = {}): Scored => ({
    ...{ owner: "ada", feedback_id: crypto.randomUUID(), revision: 1, run_id: "r", thread_id: "t", trace_id: "c" },
    ...{ key: name, source: "user", score: 1, comment: null, correction: null, updated_at: 1_000 },
    ...fields,
  });

  /** Answers each ingestion with what `answer` makes of its events. */
  async function answering(answer: (events: { id: string; body: { name: string } }[]) => [number, unknown]) {
    const server = createServer(async (request, response) => {
      const [status, body] = answer(((await json(request)) as { batch: [] }).batch);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const receiver = createScoreReceiver({ publicKey: "pk", secretKey: "sk", baseUrl: `http://127.0.0.1:${port}` });
    return (batch: readonly Scored[]) => receiver.send(batch, new AbortController().signal);
  }
  const taken = (events: { id: string }[]) => events.map(({ id }) => ({ id, status: 201 }));

  it("that refuses one event refuses that feedback, lets another be sent again, and takes the rest", async () => {
    const send = await answering((events) => {
      const named = (...names: string[]) => events.filter(({ body }) => names.includes(body.name));
      const errors = [
        ...named("bad").map(({ id }) => ({ id, status: 400, message: "no such config", error: "ScoreError" })),
        ...named("busy").map(({ id }) => ({ id, status: 500, message: "try later" })),
      ];
      return [207, { successes: taken(named("good", "last", "output")), errors }];
    });
    expect(await send([scored("good"), scored("bad"), scored("busy"), scored("last", { correction: "x" })])).toEqual([
      "taken",
      { refused: "400: no such config: ScoreError" },
      "again",
      "taken",
    ]);
  });

  it("that refuses a whole batch for one of it is asked about each alone", async () => {
    const send = await answering((events) =>
      events.some(({ body }) => body.name === "bad")
        ? [400, { message: "invalid" }]
        : [207, { successes: taken(events), errors: [] }],
    );
    expect(await send([scored("good"), scored("bad"), scored("fine")])).toEqual([
      "taken",
      { refused: '400: {"message":"invalid"}' },
      "taken",
    ]);
  });

  it("that takes nothing is an error with its reason", async () => {
    const wrongKeys = await answering(() => [401, { message: "Invalid credentials" }]);
    await expect(wrongKeys([scored("good")])).rejects.toThrow("answered 401: check LANGFUSE_PUBLIC_KEY");
    const nonsense = await answering(() => [200, { ok: true }]);
    await expect(nonsense([scored("good")])).rejects.toThrow();
  });

  it("sees the same ids for the same feedback, and others for another owner's under the same id", async () => {
    const seen: string[][] = [];
    const send = await answering((events) => {
      seen.push(events.map(({ id }) => id));
      return [207, { successes: taken(events), errors: [] }];
    });
    const feedback = scored("good");
    await send([feedback]);
    await send([feedback]);
    await send([{ ...feedback, owner: "bob" }]);
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).not.toEqual(seen[0]);
    expect(await send([scored("erased", { score: null })])).toEqual(["taken"]);
    expect(seen.length).toBe(3);
  });
});
