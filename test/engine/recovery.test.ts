import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@langchain/langgraph-sdk";
import { afterEach, describe, expect, it } from "vitest";
import { createTestDatabase, databaseKinds } from "../support/databases.ts";
import { say, texts } from "../support/engine.ts";
import { type ChildServer, spawnTestServer } from "../support/server.ts";

describe.each(databaseKinds)("after the death of its process, a server on %s", (kind) => {
  const cleanup: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const undo of cleanup.splice(0).reverse()) await undo();
  });

  async function freshDatabase(): Promise<string> {
    const { url, drop } = await createTestDatabase(kind);
    cleanup.push(drop);
    return url;
  }

  async function startOn(databaseUrl: string): Promise<{ server: ChildServer; client: Client }> {
    const server = await spawnTestServer({ environment: { DATABASE_URL: databaseUrl } });
    cleanup.push(() => server.kill("SIGKILL"));
    return {
      server,
      client: new Client({ apiUrl: server.url, callerOptions: { maxRetries: 0, maxConcurrency: 300 } }),
    };
  }

  async function died({ process: child }: ChildServer): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }

  it("ends each of 300 acknowledged runs once, with the right answer, and the threads go on", async () => {
    const databaseUrl = await freshDatabase();
    const folder = await mkdtemp(join(tmpdir(), "signalbox-recovery-"));
    cleanup.push(() => rm(folder, { recursive: true }));
    const [journal, hold] = [join(folder, "journal"), join(folder, "released")];
    const first = await startOn(databaseUrl);
    const threads = await Promise.all(Array.from({ length: 100 }, () => first.client.threads.create()));
    const input = say("sum up", { journal, pause: 1 });
    // The last one cannot end before the kill, however late that comes.
    const held = say("sum up", { journal, pause: 1, hold });
    const accepted = [];
    for (const round of [1, 2, 3])
      accepted.push(
        ...(await Promise.all(
          threads.map(({ thread_id }, index) =>
            first.client.runs.create(thread_id, "steps", { input: round === 3 && index === 99 ? held : input }),
          ),
        )),
      );
    const [early] = accepted;
    await first.client.runs.join(early?.thread_id ?? "", early?.run_id ?? "");
    await first.server.kill("SIGKILL");
    await writeFile(hold, "");

    const { client } = await startOn(databaseUrl);
    const results = await Promise.all(accepted.map(({ thread_id, run_id }) => client.runs.join(thread_id, run_id)));
    const rounds = results.map((result) => texts(result).at(-1));
    // The thread's runs ran in order, each superstep once: a step done twice or left out would show in the sum.
    expect(rounds).toEqual([15, 30, 45].flatMap((sum) => threads.map(() => `the sum is ${sum}`)));
    const runs = await Promise.all(accepted.map(({ thread_id, run_id }) => client.runs.get(thread_id, run_id)));
    expect(runs.map(({ status }) => status)).toEqual(accepted.map(() => "success"));
    const attempts = runs.map((run) => (run as unknown as { attempt: number }).attempt);
    expect(Math.max(...attempts)).toBe(2);
    const executions = (await readFile(journal, "utf8")).trim().split("\n").length;
    // Only supersteps that were under way at the crash ran again: at most one for each slot.
    expect(executions).toBeGreaterThanOrEqual(1_500);
    expect(executions).toBeLessThanOrEqual(1_500 + 64);
    const next = await client.runs.wait(early?.thread_id ?? "", "steps", { input: say("again") });
    expect(texts(next).at(-1)).toBe("the sum is 60");
  });

  it("goes on with what a SIGTERM stopped, without a step lost or done twice", async () => {
    const databaseUrl = await freshDatabase();
    const first = await startOn(databaseUrl);
    const threads = await Promise.all(Array.from({ length: 20 }, () => first.client.threads.create()));
    const accepted = await Promise.all(
      threads.map(({ thread_id }) =>
        first.client.runs.create(thread_id, "steps", { input: say("sum", { pause: 50 }) }),
      ),
    );
    expect(await first.server.kill("SIGTERM")).toBe(0);
    const { client } = await startOn(databaseUrl);
    const results = await Promise.all(accepted.map(({ thread_id, run_id }) => client.runs.join(thread_id, run_id)));
    expect(results.map((result) => texts(result).at(-1))).toEqual(accepted.map(() => "the sum is 15"));
  });

  it("gives up a run that kills its process three times, and ends the others", async () => {
    const databaseUrl = await freshDatabase();
    const first = await startOn(databaseUrl);
    const thread = await first.client.threads.create();
    const poison = await first.client.runs.create(thread.thread_id, "poison", { input: say("die") });
    const waiting = await first.client.runs
      .create(thread.thread_id, "echo", { input: say("hi") })
      .catch(() => undefined);
    await died(first.server);
    // From now on the run is taken up, and kills, at the start: perhaps before the server says that it listens.
    for (const _attempt of [2, 3])
      await startOn(databaseUrl).then(
        ({ server }) => died(server),
        () => undefined,
      );
    const { client } = await startOn(databaseUrl);
    expect(await client.runs.get(thread.thread_id, poison.run_id)).toMatchObject({
      status: "error",
      error: { error: "abandoned" },
    });
    if (waiting) expect(texts(await client.runs.join(thread.thread_id, waiting.run_id)).at(-1)).toBe("echo: hi");
    expect(texts(await client.runs.wait(thread.thread_id, "echo", { input: say("on") })).at(-1)).toBe("echo: on");
  });
});
