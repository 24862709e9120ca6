/** The blocks of a text in Markdown, as any plain text is, too. */

export interface Block {
  readonly kind: "heading" | "paragraph" | "item" | "row" | "code";
  /** As it stands, with its marks and its line breaks. */
  readonly text: string;
  /** Where it begins. */
  readonly index: number;
  /** Of a row: the head of its table with the line below, where the text has it. */
  readonly head?: string;
}

const fence = /^[ \t]*(?:```|~~~)/;
const heading = /^ {0,3}#{1,6}\s+/;
const item = /^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]/;
const parting = /^[ \t]*\|?[ :|-]*-[ :|-]*$/;

function kindOf(line: string): Block["kind"] {
  if (fence.test(line)) return "code";
  if (heading.test(line)) return "heading";
  if (item.test(line)) return "item";
  const cells = line.trim();
  return cells.length > 1 && cells.startsWith("|") && cells.endsWith("|") ? "row" : "paragraph";
}

/** @returns in their order; a fence that is never closed goes on to the end */
export function blocksOf(text: string): Block[] {
  const blocks: { kind: Block["kind"]; text: string; index: number; head?: string }[] = [];
  /** What the next line may belong to. */
  let open: (typeof blocks)[number] | undefined;
  let head: string | undefined;
  for (const { 0: line, index } of text.matchAll(/^.*$/gm)) {
    if (open?.kind === "code") {
      open.text += `\n${line}`;
      if (fence.test(line)) open = undefined;
      continue;
    }
    if (line.trim() === "") {
      [open, head] = [undefined, undefined];
      continue;
    }
    const kind = kindOf(line);
    if (open?.kind === "row" && parting.test(line)) {
      head = `${open.text}\n${line}`;
      blocks.pop();
    } else if (kind === "paragraph" && (open?.kind === "paragraph" || open?.kind === "item")) {
      open.text += `\n${line}`;
    } else {
      if (kind !== "row") head = undefined;
      open = { kind, text: line, index, ...(head !== undefined && { head }) };
      blocks.push(open);
    }
  }
  return blocks;
}
