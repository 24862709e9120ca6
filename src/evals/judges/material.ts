/** What a judge gets to see, each part fenced off from its instructions. */
import { createHash } from "node:crypto";
import type { Item, Result } from "../contract.ts";
import { callText } from "../evaluators/trajectory.ts";

/**
 * Parts as one message. An answer cannot end its own part and speak as the judge's user: each fence carries a hash of
 * what it holds, which no text can contain of itself.
 */
export function fenced(parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts)
    .map(([name, text]) => {
      const mark = createHash("sha256").update(text).digest("hex").slice(0, 12);
      return `<${name} ${mark}>\n${text}\n</${name} ${mark}>`;
    })
    .join("\n\n");
}

/** The item's task as text: a text as it is, anything else as JSON. */
export function taskText({ input }: Pick<Item, "input">): string {
  if (typeof input === "string") return input;
  return JSON.stringify(input) ?? "";
}

/** The calls of tools as lines, with what came back. */
export function toolsText({ toolCalls }: Pick<Result, "toolCalls">): string {
  if (toolCalls.length === 0) return "No tool was called.";
  return toolCalls.map((call) => `${callText(call)} -> ${call.error ?? call.result ?? ""}`).join("\n");
}
