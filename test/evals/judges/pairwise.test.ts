import { afterEach, describe, expect, test } from "vitest";
import { configure } from "../../../src/config.ts";
import { pairwise } from "../../../src/evals/judges/pairwise.ts";
import { noModel, scriptedModel } from "../../llm/scripted-model.ts";
import { scoresOf } from "../evaluators/support.ts";
import { preference, promptFile, verdict } from "./support.ts";

const evaluator = pairwise({ prompt: promptFile(preference) });
const better = (position: string) => verdict({ reasoning: `The ${position} is clearer.`, better: position });

afterEach(() => {
  configure(noModel);
});

async function compare(ownFirst: string, ownSecond: string) {
  await using model = await scriptedModel(better(ownFirst), better(ownSecond));
  const scores = await scoresOf(evaluator, { expected: "theirs" }, { output: "ours" });
  return { scores, materials: model.requests().map(({ messages }) => String(messages[1]?.content)) };
}

describe("A judge between two answers", () => {
  test("sees them in both orders", async () => {
    const { materials } = await compare("first", "second");
    expect(materials).toHaveLength(2);
    expect(materials[0]?.indexOf("ours")).toBeLessThan(materials[0]?.indexOf("theirs") ?? 0);
    expect(materials[1]?.indexOf("theirs")).toBeLessThan(materials[1]?.indexOf("ours") ?? 0);
  });

  test.each([
    // what it says of ours first, of ours second: value, passed, consistent
    ["first", "second", 1, true, 1],
    ["second", "first", 0, false, 1],
    ["neither", "neither", 0.5, true, 1],
    ["first", "first", 0.5, true, 0],
    ["second", "second", 0.5, true, 0],
    ["first", "neither", 0.5, true, 0],
  ])("saying %s, then %s, gives %d", async (ownFirst, ownSecond, value, passed, consistent) => {
    const { scores } = await compare(ownFirst, ownSecond);
    expect(scores).toMatchObject([
      { name: "preference", value, passed },
      { name: "preference:consistent", value: consistent },
    ]);
  });

  test("that favours a position is reported", async () => {
    const { scores } = await compare("first", "first");
    expect(scores[0]?.comment).toContain(
      "a tie. The orders disagree (first, then first): the first position is favoured.",
    );
    // It measures the judge: it fails no answer.
    expect(scores[1]).not.toHaveProperty("passed");
  });

  test("is skipped without a model", async () => {
    configure(noModel);
    expect(await scoresOf(evaluator, { expected: "theirs" }, {})).toMatchObject([{ skipped: expect.any(String) }]);
  });

  test("needs another answer in words", async () => {
    await expect(scoresOf(evaluator, { expected: 42 }, {})).rejects.toMatchObject({ code: "invalid-dataset" });
  });
});
