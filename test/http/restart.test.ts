import { afterAll, expect, it } from "vitest";
import { sdkClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/databases.ts";
import { holdPort } from "../support/hold-port.ts";
import { type ChildServer, spawnTestServer } from "../support/server.ts";

const database = await createTestDatabase("sqlite");
let server: ChildServer | undefined;
afterAll(async () => {
  await server?.close();
  await database.drop();
});

it("a stream outlives a restart of the server: it breaks off, the SDK comes back, and the run ends", async () => {
  const environment = { DATABASE_URL: database.url };
  server = await spawnTestServer({ environment });
  // The SDK 2.0 gives up on a refused connection; 1.15 tries again while the server is away.
  const client = sdkClient(server.url, { maxRetries: 4 });
  const { thread_id } = await client.threads.create();
  const options = { input: { pause: 300 }, streamMode: "updates" as const, streamResumable: true };
  const events: string[] = [];
  for await (const { event } of client.runs.stream(thread_id, "steps", options)) {
    events.push(event);
    if (events.length > 2) continue;
    if (event === "updates") {
      expect(await server.kill("SIGTERM")).toBe(0);
      const { port } = new URL(server.url);
      await using _held = await holdPort(Number(port));
      server = await spawnTestServer({ environment: { ...environment, PORT: port } });
    }
  }
  expect(events.at(-1)).toBe("end");
  expect((await client.threads.getState<{ sum: number }>(thread_id)).values.sum).toBe(15);
});
