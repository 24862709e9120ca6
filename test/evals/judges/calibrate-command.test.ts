import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { configure } from "../../../src/config.ts";
import { calibrateCommand } from "../../../src/evals/judges/calibrate-command.ts";
import { noModel, scriptedModel } from "../../llm/scripted-model.ts";
import { promptFile, strictness, verdict } from "./support.ts";

const prompt = promptFile(strictness.replace("expected, ", ""));
const { signal } = new AbortController();

function labels(...lines: string[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "labels-")), "labels.jsonl");
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
  return file;
}
const label = (id: string, good: boolean) =>
  JSON.stringify({ id, input: "Be strict.", metadata: { output: "I am.", label: good } });

afterEach(() => {
  configure(noModel);
});

describe("eval calibrate", () => {
  test("shows how far a judge agrees with a file of labels", async () => {
    await using _ = await scriptedModel(
      verdict({ reasoning: "Yes.", score: 5 }),
      verdict({ reasoning: "No.", score: 1 }),
    );
    const { text, exitCode } = await calibrateCommand(prompt, labels(label("a", true), label("b", false)), signal);
    expect(text).toContain("2 answers judged, 0 skipped, 0 errors.");
    expect(text).toContain("Agreement with people:");
    expect(exitCode).toBe(0);
  });

  test("is no success without a model", async () => {
    configure(noModel);
    const { text, exitCode } = await calibrateCommand(prompt, labels(label("a", true)), signal);
    expect(text).toContain("Skipped: No model to judge with");
    expect(exitCode).toBe(3);
  });

  test("names a line that it cannot read, and judges the rest", async () => {
    await using _ = await scriptedModel(verdict({ reasoning: "Yes.", score: 5 }));
    const { text, json, exitCode } = await calibrateCommand(prompt, labels("{broken", label("a", true)), signal);
    expect(text).toMatch(/labels\.jsonl\b.*\b1\b/);
    expect(json).toMatchObject({ judged: 1 });
    expect(exitCode).toBe(3);
  });
});
