import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainRequest, sdkGenerations } from "../../support/clients.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe.each(sdkGenerations)("store items, through the $sdk", ({ sdk, connect }) => {
  const client = () => connect(server.url).store;
  const user = ["users", sdk.replace(".", "-")];

  it("are put, read, searched, listed by namespace and deleted", async () => {
    await client().putItem([...user, "facts"], "name", { name: "Ada", age: 36 });
    await client().putItem([...user, "facts"], "city", { name: "London" });
    const item = await client().getItem([...user, "facts"], "name");
    expect(item).toMatchObject({ namespace: [...user, "facts"], key: "name", value: { name: "Ada", age: 36 } });
    expect(new Date(item?.createdAt ?? "").getTime()).toBeGreaterThan(0);
    const { items } = await client().searchItems(user, { filter: { age: { $gt: 30 } } });
    expect(items.map(({ key }) => key)).toEqual(["name"]);
    expect((await client().searchItems(user)).items).toHaveLength(2);
    expect((await client().listNamespaces({ prefix: user })).namespaces).toEqual([[...user, "facts"]]);
    expect((await client().listNamespaces({ prefix: user, maxDepth: 2 })).namespaces).toEqual([user]);
    await client().deleteItem([...user, "facts"], "name");
    expect(await client().getItem([...user, "facts"], "name")).toBeNull();
  });
});

it("an item's namespace in a query is joined by periods, or repeated", async () => {
  const { store } = sdkGenerations[0]?.connect(server.url) ?? {};
  await store?.putItem(["a", "b"], "k", { x: 1 });
  for (const query of ["namespace=a.b", "namespace=a&namespace=b"]) {
    const { text } = await plainRequest(`${server.url}/store/items?${query}&key=k`);
    expect(JSON.parse(text)).toMatchObject({ value: { x: 1 }, created_at: expect.any(String) });
  }
});
