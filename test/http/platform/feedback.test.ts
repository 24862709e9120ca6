/** Feedback over HTTP: given by key and by signed url, replaced, refused, and what graphs say of themselves. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Feedback } from "../../../src/engine/contract.ts";
import { postJson, sdkClient } from "../../support/clients.ts";
import { databaseKinds } from "../../support/databases.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const keys = { ada: "key-of-ada", bob: "key-of-bob" };
const input = { messages: [{ role: "user", content: "hello" }] };

interface StreamedEvent {
  event: string;
  data: unknown;
}

describe.each(databaseKinds)("feedback on %s", (database) => {
  let server: TestServer;
  beforeAll(async () => {
    const environment = { API_KEYS: `ada:${keys.ada},bob:${keys.bob}` };
    server = await startTestServer({ graphs: "feedback", database, environment });
  });
  afterAll(() => server.close());

  const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await postJson(`${server.url}${path}`, body, { "x-api-key": keys.ada, ...headers });
    return { status: answer.status, text: answer.text, json: answer.status === 200 ? JSON.parse(answer.text) : null };
  };
  const listed = async (runId: string, query = "") => {
    const response = await fetch(`${server.url}/runs/${runId}/feedback${query}`, {
      headers: { "x-api-key": keys.ada },
    });
    const items = response.ok ? ((await response.json()) as Record<string, unknown>[]) : [];
    // What was said in the same millisecond has no order.
    const name = ({ source, key, score }: (typeof items)[number]) => JSON.stringify([source, key, score]);
    return { status: response.status, items: items.sort((one, other) => (name(one) < name(other) ? -1 : 1)) };
  };

  /** A finished run on a thread of its own. */
  async function finishedRun(state: object = {}, graph = "judge") {
    const client = sdkClient(server.url, { apiKey: keys.ada });
    const thread = await client.threads.create();
    const run = await client.runs.create(thread.thread_id, graph, { input: { ...input, ...state } });
    await client.runs.join(thread.thread_id, run.run_id);
    return { ...run, client };
  }

  async function streamed(body: object, path = "/runs/stream"): Promise<StreamedEvent[]> {
    const headers = { "x-api-key": keys.ada };
    const { text } = await postJson(`${server.url}${path}`, { assistant_id: "judge", input, ...body }, headers);
    return text
      .trim()
      .split("\n\n")
      .map((frame) => ({
        event: /^event: (.*)$/m.exec(frame)?.[1] ?? "",
        data: JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "null"),
      }));
  }
  const dataOf = (events: StreamedEvent[], name: string) =>
    events.find(({ event }) => event === name)?.data as Record<string, string>;

  describe("of a run", () => {
    it("is stored with what it is about, and listed", async () => {
      const run = await finishedRun();
      const correction = { messages: [{ role: "assistant", content: "Hello back." }] };
      const { status, json } = await send(`/runs/${run.run_id}/feedback`, {
        key: "helpful",
        score: 0.5,
        comment: "so so",
        correction,
        source: "reviewer",
      });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        run_id: run.run_id,
        thread_id: run.thread_id,
        graph_id: "judge",
        key: "helpful",
        source: "reviewer",
        score: 0.5,
        comment: "so so",
        correction,
        sent_at: null,
        refusal: null,
      });
      expect((await listed(run.run_id)).items).toEqual([json]);
    });

    it("keeps numbers, booleans and categories apart", async () => {
      const run = await finishedRun();
      const given = [1, true, false, -1, 0, "1", "rude"];
      for (const [index, score] of given.entries())
        await send(`/runs/${run.run_id}/feedback`, { key: `key ${index}`, score });
      expect((await listed(run.run_id)).items.map(({ score }) => score)).toEqual(given);
    });

    it("is listed in pages", async () => {
      const run = await finishedRun();
      for (const score of [0, 1, 2]) await send(`/runs/${run.run_id}/feedback`, { key: `key ${score}`, score });
      const pages = await Promise.all([0, 2, 4].map((offset) => listed(run.run_id, `?limit=2&offset=${offset}`)));
      expect(pages.map(({ items }) => items.length)).toEqual([2, 1, 0]);
      expect(new Set(pages.flatMap(({ items }) => items.map(({ key }) => key)))).toEqual(
        new Set(["key 0", "key 1", "key 2"]),
      );
      for (const query of ["?limit=0", "?limit=1001", "?limit=ten", "?offset=-1"])
        expect((await listed(run.run_id, query)).status).toBe(422);
    });

    it("takes the place of what the same source said under the same key", async () => {
      const run = await finishedRun();
      const first = await send(`/runs/${run.run_id}/feedback`, { score: 1, comment: "good" });
      const second = await send(`/runs/${run.run_id}/feedback`, { score: 0 });
      const other = await send(`/runs/${run.run_id}/feedback`, { score: 1, source: "reviewer" });
      expect(first.json.key).toBe("user-feedback");
      expect(second.json.feedback_id).toBe(first.json.feedback_id);
      expect(other.json.feedback_id).not.toBe(first.json.feedback_id);
      const { items } = await listed(run.run_id);
      expect(items.map(({ score, comment, source }) => [score, comment, source])).toEqual([
        [1, null, "reviewer"],
        [0, null, "user"],
      ]);
    });

    it("is there once, however often it comes under one feedback_id or Idempotency-Key", async () => {
      const run = await finishedRun();
      const path = `/runs/${run.run_id}/feedback`;
      const feedback_id = randomUUID();
      for (let time = 0; time < 3; time++) {
        await send(path, { score: 1, feedback_id });
        await send(path, { score: 0 }, { "idempotency-key": "click-1" });
      }
      await Promise.all(Array.from({ length: 5 }, () => send(path, { score: 1 }, { "idempotency-key": "click-2" })));
      expect((await listed(run.run_id)).items.map(({ score }) => score)).toEqual([0, 1, 1]);
    });

    it("cannot move to another run under its id", async () => {
      const [one, other] = [await finishedRun(), await finishedRun()];
      const feedback_id = randomUUID();
      await send(`/runs/${one.run_id}/feedback`, { score: 1, feedback_id });
      const { status, text } = await send(`/runs/${other.run_id}/feedback`, { score: 0, feedback_id });
      expect(status).toBe(422);
      expect(text).toContain(`about run ${one.run_id}`);
      expect((await listed(one.run_id)).items).toMatchObject([{ score: 1 }]);
    });

    it("that nobody knows, or that is another's, is 404", async () => {
      const run = await finishedRun();
      const unknown = await send(`/runs/${randomUUID()}/feedback`, { score: 1 });
      expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining("not found")]);
      const bobs = await send(`/runs/${run.run_id}/feedback`, { score: 1 }, { "x-api-key": keys.bob });
      expect(bobs.status).toBe(404);
      expect(await listed(randomUUID())).toEqual({ status: 404, items: [] });
      expect(await listed(run.run_id)).toEqual({ status: 200, items: [] });
    });

    it("is taken of a stateless run too, whose row is gone", async () => {
      const stream = await streamed({});
      const { run_id = "" } = dataOf(stream, "metadata");
      const { status, json } = await send(`/runs/${run_id}/feedback`, { score: true });
      expect(status).toBe(200);
      expect(json).toMatchObject({ graph_id: "judge", trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect((await send(`/runs/${run_id}/feedback`, { score: 1 }, { "x-api-key": keys.bob })).status).toBe(404);
    });

    it("outlives the thread without the words in it", async () => {
      const run = await finishedRun();
      await send(`/runs/${run.run_id}/feedback`, { score: 1, comment: "my secret", correction: "my secret" });
      await run.client.threads.delete(run.thread_id);
      expect((await listed(run.run_id)).items).toMatchObject([{ score: 1, comment: null, correction: null }]);
      expect((await send(`/runs/${run.run_id}/feedback`, { score: 0 })).status).toBe(404);
    });

    it.each([
      [{ score: 1_000_001 }, "score: Too big: expected number to be <=1000000"],
      [{ score: -1e308 }, "score: Too small: expected number to be >=-1000000"],
      [{ score: [1] }, "score: must be a number from -1000000 to 1000000, true, false, or a category's name"],
      [{ score: "" }, "score: Too small"],
      [{ score: 1, comment: "x".repeat(1024 * 1024) }, "comment: "],
      [{ score: 1, comment: "a\0b" }, "comment: contains a NUL character"],
      [{ correction: "x".repeat(200_001) }, "correction: is longer than 200000 characters"],
      [{ score: 1, key: "" }, "key: "],
      [{ score: 1, key: "k".repeat(256) }, "key: "],
      [{ score: 1, source: "graph" }, "source: is the graph's own"],
      [{ score: 1, feedback_id: "1" }, "feedback_id: must be a UUID"],
      [{}, "Feedback needs a score, a comment or a correction"],
      [{ comment: "" }, "Feedback needs a score, a comment or a correction"],
    ])("that says %o is refused, and the message names the field", async (body, message) => {
      const run = await finishedRun();
      const { status, text } = await send(`/runs/${run.run_id}/feedback`, body);
      expect([status, text]).toEqual([422, expect.stringContaining(message)]);
      expect((await listed(run.run_id)).items).toEqual([]);
    });
  });

  describe("by a signed url", () => {
    it("needs no key: the url comes in the stream, before its end", async () => {
      const events = await streamed({ feedback_keys: ["thumbs", "style"] });
      expect(events.map(({ event }) => event).slice(-2)).toEqual(["feedback", "end"]);
      const urls = dataOf(events, "feedback");
      expect(Object.keys(urls)).toEqual(["thumbs", "style"]);
      expect(urls.thumbs).toContain(`${server.url}/feedback/tokens/`);

      const posted = await fetch(urls.thumbs ?? "", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ score: 1, comment: "thanks" }),
      });
      expect(posted.status).toBe(200);
      const clicked = await fetch(`${urls.style}?score=false&comment=too%20long`);
      expect(clicked.status).toBe(200);
      const { run_id = "" } = dataOf(events, "metadata");
      const given = (await listed(run_id)).items.map(({ key, score, comment }) => [key, score, comment]);
      expect(given).toEqual([
        ["style", false, "too long"],
        ["thumbs", 1, "thanks"],
      ]);
    });

    it("comes to the SDK's readers", async () => {
      const client = sdkClient(server.url, { apiKey: keys.ada });
      const stream = client.runs.stream(null, "judge", { input, feedbackKeys: ["thumbs"] });
      const events = await Array.fromAsync(stream, (event): { event: string; data: unknown } => event);
      expect(events.find(({ event }) => event === "feedback")?.data).toEqual({
        thumbs: expect.stringContaining(`${server.url}/feedback/tokens/`),
      });
    });

    it("reads numbers, truth and categories from a link", async () => {
      const { thumbs } = dataOf(await streamed({ feedback_keys: ["thumbs"] }), "feedback");
      const score = async (query: string) => {
        const answer = await fetch(`${thumbs}?${query}`);
        return answer.ok ? ((await answer.json()) as { score: unknown }).score : answer.status;
      };
      expect(await score("score=1")).toBe(1);
      expect(await score("score=-0.5")).toBe(-0.5);
      expect(await score("score=007")).toBe(7);
      expect(await score("score=true")).toBe(true);
      expect(await score("value=too-slow")).toBe("too-slow");
      expect(await score("score=.5")).toBe(0.5);
      expect(await score("score=1e2")).toBe(100);
      expect(await score("score=2000000")).toBe(422);
      expect(await score("score=NaN")).toBe(422);
      expect(await score("score=-Infinity")).toBe(422);
      expect(await score("score=1e999")).toBe(422);
      expect(await score("")).toBe(422);
    });

    it("stores nothing for a program that only looks whether the link is there", async () => {
      const events = await streamed({ feedback_keys: ["thumbs"] });
      const { thumbs } = dataOf(events, "feedback");
      expect((await fetch(`${thumbs}?score=1`, { method: "HEAD" })).status).toBe(405);
      const { run_id = "" } = dataOf(events, "metadata");
      expect((await listed(run_id)).items).toEqual([]);
    });

    it("comes again to whoever joins the stream later", async () => {
      const client = sdkClient(server.url, { apiKey: keys.ada });
      const thread = await client.threads.create();
      const path = `/threads/${thread.thread_id}/runs/stream`;
      const events = await streamed({ feedback_keys: ["thumbs"] }, path);
      const { run_id = "" } = dataOf(events, "metadata");
      const names = await Array.fromAsync(client.runs.joinStream(thread.thread_id, run_id), ({ event }) => event);
      expect(names).toEqual(["metadata", "values", "feedback", "end"]);
    });

    it("that was altered is 403, and stores nothing", async () => {
      const events = await streamed({ feedback_keys: ["thumbs"] });
      const { thumbs = "" } = dataOf(events, "feedback");
      const [, claims = "", signature = ""] = /tokens\/(.*)\.(.*)$/.exec(thumbs) ?? [];
      const fields = JSON.parse(Buffer.from(claims, "base64url").toString());
      const forged = Buffer.from(JSON.stringify(["bob", ...fields.slice(1)])).toString("base64url");
      for (const token of [`${forged}.${signature}`, claims, `${claims}.`, "x", `${claims}.${signature}x`]) {
        const answer = await fetch(`${server.url}/feedback/tokens/${token}?score=0`);
        expect([answer.status, token]).toEqual([403, token]);
      }
      const { run_id = "" } = dataOf(events, "metadata");
      expect((await listed(run_id)).items).toEqual([]);
    });

    it("is not made for runs that ask for none", async () => {
      const names = (await streamed({ feedback_keys: [] })).map(({ event }) => event);
      expect(names).not.toContain("feedback");
    });
  });

  describe("of the graph itself", () => {
    it("is what its state's judgements say; what is none of these is left out", async () => {
      const verdicts = [
        { name: "grounded", value: 0.75, comment: "3 of 4 sentences" },
        { name: "gate", value: true },
        { name: "route", value: "short" },
        { name: "gate", value: false },
        { name: "endless", value: 1e300 },
        { name: "", value: 1 },
        { value: 1 },
        "nonsense",
        null,
        { name: "nul", value: "a\0b" },
        { name: "talkative", value: 1, comment: "x".repeat(20_000) },
      ];
      const run = await finishedRun({ verdicts });
      const { items } = await listed(run.run_id);
      expect(new Set(items.map(({ source }) => source))).toEqual(new Set(["graph"]));
      const said = items.map(({ key, score, comment }) => [key, score, String(comment).length]);
      expect(said).toEqual([
        ["gate", false, 4],
        ["grounded", 0.75, 16],
        ["route", "short", 4],
        ["talkative", 1, 10_000],
      ]);
    });

    it.each([["nonsense"], [{}], [7], [null]])("does not fail the run where judgements are %j", async (verdicts) => {
      const run = await finishedRun({ verdicts });
      const { status } = await run.client.runs.get(run.thread_id, run.run_id);
      expect(status).toBe("success");
      expect((await listed(run.run_id)).items).toEqual([]);
    });

    it("comes when it has ended, not when it pauses", async () => {
      const run = await finishedRun({ verdicts: [{ name: "gate", value: true }] }, "ask");
      expect((await listed(run.run_id)).items).toEqual([]);
      const resumed = await run.client.runs.create(run.thread_id, "ask", { command: { resume: "fine" } });
      await run.client.runs.join(run.thread_id, resumed.run_id);
      expect((await listed(resumed.run_id)).items).toMatchObject([{ key: "gate", score: true }]);
    });

    it("outlives a stateless run", async () => {
      const events = await streamed({ input: { ...input, verdicts: [{ name: "gate", value: true }] } });
      const { run_id = "" } = dataOf(events, "metadata");
      expect((await listed(run_id)).items).toMatchObject([{ key: "gate", score: true, source: "graph" }]);
    });
  });
});

describe("the judgements of the graphs here", () => {
  it("are feedback of the source graph", async () => {
    const server = await startTestServer({ graphs: "../..", environment: { MODEL: "offline" } });
    try {
      const client = sdkClient(server.url);
      const thread = await client.threads.create();
      const document = { messages: [{ role: "user", content: "Ada Lovelace met Charles Babbage in London in 1833." }] };
      const run = await client.runs.create(thread.thread_id, "prompt-chaining", { input: document });
      await client.runs.join(thread.thread_id, run.run_id);
      const given = (await (await fetch(`${server.url}/runs/${run.run_id}/feedback`)).json()) as Feedback[];
      expect(new Set(given.map(({ source }) => source))).toEqual(new Set(["graph"]));
      const said = given.map(({ key, score }) => [key, score]).sort();
      expect(said).toEqual([
        ["gate: extract", true],
        ["gate: summarise", true],
        ["gate: write", true],
      ]);
    } finally {
      await server.close();
    }
  });
});

describe("the urls' address", () => {
  it("is PUBLIC_URL where that is set", async () => {
    const server = await startTestServer({
      graphs: "feedback",
      environment: { PUBLIC_URL: "https://agents.example.com/base/" },
    });
    try {
      const { text } = await postJson(`${server.url}/runs/stream`, {
        assistant_id: "judge",
        input,
        feedback_keys: ["up"],
      });
      expect(text).toContain('{"up":"https://agents.example.com/base/feedback/tokens/');
    } finally {
      await server.close();
    }
  });
});
