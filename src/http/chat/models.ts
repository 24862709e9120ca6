/** Assistants as OpenAI's models: a graph's own assistant under the graph's id, every other under its own. */
import { Router } from "express";
import type { Assistant, Engine } from "../../engine/contract.ts";
import { ownerOf } from "../authentication.ts";
import { sendJson } from "../send.ts";

const pageSize = 1_000;

/** GET /models and GET /models/:id. */
export function modelsRouter(engine: Engine): Router {
  const router = Router();
  router.get("/models", async (_request, response) => {
    const broken = new Set(engine.graphs().flatMap((graph) => (graph.error === undefined ? [] : [graph.graph_id])));
    const assistants = await allAssistants(engine, ownerOf(response));
    const usable = assistants.filter(({ graph_id }) => !broken.has(graph_id));
    sendJson(response, 200, { object: "list", data: usable.map(toModel) });
  });
  router.get("/models/:id", async (request, response) => {
    sendJson(response, 200, toModel(await engine.assistants.get(ownerOf(response), request.params.id)));
  });
  return router;
}

async function allAssistants(engine: Engine, owner: string): Promise<Assistant[]> {
  const found: Assistant[] = [];
  while (true) {
    const page = await engine.assistants.search(owner, { limit: pageSize, offset: found.length });
    found.push(...page.items);
    if (page.items.length === 0 || found.length >= page.total) return found;
  }
}

function toModel(assistant: Assistant): object {
  const { assistant_id, graph_id, name, description } = assistant;
  return {
    id: assistant.metadata.created_by === "system" ? graph_id : assistant_id,
    object: "model",
    created: Math.floor(Date.parse(assistant.created_at) / 1000),
    owned_by: "signalbox",
    signalbox: { assistant_id, graph_id, name, description },
  };
}
