/** Judge prompts in files of their own, and the verdicts of a scripted model. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calling } from "../../llm/scripted-model.ts";

/** A file with this text, in a temporary folder. */
export function promptFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "judge-")), "judge.md");
  writeFileSync(file, text);
  return file;
}

export const strictness = `---
name: strictness
description: Whether it is strict.
kind: rubric
scale: [1, 5]
pass: 4
shows: [input, expected, output]
---
Judge how strict the answer is.
`;

export const preference = `---
name: preference
description: Which is better.
kind: pairwise
---
Say which answer is better.
`;

/** A reply that calls the function with these arguments. */
export function verdict(args: object) {
  return calling(["call", "verdict", JSON.stringify(args)]);
}
