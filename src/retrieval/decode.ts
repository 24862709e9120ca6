/** Bytes as text. */
import { SignalboxError } from "../errors.ts";

/** Byte order marks, and the encodings that they stand for. */
const marks: readonly (readonly [string, string])[] = [
  ["efbbbf", "utf-8"],
  ["fffe", "utf-16le"],
  ["feff", "utf-16be"],
];

/**
 * Text in UTF-8, or in UTF-16 with its byte order mark, with line ends of one kind.
 * @throws SignalboxError "unreadable-document" for anything else: what is guessed wrong is found by nobody
 */
export function decodeText(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(3, bytes.length)).toString("hex");
  const encoding = marks.find(([mark]) => head.startsWith(mark))?.[1] ?? "utf-8";
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SignalboxError(
      "unreadable-document",
      "it is not text in UTF-8, nor in UTF-16 with a byte order mark; convert it first",
      { cause },
    );
  }
  if (text.includes("\0")) {
    const reason = "it is not text: it has NUL characters; text in UTF-16 needs a byte order mark, or convert it first";
    throw new SignalboxError("unreadable-document", reason);
  }
  return text.replace(/\r\n?/g, "\n");
}

/** In the character set that the answer names, or else the page's own head; unknown ones count as UTF-8. */
export function decodeHtml(bytes: Uint8Array, contentType = ""): string {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 1024));
  const [, named] =
    /charset\s*=\s*["']?([\w-]+)/.exec(contentType) ?? /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head) ?? [];
  try {
    return new TextDecoder(named).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
