import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { threadResult, threadStateResult } from "../../../src/http/platform/schemas-results.ts";
import { plainRequest, postJson, sdkGenerations } from "../../support/clients.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const say = (content: string) => ({ messages: [{ role: "user", content }] });

describe.each(sdkGenerations)("threads, through the $sdk", ({ sdk, connect }) => {
  const client = () => connect(server.url);

  it("are created, read, changed, found, counted and deleted", async () => {
    const thread = await client().threads.create({ metadata: { topic: sdk }, graphId: "echo" });
    expect(threadResult.parse(thread)).toMatchObject({
      status: "idle",
      metadata: { topic: sdk, graph_id: "echo" },
      values: null,
      interrupts: {},
      error: null,
    });
    const updated = await client().threads.update(thread.thread_id, { metadata: { mood: "good" } });
    expect(updated.metadata).toEqual({ topic: sdk, graph_id: "echo", mood: "good" });
    expect(await client().threads.search({ metadata: { topic: sdk } })).toEqual([
      await client().threads.get(thread.thread_id),
    ]);
    expect(await client().threads.search({ ids: [thread.thread_id], select: ["thread_id"] })).toEqual([
      { thread_id: thread.thread_id },
    ]);
    expect(await client().threads.count({ metadata: { topic: sdk }, status: "idle" })).toBe(1);
    await client().threads.delete(thread.thread_id);
    await expect(client().threads.get(thread.thread_id)).rejects.toThrow("not found");
  });

  it("exist once per id, whatever case the id is written in", async () => {
    const threadId = crypto.randomUUID();
    await client().threads.create({ threadId });
    const again = { threadId: threadId.toUpperCase() };
    await expect(client().threads.create(again)).rejects.toThrow("HTTP 409");
    expect((await client().threads.create({ ...again, ifExists: "do_nothing" })).thread_id).toBe(threadId);
  });

  it("hold a state with its history, from which one can fork", async () => {
    const { thread_id } = await client().threads.create();
    await client().runs.wait(thread_id, "echo", { input: say("one") });
    await client().runs.wait(thread_id, "echo", { input: say("two") });
    const state = await client().threads.getState<{ messages: { content: string }[] }>(thread_id);
    expect(threadStateResult.parse(state)).toMatchObject({ next: [], tasks: [] });
    expect(state.values.messages.map((message) => message.content)).toEqual(["one", "echo: one", "two", "echo: two"]);

    const history = await client().threads.getHistory<{ messages: { content: string }[] }>(thread_id);
    expect(history[0]).toMatchObject({ checkpoint: state.checkpoint, values: state.values });
    const early = history.find((entry) => entry.values.messages?.length === 2 && entry.next.length === 0);
    const before = await client().threads.getHistory(thread_id, { before: { configurable: early?.checkpoint ?? {} } });
    expect(before.length).toBe(history.indexOf(early as (typeof history)[number]) === -1 ? 0 : before.length);
    expect(before.every((entry) => entry.checkpoint.checkpoint_id !== early?.checkpoint.checkpoint_id)).toBe(true);

    const id = early?.checkpoint.checkpoint_id ?? "";
    const then = await client().threads.getState(thread_id, id);
    expect(then.values).toEqual(early?.values);
    expect((await client().threads.getState(thread_id, early?.checkpoint)).values).toEqual(early?.values);

    const fork = await client().runs.wait(thread_id, "echo", { input: say("three"), checkpointId: id });
    const contents = (fork as { messages: { content: string }[] }).messages.map((message) => message.content);
    expect(contents).toEqual(["one", "echo: one", "three", "echo: three"]);
  });

  it("are changed by hand as a node would", async () => {
    const { thread_id } = await client().threads.create();
    await client().runs.wait(thread_id, "echo", { input: say("one") });
    const written = await client().threads.updateState(thread_id, { values: { note: "by hand" }, asNode: "repeat" });
    const state = await client().threads.getState<{ note: string }>(thread_id);
    expect(state.values.note).toBe("by hand");
    expect(written).toEqual({ checkpoint: expect.objectContaining({ checkpoint_id: state.checkpoint.checkpoint_id }) });
  });

  it("are copied with their state, and go on apart", async () => {
    const { thread_id } = await client().threads.create();
    await client().runs.wait(thread_id, "echo", { input: say("one") });
    const copy = await client().threads.copy(thread_id);
    expect((copy as { thread_id: string }).thread_id).not.toBe(thread_id);
    await client().runs.wait((copy as { thread_id: string }).thread_id, "echo", { input: say("two") });
    const values = async (id: string) =>
      (await client().threads.getState<{ messages: unknown[] }>(id)).values.messages.length;
    expect(await values(thread_id)).toBe(2);
    expect(await values((copy as { thread_id: string }).thread_id)).toBe(4);
  });

  it("are created with supersteps", async () => {
    const supersteps = [
      { updates: [{ values: say("hi"), asNode: "__start__" }] },
      { updates: [{ values: { messages: [{ role: "assistant", content: "hello" }] }, asNode: "repeat" }] },
    ];
    const { thread_id } = await client().threads.create({ graphId: "echo", supersteps });
    const { values } = await client().threads.getState<{ messages: { content: string }[] }>(thread_id);
    expect(values.messages.map((message) => message.content)).toEqual(["hi", "hello"]);
  });
});

it("an update answers nothing to a client that prefers that", async () => {
  const thread = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const answer = await postJson(
    `${server.url}/threads/${thread.thread_id}`,
    { metadata: { a: 1 } },
    { prefer: "return=minimal" },
    "PATCH",
  );
  expect(answer).toMatchObject({ status: 204, text: "" });
});

it("a state gives the fields that were selected, down to one key of its values", async () => {
  const thread = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const body = { assistant_id: "echo", input: { messages: [], note: "n" } };
  await postJson(`${server.url}/threads/${thread.thread_id}/runs/wait`, body);
  const state = (query: string) => plainRequest(`${server.url}/threads/${thread.thread_id}/state?${query}`);
  const expected = { next: [], values: { note: "n" } };
  for (const query of ["select=values.note&select=next", "select=values.note,next", 'select=["values.note","next"]']) {
    expect(JSON.parse((await state(query)).text), query).toEqual(expected);
  }
  expect((await state("select=secrets")).status).toBe(422);
});

it("history by GET takes a limit and a checkpoint to start before", async () => {
  const thread = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  await postJson(`${server.url}/threads/${thread.thread_id}/runs/wait`, { assistant_id: "steps", input: {} });
  const history = async (query: string) =>
    JSON.parse((await plainRequest(`${server.url}/threads/${thread.thread_id}/history?${query}`)).text);
  const [first, second, third] = await history("limit=3");
  expect(await history(`limit=1&before=${second.checkpoint.checkpoint_id}`)).toEqual([third]);
  expect((await postJson(`${server.url}/threads/${thread.thread_id}/history`, {})).text).toBe(JSON.stringify([first]));
});
