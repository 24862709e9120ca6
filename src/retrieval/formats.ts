/** The formats that documents may have, and how the text is got out of each; what a format needs is imported with it. */
import { extname } from "node:path";
import { SignalboxError } from "../errors.ts";
import { type Extracted, plain } from "./chunk.ts";
import { decodeHtml, decodeText } from "./decode.ts";

interface Format {
  readonly name: string;
  readonly extensions: readonly string[];
  readonly mediaTypes: RegExp;
  extract(bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Extracted>;
}

const markdown: Format = {
  name: "Markdown",
  extensions: [".md", ".markdown", ".mdx"],
  mediaTypes: /^text\/(x-)?markdown$/,
  async extract(bytes) {
    const text = await loaded(decodeText(bytes));
    const [, title = ""] = /^ {0,3}#\s+(.*?)[\s#]*$/m.exec(text) ?? [];
    return { title: plain(title), text, isMarkdown: true };
  },
};

const text: Format = {
  name: "text",
  extensions: [".txt", ".text"],
  mediaTypes: /^text\/plain$/,
  extract: async (bytes) => ({ text: await loaded(decodeText(bytes)) }),
};

const html: Format = {
  name: "HTML",
  extensions: [".html", ".htm", ".xhtml"],
  mediaTypes: /^(text\/html|application\/xhtml\+xml)$/,
  async extract(bytes, contentType) {
    if (bytes.includes(0)) throw new SignalboxError("unreadable-document", "it is not HTML: it has NUL characters");
    const { readWholePage } = await import("./html.ts");
    const { title, markdown: text } = readWholePage(decodeHtml(bytes, contentType));
    return { title, text, isMarkdown: true };
  },
};

const pdf: Format = {
  name: "PDF",
  extensions: [".pdf"],
  mediaTypes: /^application\/pdf$/,
  extract: async (bytes) => (await import("./pdf.ts")).extractPdf(bytes),
};

const csv: Format = {
  name: "CSV",
  extensions: [".csv"],
  mediaTypes: /^text\/csv$/,
  extract: async (bytes) => (await import("./csv.ts")).extractCsv(decodeText(bytes)),
};

const formats = [markdown, text, html, pdf, csv];

/** Such as "Markdown, text, HTML, PDF or CSV". */
export const formatNames = formats
  .map(({ name }) => name)
  .join(", ")
  .replace(/, (?=[^,]*$)/, " or ");

/** The format that a file's name tells; undefined for all others. */
export function formatOf(path: string): Format | undefined {
  const extension = extname(path).toLowerCase();
  return formats.find(({ extensions }) => extensions.includes(extension));
}

/**
 * The text of a document, by its media type if it came with one, else by its name; what neither names is read as text.
 * @throws SignalboxError "unreadable-document" with the reason
 */
export async function extract(bytes: Uint8Array<ArrayBuffer>, path: string, contentType = ""): Promise<Extracted> {
  const [mediaType = ""] = contentType.toLowerCase().split(";");
  const named = formats.find(({ mediaTypes }) => mediaTypes.test(mediaType.trim()));
  // Plain text is what servers say of Markdown and CSV too.
  const format = (named === text ? formatOf(path) : (named ?? formatOf(path))) ?? text;
  if (!named && mediaType && format === text && !mediaType.startsWith("text/")) {
    throw new SignalboxError("unreadable-document", `it is ${mediaType}, and not ${formatNames}`);
  }
  if (bytes.length === 0) throw new SignalboxError("unreadable-document", "it is empty: it has 0 bytes");
  try {
    const extracted = await format.extract(bytes, contentType);
    if (extracted.text.trim() === "") throw new SignalboxError("unreadable-document", "it has no text");
    return extracted;
  } catch (cause) {
    if (cause instanceof SignalboxError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const advice = `${reason.replace(/\.$/, "")}; look whether it opens elsewhere, and save it anew`;
    throw new SignalboxError("unreadable-document", `it cannot be read as ${format.name}: ${advice}`, { cause });
  }
}

async function loaded(text: string): Promise<string> {
  const { TextLoader } = await import("@langchain/classic/document_loaders/fs/text");
  const [document] = await new TextLoader(new Blob([text])).load();
  return document?.pageContent ?? "";
}
