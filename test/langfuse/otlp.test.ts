/** The same traces for any backend that takes OTLP, by OpenTelemetry's names for generative AI. */
import { expect, it } from "vitest";
import { flawsOf } from "../support/langfuse-traces.ts";
import { human, receive, run, serveTraced, spawnTraced } from "../support/traced-runs.ts";

const question = human("What is 17 * 23?");

it("A backend that takes OTLP gets a run by GenAI names, without Langfuse", async () => {
  const backend = await receive();
  const server = await serveTraced(backend, {
    graphs: "../..",
    environment: {
      LANGFUSE_PUBLIC_KEY: "",
      LANGFUSE_SECRET_KEY: "",
      OTEL_EXPORTER_OTLP_ENDPOINT: backend.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=key%20of%20the%20backend",
      MODEL: "offline",
    },
  });
  const { trace_id, thread_id, ...started } = await run(server, "react", { input: question });
  await server.close();

  const paths = new Set(backend.requests.map(({ path }) => path));
  expect([...paths]).toEqual(["/v1/traces"]);
  expect(backend.requests[0]?.headers["x-api-key"]).toBe("key of the backend");
  expect(JSON.stringify(backend.requests[0]?.body)).toContain(
    '{"key":"service.name","value":{"stringValue":"signalbox"}}',
  );
  const trace = backend.trace(trace_id);
  if (!trace) throw new Error("there is no trace");
  expect(flawsOf(trace)).toEqual([]);
  const [agent] = trace.spans;
  const [generation] = trace.spans.filter(({ type }) => type === "generation");
  const [tool] = trace.spans.filter(({ type }) => type === "tool");
  expect(started.status).toBe("success");
  expect(agent?.attributes).toMatchObject({
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "react",
    "gen_ai.conversation.id": thread_id,
  });
  expect(generation?.attributes).toMatchObject({
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "offline",
    "gen_ai.usage.input_tokens": expect.any(Number),
    "gen_ai.usage.output_tokens": expect.any(Number),
    "gen_ai.conversation.id": thread_id,
  });
  const [system, user] = JSON.parse(String(generation?.attributes["gen_ai.input.messages"]));
  expect([system.role, user]).toEqual([
    "system",
    { role: "user", parts: [{ type: "text", content: "What is 17 * 23?" }] },
  ]);
  const [answer] = JSON.parse(String(generation?.attributes["gen_ai.output.messages"]));
  expect(answer.parts).toMatchObject([{ type: "tool_call", name: "calculator", arguments: { expression: "17 * 23" } }]);
  expect(tool?.attributes).toMatchObject({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "calculator",
    "gen_ai.tool.call.arguments": '{"expression":"17 * 23"}',
    "gen_ai.tool.call.result": "391",
  });
});

it("Langfuse gets none of the headers that OpenTelemetry's variables name, with or without a backend for them", async () => {
  const langfuse = await receive();
  const server = await spawnTraced(langfuse, {
    environment: {
      OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20canary-of-all",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-api-key=canary-of-traces",
    },
  });
  await run(server, "echo");
  await server.kill("SIGTERM");
  expect(langfuse.traces()).toHaveLength(1);
  expect(langfuse.problems).toEqual([]);
  expect(JSON.stringify(langfuse.requests.map(({ headers }) => headers))).not.toContain("canary");
});

it("Langfuse and another backend get the same trace, each with its own credentials", async () => {
  const langfuse = await receive();
  const backend = await receive();
  const server = await serveTraced(langfuse, {
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${backend.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20key-of-the-backend",
    },
  });
  const { trace_id } = await run(server, "family");
  await server.close();
  const spans = (receiver: typeof backend) => receiver.trace(trace_id)?.spans.map(({ id, name }) => [id, name]);
  expect(spans(langfuse)).toHaveLength(6);
  expect(spans(backend)).toEqual(spans(langfuse));
  expect(backend.requests[0]?.headers.authorization).toBe("Bearer key-of-the-backend");
  expect(langfuse.requests[0]?.headers.authorization).toMatch(/^Basic /);
  expect(langfuse.problems).toEqual([]);
});
