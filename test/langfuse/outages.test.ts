/** A Langfuse that is dead, slow or angry, and servers that stop or die: runs are unaffected, and what can be sent is. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Behaviour } from "../support/langfuse-receiver.ts";
import { flawsOf } from "../support/langfuse-traces.ts";
import { spawnTestServer } from "../support/server.ts";
import { begin, human, receive, run, serveTraced, spawnTraced } from "../support/traced-runs.ts";

describe("While Langfuse", () => {
  it.each<[string, Behaviour]>([
    ["hangs", "hang"],
    ["answers 500", 500],
    ["refuses the keys", 401],
  ])("%s, runs end as ever, and the server stops in time", async (_, behaviour) => {
    const langfuse = await receive();
    langfuse.behaviour = behaviour;
    const server = await serveTraced(langfuse);
    const runs = await Promise.all(Array.from({ length: 20 }, () => run(server, "echo")));
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "success"));
    // Waits for its limit of time, at the most.
    await server.close();
    expect(langfuse.traces()).toEqual([]);
  });

  it("is down, what it misses waits for it", async () => {
    const langfuse = await receive();
    await langfuse.down();
    const server = await serveTraced(langfuse);
    const missed = await run(server, "family");
    await langfuse.up();
    await run(server, "echo");
    await langfuse.until(() => langfuse.traces().length === 2);
    await server.close();
    const trace = langfuse.trace(missed.trace_id);
    expect(trace && flawsOf(trace)).toEqual([]);
  });

  it("answers again after errors, each span arrives once", async () => {
    const langfuse = await receive();
    langfuse.behaviour = 503;
    const server = await serveTraced(langfuse);
    const { trace_id } = await run(server, "family");
    await langfuse.until(() => langfuse.requests.length > 0);
    langfuse.behaviour = "well";
    await langfuse.until(() => langfuse.traces().length === 1);
    await server.close();
    const trace = langfuse.trace(trace_id);
    expect(trace && flawsOf(trace)).toEqual([]);
  });
});

/** Input for the steps, of which the second one does not end before `release`; the others take a while. */
async function heldRun() {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-trace-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [journal, hold] = [join(folder, "journal"), join(folder, "released")];
  return { journal, release: () => writeFile(hold, ""), input: human("hello", { journal, hold, pause: 500 }) };
}

describe("A server", () => {
  it("that is told to stop sends what it holds before it goes", async () => {
    const langfuse = await receive();
    const server = await spawnTraced(langfuse);
    const { trace_id } = await run(server, "family");
    expect(await server.kill("SIGTERM")).toBe(0);
    const trace = langfuse.trace(trace_id);
    expect(trace && flawsOf(trace)).toEqual([]);
    expect(langfuse.problems).toEqual([]);
  });

  it.each([
    ["dies", "SIGKILL"],
    ["is told to stop", "SIGTERM"],
  ] as const)("that %s in a run leaves it to the next one, which completes the trace", async (_, signal) => {
    const langfuse = await receive();
    const { journal, release, input } = await heldRun();
    const first = await spawnTraced(langfuse);
    const { trace_id, thread_id, run_id } = await begin(first, "steps", { input });
    // The first step has been sent; the second one runs, or will soon.
    await langfuse.until(() => langfuse.spans().some(({ name }) => name === "one"));
    await expect.poll(() => readFile(journal, "utf8")).toContain(`${run_id} 2 `);
    const killed = first.kill(signal);
    await release();
    await killed;

    const second = await spawnTraced(langfuse, { environment: { DATABASE_URL: first.databaseUrl } });
    await (await fetch(`${second.url}/threads/${thread_id}/runs/${run_id}/join`)).text();
    await second.kill("SIGTERM");
    expect(langfuse.traces()).toHaveLength(1);
    const trace = langfuse.trace(trace_id);
    if (!trace) throw new Error("there is no trace");
    expect(flawsOf(trace)).toEqual([]);
    const attempts = trace.spans.filter(({ parentId }) => parentId === trace.spans[0]?.id);
    expect(attempts.map(({ name, level, metadata }) => [name, level, metadata.run_id])).toEqual([
      ["attempt 1", "WARNING", run_id],
      ["attempt 2", "DEFAULT", run_id],
    ]);
    expect(trace.spans[0]).toMatchObject({ name: "steps", metadata: { attempts: 2, status: "success" } });
    expect(trace.output).toBe("the sum is 15");
  });

  it("that stops after another one died in the run tells of each attempt once", async () => {
    const langfuse = await receive();
    const { release, input } = await heldRun();
    const first = await spawnTraced(langfuse);
    const { trace_id, thread_id, run_id } = await begin(first, "steps", { input });
    const sent = (step: string) => langfuse.until(() => langfuse.spans().some(({ name }) => name === step));
    await sent("one");
    await first.kill("SIGKILL");
    const again = { environment: { DATABASE_URL: first.databaseUrl } };
    const second = await spawnTraced(langfuse, again);
    await sent("attempt 1");
    const stopped = second.kill("SIGTERM");
    await release();
    await stopped;
    const third = await spawnTraced(langfuse, again);
    await (await fetch(`${third.url}/threads/${thread_id}/runs/${run_id}/join`)).text();
    await third.kill("SIGTERM");
    const trace = langfuse.trace(trace_id);
    if (!trace) throw new Error("there is no trace");
    expect(flawsOf(trace)).toEqual([]);
    const attempts = trace.spans.filter(({ parentId }) => parentId === trace.spans[0]?.id);
    expect(attempts.map(({ name, statusMessage }) => [name, statusMessage])).toEqual([
      ["attempt 1", "The server's process ended during this attempt."],
      ["attempt 2", "The run goes on in another attempt."],
      ["attempt 3", undefined],
    ]);
  });

  it("that gives up a run which killed its process three times tells it as an error, and counts it", async () => {
    const langfuse = await receive();
    const first = await spawnTraced(langfuse);
    const poison = await begin(first, "poison");
    const died = async ({ process: child }: { process: ChildProcess }) => {
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    };
    await died(first);
    const again = { environment: { DATABASE_URL: first.databaseUrl } };
    // From now on the run is taken up, and kills, at the start: perhaps before the server says that it listens.
    for (const _attempt of [2, 3]) await spawnTraced(langfuse, again).then(died, () => undefined);
    const last = await spawnTraced(langfuse, again);
    const stats = await (await fetch(`${last.url}/stats`)).json();
    expect(stats).toMatchObject({ total: { runs: 1, errors: 1, error_rate: 1 } });
    await last.kill("SIGTERM");
    const trace = langfuse.trace(poison.trace_id);
    if (!trace) throw new Error("there is no trace");
    expect(flawsOf(trace)).toEqual([]);
    const [root] = trace.spans;
    expect(root).toMatchObject({ name: "poison", level: "ERROR", metadata: { attempts: 3, status: "error" } });
    expect(root?.statusMessage).toContain("The server died 3 times");
    expect(trace.spans.at(-1)).toMatchObject({ name: "attempt 3", level: "ERROR", parentId: root?.id });
    expect(langfuse.traces()).toHaveLength(1);
  });

  it("without keys loads nothing of Langfuse or OpenTelemetry's exporters", async () => {
    const preload = new URL("../support/forbid-tracing.ts", import.meta.url).href;
    const server = await spawnTestServer({ environment: { NODE_OPTIONS: `--import ${preload}` } });
    onTestFinished(() => server.close());
    expect((await run(server, "echo")).status).toBe("success");
    expect(await server.kill("SIGTERM")).toBe(0);
  });

  it("with keys loads them, so that the test above can fail", async () => {
    const langfuse = await receive();
    const preload = new URL("../support/forbid-tracing.ts", import.meta.url).href;
    await expect(spawnTraced(langfuse, { environment: { NODE_OPTIONS: `--import ${preload}` } })).rejects.toThrow(
      "before it listened",
    );
  });
});

describe("Sampling", () => {
  it("at 0 sends nothing, what a node traces itself included", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing", environment: { LANGFUSE_SAMPLE_RATE: "0" } });
    expect((await run(server, "own-spans")).status).toBe("success");
    await server.close();
    expect(langfuse.requests).toEqual([]);
  });

  it("between 0 and 1 sends whole traces or nothing of them", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing", environment: { LANGFUSE_SAMPLE_RATE: "0.5" } });
    const runs = await Promise.all(Array.from({ length: 60 }, () => run(server, "own-spans")));
    await server.close();
    const sent = langfuse.traces();
    // 60 coins on one side: once in 10^18.
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThan(runs.length);
    expect(sent.flatMap(flawsOf)).toEqual([]);
    expect(sent.map(({ spans }) => spans.length)).toEqual(sent.map(() => 4));
  });
});
