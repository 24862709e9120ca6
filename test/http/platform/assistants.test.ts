import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { assistantResult, graphResult, graphSchemasResult } from "../../../src/http/platform/schemas-results.ts";
import { plainRequest, postJson, sdkClient, sdkGenerations } from "../../support/clients.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(sdkGenerations)("assistants, through the $sdk", ({ connect }) => {
  const client = () => connect(server.url);

  it("are there for each graph, by the graph's name, made by the system", async () => {
    const echo = await client().assistants.get("echo");
    expect(assistantResult.parse(echo)).toMatchObject({
      graph_id: "echo",
      version: 1,
      metadata: { created_by: "system" },
    });
    expect(await client().assistants.get(echo.assistant_id)).toEqual(echo);
  });

  it("are created with settings, found by them, counted, and deleted", async () => {
    const created = await client().assistants.create({
      graphId: "echo",
      name: "Parrot",
      description: "says it again",
      metadata: { team: "birds" },
      config: { configurable: { prefix: "parrot" }, tags: ["bird"], recursion_limit: 9 },
    });
    expect(assistantResult.parse(created)).toMatchObject({
      name: "Parrot",
      description: "says it again",
      metadata: { team: "birds" },
      config: { configurable: { prefix: "parrot" }, tags: ["bird"], recursion_limit: 9 },
      version: 1,
    });
    expect(await client().assistants.search({ metadata: { team: "birds" } })).toEqual([created]);
    expect(await client().assistants.search({ name: "arro" })).toEqual([created]);
    expect(await client().assistants.count({ metadata: { team: "birds" } })).toBe(1);
    const [selected] = await client().assistants.search({ metadata: { team: "birds" }, select: ["name", "version"] });
    expect(selected).toEqual({ name: "Parrot", version: 1 });
    await client().assistants.delete(created.assistant_id);
    await expect(client().assistants.get(created.assistant_id)).rejects.toThrow("HTTP 404: Assistant not found");
  });

  it("exist once per id, unless asked to leave the first alone", async () => {
    const assistantId = crypto.randomUUID();
    const first = await client().assistants.create({ graphId: "echo", assistantId });
    await expect(client().assistants.create({ graphId: "echo", assistantId })).rejects.toThrow("HTTP 409");
    const again = await client().assistants.create({ graphId: "echo", assistantId, ifExists: "do_nothing", name: "x" });
    expect(again).toEqual(first);
    await client().assistants.delete(assistantId);
  });

  it("keep every version, and go back to one with all of its settings", async () => {
    const { assistant_id } = await client().assistants.create({
      graphId: "echo",
      name: "v1",
      context: { prefix: "a" },
    });
    const second = await client().assistants.update(assistant_id, { graphId: "tokens", name: "v2", context: { b: 1 } });
    expect(second).toMatchObject({ version: 2, graph_id: "tokens", name: "v2", context: { b: 1 } });
    const versions = await client().assistants.getVersions(assistant_id);
    expect(versions.map((entry) => entry.version)).toEqual([2, 1]);
    const back = await client().assistants.setLatest(assistant_id, 1);
    expect(back).toMatchObject({ version: 1, graph_id: "echo", name: "v1", context: { prefix: "a" } });
    await client().assistants.delete(assistant_id);
  });

  it("show their graph, its schemas and its subgraphs", async () => {
    const graph = await client().assistants.getGraph("family");
    expect(graphResult.parse(graph).nodes.map((node) => node.id)).toEqual(
      expect.arrayContaining(["__start__", "parent", "child", "__end__"]),
    );
    for (const xray of [true, 2]) {
      expect(graphResult.parse(await client().assistants.getGraph("family", { xray })).edges).toHaveLength(3);
    }
    const schemas = await client().assistants.getSchemas("echo");
    expect(graphSchemasResult.parse(schemas).graph_id).toBe("echo");
    expect(JSON.stringify(schemas.input_schema)).toContain("messages");
    expect(Object.keys(await client().assistants.getSubgraphs("family"))).toEqual(["child"]);
    expect(Object.keys(await client().assistants.getSubgraphs("family", { namespace: "child" }))).toEqual(["child"]);
  });
});

it("a page of assistants says how many there are and where the next one starts", async () => {
  const page = await postJson(`${server.url}/assistants/search`, { limit: 2, offset: 1 });
  const total = Number(page.headers.get("x-pagination-total"));
  expect(z.array(assistantResult).length(2).parse(JSON.parse(page.text))).toBeDefined();
  expect(total).toBeGreaterThan(3);
  expect(page.headers.get("x-pagination-next")).toBe("3");
  const last = await postJson(`${server.url}/assistants/search`, { limit: 1000 });
  expect(last.headers.get("x-pagination-next")).toBeNull();
  expect(JSON.parse(last.text)).toHaveLength(total);
});

it("the version to go back to may stand in the query, and has to stand somewhere", async () => {
  const created = JSON.parse((await postJson(`${server.url}/assistants`, { graph_id: "echo" })).text);
  const latest = `${server.url}/assistants/${created.assistant_id}/latest`;
  expect(JSON.parse((await postJson(`${latest}?version=1`, "")).text)).toMatchObject({ version: 1 });
  expect(await postJson(latest, {})).toMatchObject({ status: 422, text: "version: is required" });
  expect((await postJson(latest, { version: 7 })).status).toBe(404);
});

it("null is as good as absent in a request, as other languages' clients send it", async () => {
  const body = { metadata: null, graph_id: null, limit: null, offset: null, sort_by: null, select: null };
  expect((await postJson(`${server.url}/assistants/search`, body)).status).toBe(200);
});

it("what Studio asks first is answered", async () => {
  const info = JSON.parse((await plainRequest(`${server.url}/info`)).text);
  expect(info).toMatchObject({ context: "js", flags: { assistants: true, langsmith: false } });
  expect(info.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(info.langgraph_js_version).toMatch(/^1\./);
  const body = { limit: 10, offset: 0, metadata: { created_by: "system" } };
  const search = await postJson(`${server.url}/assistants/search`, JSON.stringify(body), {
    "content-type": "text/plain",
  });
  const found: { graph_id: string; assistant_id: string }[] = JSON.parse(search.text);
  expect(found).toHaveLength(10);
  for (const { graph_id, assistant_id } of found)
    expect(await sdkClient(server.url).assistants.get(graph_id)).toMatchObject({ assistant_id, graph_id });
});
