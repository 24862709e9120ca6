/** The schemas and drawings of a graph, for each way to write its state. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadGraphs } from "../../src/engine/graphs.ts";
import { graphDrawing, graphSchemas } from "../../src/engine/schemas.ts";

const graphs = await loadGraphs(fileURLToPath(new URL("../fixtures/schemas/langgraph.json", import.meta.url)));

async function schemasOf(graphId: string) {
  return graphSchemas(await graphs.get(graphId), graphId);
}

async function drawingOf(graphId: string, xray: boolean | number) {
  return graphDrawing(await graphs.get(graphId), xray);
}

describe("The schemas", () => {
  test("of a StateSchema have its fields, with messages as an array", async () => {
    const { graph_id, input_schema, state_schema } = await schemasOf("schema");
    expect(graph_id).toBe("schema");
    expect(state_schema).toMatchObject({
      type: "object",
      properties: {
        messages: { type: "array", items: { type: "object" }, langgraph_type: "messages" },
        count: { type: "number", default: 0 },
        notes: { type: "array", items: { type: "string" } },
      },
    });
    expect(input_schema).toMatchObject({ properties: { notes: { type: "string" } } });
  });

  test("of a context are the same as those of the config", async () => {
    const { config_schema, context_schema } = await schemasOf("schema");
    expect(context_schema).toMatchObject({ properties: { user: { type: "string" } }, required: ["user"] });
    expect(config_schema).toEqual(context_schema);
  });

  test("of a zod object are its own", async () => {
    const { state_schema, output_schema, context_schema } = await schemasOf("zod");
    expect(state_schema).toMatchObject({ properties: { question: { type: "string" } }, required: ["question"] });
    expect(output_schema).toMatchObject({ properties: { answer: { type: "string" } } });
    expect(context_schema).toBeNull();
  });

  test("of a zod object that JSON Schema cannot say are the names of its fields", async () => {
    expect((await schemasOf("date")).state_schema).toEqual({ type: "object", properties: { due: {} } });
  });

  test("of Annotations are the names of the channels, with messages as an array", async () => {
    const { input_schema, output_schema, state_schema } = await schemasOf("annotation");
    expect(state_schema).toEqual({
      type: "object",
      properties: { messages: expect.objectContaining({ type: "array", langgraph_type: "messages" }), topic: {} },
    });
    expect(input_schema).toEqual(state_schema);
    expect(output_schema).toEqual(state_schema);
  });

  test("of a function are unknown", async () => {
    expect(await schemasOf("functional")).toEqual({
      graph_id: "functional",
      input_schema: null,
      output_schema: null,
      state_schema: null,
      config_schema: null,
      context_schema: null,
    });
  });
});

describe("The drawing", () => {
  test("has the graph's nodes and edges", async () => {
    const { nodes, edges } = await drawingOf("nested", false);
    expect(nodes.map((node) => node.id)).toEqual(["__start__", "work", "__end__"]);
    expect(nodes[1]).toMatchObject({ type: "runnable", data: { name: expect.any(String) } });
    expect(edges).toContainEqual({ source: "work", target: "__end__", conditional: false });
    expect(edges).toContainEqual({ source: "__start__", target: "work", conditional: true });
  });

  test("has the graphs inside its nodes as deep as is asked", async () => {
    const names = async (xray: boolean | number) => (await drawingOf("nested", xray)).nodes.map((node) => node.id);
    expect(await names(1)).toEqual(expect.arrayContaining(["work:write", "work:check"]));
    expect(await names(1)).not.toContain("work:write:draft");
    expect(await names(true)).toEqual(expect.arrayContaining(["work:write:draft", "work:write:polish", "work:check"]));
  });
});
