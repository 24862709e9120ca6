import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pairwisePrompt, rubricPrompt } from "../../../src/evals/judges/prompt-file.ts";
import { preference, promptFile, strictness } from "./support.ts";

describe("A judge's prompt", () => {
  test("is front matter and instructions, with a version of its text", () => {
    const prompt = rubricPrompt(promptFile(strictness));
    expect(prompt).toMatchObject({
      name: "strictness",
      scale: [1, 5],
      pass: 4,
      shows: ["input", "expected", "output"],
    });
    expect(prompt.instructions).toBe("Judge how strict the answer is.");
    expect(prompt.version).toMatch(/^strictness@[0-9a-f]{12}$/);
  });

  test("has another version for a changed word, and the same for other line ends", () => {
    const { version } = rubricPrompt(promptFile(strictness));
    expect(rubricPrompt(promptFile(strictness.replace("how strict", "how very strict"))).version).not.toBe(version);
    expect(rubricPrompt(promptFile(strictness.replaceAll("\n", "\r\n"))).version).toBe(version);
  });

  test.each([
    ["no front matter", "Judge it.", "front matter"],
    ["front matter that is no YAML", "---\na: [\n---\nJudge it.", "Flow sequence"],
    ["no instructions", strictness.replace(/---\nJudge.*\n/, "---\n"), "no instructions"],
    ["a scale upside down", strictness.replace("[1, 5]", "[5, 1]"), "from lower to higher"],
    ["a bound outside the scale", strictness.replace("pass: 4", "pass: 6"), "outside the scale"],
    ["a bound that all reach", strictness.replace("pass: 4", "pass: 1"), "outside the scale"],
    ["an unknown part", strictness.replace("input,", "inputs,"), "shows"],
    ["a setting that does not exist", strictness.replace("pass: 4", "pass: 4\nvotes: 3"), "votes"],
    ["another kind", preference, "kind"],
  ])("with %s is refused, by its file and the reason", (_, text, reason) => {
    const file = promptFile(text);
    expect(() => rubricPrompt(file)).toThrow(
      expect.objectContaining({ code: "invalid-configuration", message: expect.stringContaining(file) }),
    );
    expect(() => rubricPrompt(file)).toThrow(reason);
  });

  test("that is not there is refused", () => {
    expect(() => pairwisePrompt("/nowhere/judge.md")).toThrow(/\/nowhere\/judge\.md cannot be used: ENOENT/);
  });

  test.each(readdirSync("evals/judges").filter((name) => name.endsWith(".md")))("of %s can be used", (name) => {
    const read = name === "preference.md" ? pairwisePrompt : rubricPrompt;
    expect(`${read(`evals/judges/${name}`).name}.md`).toBe(name);
  });
});
