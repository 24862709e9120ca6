/**
 * The least that can serve a graph: a bare Express handler over LangGraph's MemorySaver, with no queue, no rows and
 * no second look. What a run costs here, it costs everywhere; what it costs beyond is the runtime's own.
 */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { MemorySaver } from "@langchain/langgraph";
import express, { type Request } from "express";
import { graph as empty } from "../graphs/empty.ts";
import { graph as react, slow } from "../graphs/react.ts";
import { paced, tokens } from "../graphs/tokens.ts";

for (const graph of [empty, react, slow, tokens, paced]) graph.checkpointer = new MemorySaver();

const app = express();
app.use(express.json());

app.get("/ok", (_request, response) => {
  response.json({ ok: true });
});

app.post("/threads", (_request, response) => {
  response.json({ thread_id: randomUUID() });
});

app.post("/threads/:thread_id/runs/wait", async (request, response) => {
  const { assistant_id, input } = request.body;
  const config = configOf(request);
  const loop = assistant_id === "react" ? react : slow;
  response.json(await (assistant_id === "empty" ? empty.invoke(input, config) : loop.invoke(input, config)));
});

app.post("/threads/:thread_id/runs/stream", async (request, response) => {
  const { assistant_id, input } = request.body;
  const graph = assistant_id === "paced" ? paced : tokens;
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (event: string, data: unknown) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  send("metadata", { run_id: randomUUID() });
  const chunks = await graph.stream(input, { ...configOf(request), streamMode: "messages" });
  for await (const [{ id, type, content }, metadata] of chunks) send("messages", [{ id, type, content }, metadata]);
  send("end", {});
  response.end();
});

const server = app.listen(0, "127.0.0.1", (error) => {
  if (error) throw error;
  process.stdout.write(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

function configOf(request: Request<{ thread_id: string }>) {
  return { configurable: { thread_id: request.params.thread_id } };
}
