/** Users' projects, loaded as they are: each folder under test/fixtures is one. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Pregel } from "@langchain/langgraph/pregel";
import { describe, expect, onTestFinished, test } from "vitest";
import { configure } from "../../src/config.ts";
import { type GraphRegistry, loadGraphs } from "../../src/engine/graphs.ts";
import { openProject } from "../../src/engine/project.ts";

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}/langgraph.json`, import.meta.url));
}

/** A project in a temporary folder, where no package is installed but what its files bring. */
async function project(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-project-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return join(folder, "langgraph.json");
}

/** What a graph's only node writes into the state's field `said`. */
async function said(graphs: GraphRegistry, graphId: string, tenant?: string): Promise<unknown> {
  const graph = await graphs.get(graphId, { configurable: { tenant } });
  const state = await graph.invoke({ messages: [] }, { configurable: { thread_id: "1" } });
  return state.said;
}

describe("A CommonJS project", async () => {
  const graphs = await loadGraphs(fixture("commonjs"));

  test.each(["typescript", "default", "javascript"])("may write a graph in %s", async (graphId) => {
    expect(await said(graphs, graphId)).toBe(graphId);
  });

  test("has the same LangGraph through require as through import", async () => {
    expect(await said(graphs, "identity")).toBe("one");
  });
});

describe("LangGraph exists once", () => {
  const graph = `
    import { Annotation, START, StateGraph } from "@langchain/langgraph";
    export const graph = new StateGraph(Annotation.Root({ said: Annotation })).addNode("speak", () => ({ said: "here" })).addEdge(START, "speak").compile();
  `;
  const json = JSON.stringify({ graphs: { agent: "./graph.mjs:graph" } });

  test("for a project that has none", async () => {
    const graphs = await loadGraphs(await project({ "langgraph.json": json, "graph.mjs": graph }));
    expect(await said(graphs, "agent")).toBe("here");
    expect(await graphs.get("agent")).toBeInstanceOf(Pregel);
  });

  test("for a project that brings its own", async () => {
    const copy = "node_modules/@langchain/langgraph";
    const files = {
      "langgraph.json": json,
      "graph.mjs": graph,
      [`${copy}/package.json`]: JSON.stringify({ name: "@langchain/langgraph", type: "module", main: "index.js" }),
      [`${copy}/index.js`]: 'throw new Error("the second instance");',
    };
    const graphs = await loadGraphs(await project(files));
    expect(await said(graphs, "agent")).toBe("here");
  });

  test("and so do the modules of this server that a graph imports", async () => {
    const config = new URL("../../src/config.ts", import.meta.url).href;
    const graph = `
      import { Annotation, START, StateGraph } from "@langchain/langgraph";
      import { currentConfig } from "${config}";
      export const graph = new StateGraph(Annotation.Root({ said: Annotation })).addNode("speak", () => ({ said: currentConfig().model })).addEdge(START, "speak").compile();
    `;
    const graphs = await loadGraphs(await project({ "langgraph.json": json, "graph.mjs": graph }));
    configure({ MODEL: "set by this test" });
    onTestFinished(() => void configure());
    expect(await said(graphs, "agent")).toBe("set by this test");
  });
});

describe("An export", async () => {
  const graphs = await loadGraphs(fixture("functions"));

  test.each([
    ["a function, called with the config", "called", "called by ann"],
    ["an async function", "awaited", "awaited by ann"],
    ["a promise", "promised", "promised"],
    ["a builder that is not compiled", "builder", "builder"],
  ])("may be %s", async (_, graphId, expected) => {
    expect(await said(graphs, graphId, "ann")).toBe(expected);
  });

  test("that is a function is called for each use", async () => {
    expect(await said(graphs, "called", "ann")).toBe("called by ann");
    expect(await said(graphs, "called", "bob")).toBe("called by bob");
  });

  test("may be what createAgent returns", async () => {
    const agent = await graphs.get("agent");
    const state = await agent.invoke({ messages: [{ role: "user", content: "hi" }] });
    expect(state.messages.at(-1).content).toBe("agent");
  });

  test("may have a checkpointer of its own, with a warning", () => {
    const warned = graphs.list().filter((entry) => entry.warning);
    expect(warned).toEqual([expect.objectContaining({ graph_id: "checkpointed" })]);
    expect(warned[0]?.warning).toContain("checkpointer");
  });
});

describe("A graph that cannot be loaded", async () => {
  const graphs = await loadGraphs(fixture("broken"));
  const errors = Object.fromEntries(graphs.list().map((entry) => [entry.graph_id, entry.error]));

  test("leaves the others alone", async () => {
    expect(errors.good).toBeUndefined();
    const state = await (await graphs.get("good")).invoke({ messages: [] });
    expect(state.messages.at(-1).content).toBe("good");
  });

  test.each([
    ["a syntax error", "syntax", 'syntax.ts:5: Unexpected "}"'],
    ["a syntax error in plain JavaScript", "plain", "plain.js:3: Unexpected token '}'"],
    ["a syntax error in what it imports", "deep-syntax", 'syntax.ts:5: Unexpected "}"'],
    ["no file", "missing-file", "missing.ts: Cannot find module 'missing.ts'"],
    ["an import that does not exist", "missing-module", "missing-module.ts:4: Cannot find module 'nowhere.js'"],
    [
      "a package that is not installed",
      "missing-package",
      "missing-package.ts:2: Cannot find package 'signalbox-has-no-such-package'",
    ],
    ["a name that is not exported to it", "missing-import", "missing-import.ts:2: The requested module './good.ts'"],
    ["no such export", "missing-export", "good.ts: it has no export agent; it exports answer, graph"],
    ["an error at import", "throws", "throws.ts:6: SERVICE_KEY is not set"],
    ["a thrown text", "throws-text", "throws-text.ts: it threw a text, not an Error"],
    ["a graph that LangGraph refuses", "same-name", "same-name.ts:8: answer is already being used"],
    ["an export of another kind", "not-a-graph", "good.ts: its export answer is of type number: a graph"],
  ])("for %s says where and why", async (_, graphId, expected) => {
    expect(errors[graphId]).toContain(expected);
    await expect(graphs.get(graphId)).rejects.toMatchObject({
      code: "graph-failed-to-load",
      message: expect.stringContaining(`Graph ${graphId}: ${expected}`),
    });
  });

  test.each([
    ["throws", "throws-when-called", "throws-when-called.ts:2: no tenant ann"],
    ["returns nothing", "returns-nothing", "what its export nothing returns is of type undefined"],
  ])("because its function %s says so when it is called", async (_, graphId, expected) => {
    expect(errors[graphId]).toBeUndefined();
    await expect(graphs.get(graphId, { configurable: { tenant: "ann" } })).rejects.toMatchObject({
      code: "graph-failed-to-load",
      message: expect.stringContaining(expected),
    });
  });
});

describe("The env of a project", () => {
  test("may be an object, and what is set already wins", async () => {
    process.env.FIXTURE_TAKEN = "from the process";
    const graphs = await loadGraphs(fixture("environment-object"));
    expect(await said(graphs, "greeter")).toBe("from the object, from the process");
  });

  test("may be a file", async () => {
    const graphs = await loadGraphs(fixture("environment-file"));
    expect(await said(graphs, "greeter")).toBe("from the file, 7");
  });

  test("may be a file that is not there, with a warning", async () => {
    const json = JSON.stringify({ graphs: { agent: "./graph.ts" }, env: ".env" });
    const { warnings } = await openProject(await project({ "langgraph.json": json }));
    expect(warnings).toEqual([expect.stringContaining(".env")]);
  });
});

describe("A langgraph.json that cannot be used", () => {
  test.each([
    ["is not JSON", "{", "is not JSON"],
    ["has no graphs", "{}", "graphs: expected an object"],
    ["has no graph", '{ "graphs": {} }', "graphs: names no graph"],
    ["has a graph without a path", '{ "graphs": { "agent": {} } }', "graphs.agent: expected a path"],
    ["has a number for a graph", '{ "graphs": { "agent": 7 } }', "graphs.agent: expected a path"],
    ["has a list for env", '{ "graphs": { "agent": "./a.ts:b" }, "env": [] }', "env: expected the path of a file"],
  ])("because it %s is refused by name", async (_, text, expected) => {
    await expect(loadGraphs(await project({ "langgraph.json": text }))).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining(expected),
    });
  });

  test("because it is not there is refused by name", async () => {
    await expect(loadGraphs("no/such/langgraph.json")).rejects.toThrow("no/such/langgraph.json does not exist");
  });

  test("because its tsconfig.json is broken is refused by name", async () => {
    const files = {
      "langgraph.json": '{ "graphs": { "agent": "./a.ts:b" } }',
      "tsconfig.json": '{ "extends": "./no.json" }',
    };
    await expect(loadGraphs(await project(files))).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining("tsconfig.json cannot be read"),
    });
  });
});
