/** The suites of this project: what their cassette is recorded from, and that a graph broken on purpose turns them red. */
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { reactRecorded } from "../../evals/suites/react-recorded.eval.ts";
import { expectEval, runEval } from "../../src/evals/expect-eval.ts";
import { mistakenModel } from "./mistaken-model.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = join(root, "evals", "suites");
const config = join(root, "langgraph.json");

test("The committed cassette is what the graph records from the scripted model (-u records it anew)", async () => {
  await using server = await mistakenModel();
  const file = join(await mkdtemp(join(tmpdir(), "signalbox-suites-")), "cassette.jsonl");
  const environment = { MODEL: `record:${file},openai:scripted`, OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "" };
  const { cassette: _, ...live } = reactRecorded;
  const run = await runEval(live, { folder, config, environment, concurrency: 1 });
  expectEval(run).toPass();
  await expect(await readFile(file, "utf8")).toMatchFileSnapshot(join(root, "evals/cassettes/react-mistakes.jsonl"));
});
