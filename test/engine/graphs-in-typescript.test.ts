/** A project that uses what TypeScript and bundlers let people write, with a tsconfig.json of its own. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadGraphs } from "../../src/engine/graphs.ts";

const graphs = await loadGraphs(fileURLToPath(new URL("../fixtures/typescript/langgraph.json", import.meta.url)));

test.each([
  ["./state.js that is state.ts on disk", "neighbour", "neighbour"],
  ["enums, namespaces and parameter properties", "enumeration", "enumeration"],
  ["path aliases of its own tsconfig, while a node runs too", "alias", "alias"],
  [".tsx", "markup", "card markup"],
  ["a default export", "default", "default"],
  ["a path that names no export", "unnamed", "default"],
  ["a CommonJS module", "library", "library"],
])("A graph may use %s", async (_, graphId, expected) => {
  const graph = await graphs.get(graphId);
  expect((await graph.invoke({ messages: [] })).said).toBe(expected);
});

test("The graphs are listed as langgraph.json says", () => {
  expect(graphs.list()).toHaveLength(7);
  expect(graphs.list()[2]).toEqual({
    graph_id: "alias",
    description: "Imports through a path alias",
    path: "./src/alias.ts",
  });
});

test("Other graphs do not exist", async () => {
  await expect(graphs.get("nobody")).rejects.toMatchObject({
    code: "assistant-not-found",
    message: expect.stringContaining("nobody"),
  });
});
