/** The figures of docs/patterns.md are those of bench/patterns.ts; times are measured by hand, and not asserted. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { runTypicalTask, typicalTasks } from "../../bench/patterns.ts";

const page = await readFile(new URL("../../docs/patterns.md", import.meta.url), "utf8");
const rows = new Map(
  Array.from(page.matchAll(/^\| `([\w-]+)` \| (\d+) \| [\d.]+ s \|$/gm), ([, id, calls]) => [id, Number(calls)]),
);

test.each(Object.keys(typicalTasks))("docs/patterns.md says how many calls of a model %s makes", async (id) => {
  expect((await runTypicalTask(id, 0)).calls).toBe(rows.get(id));
});

test("docs/patterns.md gives figures for every pattern", async () => {
  const { graphs } = JSON.parse(await readFile(new URL("../../langgraph.json", import.meta.url), "utf8"));
  expect([...rows.keys()].sort()).toEqual(Object.keys(graphs).sort());
  expect(Object.keys(typicalTasks).sort()).toEqual(Object.keys(graphs).sort());
});
