/** What a call costs, and what is unknown. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { describeModel } from "../../src/llm/chat-model.ts";
import { costOf } from "../../src/llm/prices.ts";
import { start } from "../../src/main.ts";
import { noModel } from "./scripted-model.ts";

const usage = { input_tokens: 1_000_000, output_tokens: 1_000_000, total_tokens: 2_000_000 };
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "prices-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  configure(noModel);
});

async function withPrices(text: string): Promise<void> {
  const file = join(folder, `${crypto.randomUUID()}.json`);
  await writeFile(file, text);
  configure({ ...noModel, MODEL_PRICES: file });
}

describe("The cost of a call", () => {
  test.each([
    ["gpt-4o-mini", 0.75],
    ["gpt-4o-mini-2024-07-18", 0.75],
    ["claude-haiku-4-5-20251001", 6],
    ["gpt-5.4-mini", 5.25],
    ["offline", 0],
  ])("of %s is %d dollars for a million tokens each way", (model, dollars) => {
    expect(costOf(model, usage)).toBeCloseTo(dollars);
  });

  test("counts cached input as such", () => {
    expect(costOf("gpt-4o", { ...usage, input_token_details: { cache_read: 1_000_000 } })).toBeCloseTo(11.25);
  });

  test("counts what is written to the cache at its own price, or as other input", () => {
    const written = { ...usage, input_token_details: { cache_read: 400_000, cache_creation: 500_000 } };
    // 0.1 * 2 + 0.4 * 0.1 + 0.5 * 2.5 + 10, and 0.6 * 2.5 + 0.4 * 1.25 + 10
    expect(costOf("claude-sonnet-5-5", written)).toBeCloseTo(11.49);
    expect(costOf("gpt-4o", written)).toBeCloseTo(12);
  });

  test("has a price for the model that is used when there is only a key", () => {
    configure({ ...noModel, OPENAI_API_KEY: "key" });
    const [, model = ""] = /Model: openai:(\S+)/.exec(describeModel()) ?? [];
    expect(costOf(model, usage)).toBeGreaterThan(0);
  });

  test.each(["", "gpt-4o-turbo", "toString", "someone/gpt-4o"])("of %j is unknown, and not nothing", (model) => {
    expect(costOf(model, usage)).toBeUndefined();
  });

  test("is what the user's file says, and the rest stays", async () => {
    await withPrices('{ "home-made": { "input": 1, "output": 2 }, "gpt-4o": { "input": 0, "output": 1 } }');
    expect(["home-made", "gpt-4o", "gpt-4o-mini"].map((model) => costOf(model, usage))).toEqual([3, 1, 0.75]);
  });

  test("stops the start where the file cannot be used", async () => {
    await writeFile(join(folder, "langgraph.json"), '{ "graphs": { "a": "./a.ts:graph" } }');
    const environment = { MODEL_PRICES: join(folder, "missing.json"), PORT: "0" };
    const starting = start({ configPath: join(folder, "langgraph.json"), environment });
    await expect(starting).rejects.toMatchObject({
      code: "invalid-configuration",
      message: expect.stringContaining("MODEL_PRICES"),
    });
  });

  test.each(["no JSON", '{ "a": 1 }', '{ "a": { "input": -1, "output": 1 } }', '{ "a": { "input": 1 } }'])(
    "cannot be told from a file with %j, which is named",
    async (text) => {
      await withPrices(text);
      expect(() => costOf("gpt-4o", usage)).toThrow(/MODEL_PRICES, .*json: expected/);
    },
  );
});
