/** Starting and stopping a server in this process; test/cli.test.ts does the same as a command. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { start } from "../src/main.ts";

const configPath = fileURLToPath(new URL("fixtures/engine/langgraph.json", import.meta.url));

async function freshDatabase(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-main-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return `sqlite:${join(folder, "test.db")}`;
}

test("A server that is closed answers no more and lets go of its database", async () => {
  const environment = { PORT: "0", DATABASE_URL: await freshDatabase() };
  const first = await start({ configPath, environment });
  expect((await fetch(`${first.url}/ok`)).status).toBe(200);
  await Promise.all([first.close(), first.close()]);
  await expect(fetch(`${first.url}/ok`)).rejects.toThrow();

  const second = await start({ configPath, environment });
  expect((await fetch(`${second.url}/ok`)).status).toBe(200);
  await second.close();
});

test("A start that fails after its database is open lets go of it", async () => {
  const environment = { PORT: "0", DATABASE_URL: await freshDatabase() };
  const elsewhere = { ...environment, HOST: "203.0.113.7", API_KEYS: "ann:12345678" };
  await expect(start({ configPath, environment: elsewhere })).rejects.toMatchObject({ code: "invalid-configuration" });

  const server = await start({ configPath, environment });
  expect((await fetch(`${server.url}/ok`)).status).toBe(200);
  await server.close();
});

test("An open connection of a client that waits does not hold up the end", async () => {
  const server = await start({ configPath, environment: { PORT: "0", DATABASE_URL: await freshDatabase() } });
  const stream = await fetch(`${server.url}/runs/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assistant_id: "echo", input: { messages: [{ role: "user", content: "hello" }] } }),
  });
  await server.close();
  // The run had ended, or it was stopped between two steps: then its stream breaks off, and goes on at the next start.
  const heard = await stream.text().catch((error: unknown) => String(error));
  expect(heard).toMatch(/event: end|terminated/);
});
