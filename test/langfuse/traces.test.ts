/** What arrives at Langfuse of runs: one well-formed trace each, that tells who asked what, and what it took. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gate } from "../fixtures/engine/gates.ts";
import { postJson } from "../support/clients.ts";
import type { LangfuseReceiver } from "../support/langfuse-receiver.ts";
import { flawsOf, type ReceivedSpan, type ReceivedTrace } from "../support/langfuse-traces.ts";
import { begin, type FinishedRun, human, receive, run, serveTraced } from "../support/traced-runs.ts";

const repository = "../..";
const graphs = Object.keys(JSON.parse(readFileSync(new URL("../../langgraph.json", import.meta.url), "utf8")).graphs);

/** Stops the server, which sends all that it holds. */
async function traceOf(langfuse: LangfuseReceiver, server: { close(): Promise<void> }, { trace_id }: FinishedRun) {
  await server.close();
  expect(langfuse.problems).toEqual([]);
  const trace = langfuse.trace(trace_id);
  if (!trace) throw new Error(`there is no trace ${trace_id}`);
  expect(flawsOf(trace)).toEqual([]);
  return trace;
}

const named = (trace: ReceivedTrace, name: string) => trace.spans.filter((span) => span.name === name);
const parentOf = (trace: ReceivedTrace, span: ReceivedSpan | undefined) =>
  trace.spans.find(({ id }) => id === span?.parentId)?.name;

describe("A run of", () => {
  it("each of the graphs here is exactly one trace, with all that belongs to it", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, {
      graphs: repository,
      environment: { MODEL: "offline", LANGFUSE_TRACING_ENVIRONMENT: "testing", LANGFUSE_RELEASE: "r1" },
    });
    const question = "What is 17 * 23?";
    const runs = new Map<string, FinishedRun>();
    const body = { input: human(question), metadata: { user_id: "ada" }, config: { tags: ["trial"] } };
    for (const graph of graphs) runs.set(graph, await run(server, graph, body));
    await server.close();

    expect(langfuse.problems).toEqual([]);
    expect(langfuse.traces()).toHaveLength(graphs.length);
    for (const [graph, { trace_id, thread_id, run_id, status }] of runs) {
      const trace = langfuse.trace(trace_id);
      expect(trace, graph).toBeDefined();
      if (!trace) continue;
      expect(flawsOf(trace), graph).toEqual([]);
      expect(trace, graph).toMatchObject({
        name: graph,
        sessionId: thread_id,
        userId: "ada",
        tags: ["trial"],
        version: "1",
        environment: "testing",
        release: "r1",
        input: question,
        metadata: { graph_id: graph },
      });
      expect(trace.output, graph).toBeTruthy();
      const [root, attempt] = trace.spans;
      expect(root).toMatchObject({ name: graph, type: "agent", metadata: { run_id, status, attempts: 1 } });
      expect(attempt).toMatchObject({ name: "attempt 1", parentId: root?.id, metadata: { run_id, attempt: 1 } });
      const nodes = trace.spans.filter(({ parentId }) => parentId === attempt?.id);
      expect(nodes.length, graph).toBeGreaterThan(0);
      for (const node of nodes)
        expect(node.metadata, graph).toMatchObject({ langgraph_node: node.name, langgraph_step: expect.any(Number) });
      expect(
        trace.spans.filter(({ level }) => level === "ERROR"),
        graph,
      ).toEqual([]);
      for (const generation of trace.spans.filter(({ type }) => type === "generation")) {
        expect(generation.attributes, graph).toMatchObject({ "langfuse.observation.model.name": "offline" });
        expect(generation.attributes["langfuse.observation.usage_details"], graph).toContain("total");
        expect(generation.input, graph).toBeTruthy();
        expect(generation.output, graph).toBeTruthy();
      }
      expect(
        trace.spans.some(({ type }) => type === "generation"),
        graph,
      ).toBe(true);
    }
    const [called] = langfuse.spans().filter(({ type }) => type === "tool");
    expect(called).toMatchObject({ name: "calculator", input: { expression: "17 * 23" }, output: 391 });
  });

  it("a graph with a subgraph has the subgraph's nodes under its own", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse);
    const trace = await traceOf(langfuse, server, await run(server, "family"));
    const [murmur] = named(trace, "murmur");
    expect(parentOf(trace, murmur)).toBe("child");
    expect(named(trace, "child").map((span) => parentOf(trace, span))).toContain("attempt 1");
    expect(parentOf(trace, named(trace, "parent")[0])).toBe("attempt 1");
  });

  it("retrievers, tools that find documents, and tools that fail shows what they found, and what went wrong", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing" });
    const trace = await traceOf(langfuse, server, await run(server, "look-up"));
    expect(named(trace, "Shelf")[0]).toMatchObject({
      type: "retriever",
      input: "bridges",
      output: [{ pageContent: "on bridges", metadata: { source: "shelf.txt" } }],
    });
    expect(named(trace, "search_notes")[0]).toMatchObject({
      type: "retriever",
      input: { query: "bridges" },
      output: [{ text: "about bridges", source: "notes.txt" }],
      metadata: { tool_call_id: "call_1" },
    });
    expect(named(trace, "divide")[0]).toMatchObject({ level: "ERROR", statusMessage: "Error: division by zero" });
    expect(named(trace, "look")[0]).toMatchObject({ level: "DEFAULT" });
  });

  it("nodes that trace something themselves has that in it, with the run's user", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing" });
    const trace = await traceOf(langfuse, server, await run(server, "own-spans", { metadata: { user_id: "ada" } }));
    const [own] = named(trace, "my-own-step");
    expect(own).toMatchObject({ output: "measured hello", attributes: { "user.id": "ada" } });
    expect(parentOf(trace, own)).toBe("attempt 1");
  });

  it("steps that are given nothing and give nothing has each of them", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing" });
    const trace = await traceOf(langfuse, server, await run(server, "null-output"));
    expect(parentOf(trace, named(trace, "nothing")[0])).toBe("call");
  });
});

describe("A run that", () => {
  it("fails has its error at the node, and at the root", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse);
    const trace = await traceOf(langfuse, server, await run(server, "fail"));
    const failed = trace.spans.filter(({ level }) => level === "ERROR");
    expect(failed.map(({ name }) => name).sort()).toEqual(["attempt 1", "explode", "fail"]);
    for (const span of failed) expect(span.statusMessage).toContain("the boiler is cold");
    expect(trace.spans[0]?.metadata).toMatchObject({ status: "error" });
  });

  it("is cancelled before its turn is a trace that says so, beside that of the run before it", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse);
    const name = crypto.randomUUID();
    const input = human("hello", { gate: name });
    const first = await begin(server, "gate", { input });
    await gate(name).reached.promise;
    const second = await begin(server, "gate", { input }, first.thread_id);
    await postJson(`${server.url}/threads/${second.thread_id}/runs/${second.run_id}/cancel?wait=true`, {});
    gate(name).opened.resolve();
    const trace = await traceOf(langfuse, server, second);
    expect(trace.spans.map(({ name, level, statusMessage }) => [name, level, statusMessage])).toEqual([
      ["gate", "WARNING", "The run was cancelled."],
      ["attempt 1", "WARNING", "The run was cancelled."],
    ]);
    expect(trace).toMatchObject({ input: "hello", sessionId: first.thread_id });
    expect(langfuse.traces()).toHaveLength(2);
  });

  it("waits for a human and is resumed is one trace without an error", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse);
    const asking = await run(server, "ask");
    const resumed = await run(server, "ask", { input: null, command: { resume: "Ada" } }, asking.thread_id);
    expect(resumed.trace_id).toBe(asking.trace_id);

    const trace = await traceOf(langfuse, server, asking);
    expect(langfuse.traces()).toHaveLength(1);
    expect(trace.spans.filter(({ level }) => level !== "DEFAULT")).toEqual([]);
    const attempts = trace.spans.filter(({ parentId }) => parentId === trace.spans[0]?.id);
    expect(attempts.map(({ name, metadata }) => [name, metadata.run_id])).toEqual([
      ["attempt 1", asking.run_id],
      ["resume, attempt 1", resumed.run_id],
    ]);
    expect(attempts[0]?.output).toMatchObject({ interrupts: [{ value: "What is your name?" }] });
    expect(attempts[1]?.input).toEqual({ resume: "Ada" });
    expect(trace).toMatchObject({ input: "hello", output: 'you said "Ada"' });
    const waiting = trace.spans.find(({ metadata }) => metadata.langgraph_node === "ask");
    expect(waiting?.output).toMatchObject({ interrupt: [{ value: "What is your name?" }] });
  });

  it("hands over from a subgraph to the graph around it has no error", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing" });
    const trace = await traceOf(langfuse, server, await run(server, "hand-over"));
    expect(trace.spans.filter(({ level }) => level !== "DEFAULT")).toEqual([]);
    expect(trace.output).toBe("taken over");
    expect(parentOf(trace, named(trace, "give-up")[0])).toBe("child");
  });

  it("is cancelled ends its open steps without an error", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse);
    const { opened, reached } = gate("cancelled-trace");
    const started = await begin(server, "gate", { input: human("hello", { gate: "cancelled-trace" }) });
    await reached.promise;
    await postJson(`${server.url}/threads/${started.thread_id}/runs/${started.run_id}/cancel?wait=true`, {});
    opened.resolve();
    const trace = await traceOf(langfuse, server, started);
    expect(named(trace, "wait")[0]).toMatchObject({ level: "WARNING" });
    expect(trace.spans[0]).toMatchObject({ level: "WARNING", statusMessage: "The run was cancelled." });
    expect(trace.spans.filter(({ level }) => level === "ERROR")).toEqual([]);
  });
});

describe("50 users at once", () => {
  it("have 50 traces, each with nothing of another's", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { graphs: "tracing" });
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    const runs = await Promise.all(
      users.map((user) => run(server, "own-spans", { input: human(`I am ${user}.`), metadata: { user_id: user } })),
    );
    await server.close();

    expect(langfuse.problems).toEqual([]);
    expect(langfuse.traces()).toHaveLength(50);
    for (const [index, user] of users.entries()) {
      const trace = langfuse.trace(runs[index]?.trace_id ?? "");
      if (!trace) throw new Error(`${user} has no trace`);
      expect(flawsOf(trace)).toEqual([]);
      expect(trace).toMatchObject({ userId: user, input: `I am ${user}.`, output: `answer to I am ${user}.` });
      expect(trace.spans).toHaveLength(4);
      expect(
        JSON.stringify(trace)
          .match(/user-\d+/g)
          ?.every((name) => name === user),
      ).toBe(true);
    }
  });

  it("are who their keys say, whatever they say themselves", async () => {
    const langfuse = await receive();
    const server = await serveTraced(langfuse, { environment: { API_KEYS: "ada:key-of-ada" } });
    const answer = await fetch(`${server.url}/runs/wait`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": "key-of-ada" },
      body: JSON.stringify({ assistant_id: "echo", input: human("hello"), metadata: { user_id: "mallory" } }),
    });
    await answer.text();
    await server.close();
    expect(langfuse.traces().map(({ userId }) => userId)).toEqual(["ada"]);
  });
});
