import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { plainRequest, postJson } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ graphs: "http" });
});
afterAll(() => server.close());

const body = (megabytes: number) => ({ assistant_id: "flood", input: { megabytes }, stream_mode: ["custom"] });

it("a reader who stops reading is cut off; the run goes on, and its outcome is there when he comes back", async () => {
  const { thread_id } = JSON.parse((await postJson(`${server.url}/threads`, {})).text);
  const outgoing = httpRequest(`${server.url}/threads/${thread_id}/runs/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    agent: false,
  });
  outgoing.end(JSON.stringify(body(30)));
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  incoming.pause();
  const run = `${server.url}${incoming.headers["content-location"]}`;
  expect(JSON.parse((await plainRequest(`${run}/join`)).text)).toMatchObject({ done: true });

  let bytes = 0;
  const reading = (async () => {
    for await (const part of incoming) bytes += part.length;
  })();
  await expect(reading).rejects.toThrow("aborted");
  expect(bytes).toBeLessThan(20_000_000);

  const again = await plainRequest(`${run}/stream`, { headers: { "last-event-id": "3" } });
  expect(again.text).toContain('"reset":true');
  expect(again.text).toContain('"done":true');
  expect(again.text).toMatch(/event: end\n.*\nid: \d+\n\n$/);
});

it("a reader who reads gets all of it", async () => {
  const { text } = await postJson(`${server.url}/runs/stream`, body(10));
  expect(text.match(/^event: custom$/gm)).toHaveLength(100);
  expect(text).toMatch(/event: end\n.*\nid: \d+\n\n$/);
});

it("a reader gets states that are larger than what is kept for slow readers", async () => {
  const note = "n".repeat(5_000_000);
  const { text } = await postJson(`${server.url}/runs/stream`, {
    assistant_id: "flood",
    input: { megabytes: 0, note },
    stream_mode: ["values", "updates"],
  });
  expect(text.match(/^event: .*$/gm)).toEqual(
    ["metadata", "values", "updates", "values", "end"].map((event) => `event: ${event}`),
  );
  expect(text.length).toBeGreaterThan(15_000_000);
});
