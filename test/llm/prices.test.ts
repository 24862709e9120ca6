/** What a call costs, and what is unknown. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configure } from "../../src/config.ts";
import { costOf } from "../../src/llm/prices.ts";
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
    ["offline", 0],
  ])("of %s is %d dollars for a million tokens each way", (model, dollars) => {
    expect(costOf(model, usage)).toBeCloseTo(dollars);
  });

  test("counts cached input as such", () => {
    expect(costOf("gpt-4o", { ...usage, input_token_details: { cache_read: 1_000_000 } })).toBeCloseTo(11.25);
  });

  test.each(["", "gpt-4o-turbo", "toString", "someone/gpt-4o"])("of %j is unknown, and not nothing", (model) => {
    expect(costOf(model, usage)).toBeUndefined();
  });

  test("is what the user's file says, and the rest stays", async () => {
    await withPrices('{ "home-made": { "input": 1, "output": 2 }, "gpt-4o": { "input": 0, "output": 1 } }');
    expect(["home-made", "gpt-4o", "gpt-4o-mini"].map((model) => costOf(model, usage))).toEqual([3, 1, 0.75]);
  });

  test.each(["no JSON", '{ "a": 1 }', '{ "a": { "input": -1, "output": 1 } }', '{ "a": { "input": 1 } }'])(
    "cannot be told from a file with %j, which is named",
    async (text) => {
      await withPrices(text);
      expect(() => costOf("gpt-4o", usage)).toThrow(/MODEL_PRICES, .*json: expected/);
    },
  );
});
