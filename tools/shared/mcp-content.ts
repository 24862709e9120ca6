/** What MCP tools answer, cut to what a model can read. */
import type { MessageContent } from "@langchain/core/messages";

const mostCharacters = 50_000;
const cutOff = "… [cut off]";

/** The answer with its text cut off at a limit, and what is no text and longer than that (pictures, sound) left out. */
export function shortened<Artifacts>([content, artifacts]: readonly [MessageContent, Artifacts]): [
  MessageContent,
  Artifacts,
] {
  if (typeof content === "string") return [cut(content, mostCharacters), artifacts];
  let left = mostCharacters;
  const blocks = content.map((block) => {
    const text = block.type === "text" && typeof block.text === "string" ? block.text : undefined;
    const length = text?.length ?? JSON.stringify(block).length;
    const room = left;
    left = Math.max(0, left - length);
    if (length <= room) return block;
    const rest = text === undefined ? `[${block.type} of ${length} characters, left out]` : cut(text, room);
    return { type: "text", text: rest };
  });
  return [blocks, artifacts];
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}${cutOff}` : text;
}
