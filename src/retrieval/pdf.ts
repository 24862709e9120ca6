/** The text of a PDF, page by page. */
import { PDFLoader } from "@langchain/community/document_loaders/fs/pdf";
import { getDocument, version } from "unpdf/pdfjs";
import { SignalboxError } from "../errors.ts";
import type { Extracted } from "./chunk.ts";

const betweenPages = "\n\n";

/** @throws SignalboxError "unreadable-document" for one that is encrypted or has no text; what PDF.js throws, if it is broken */
export async function extractPdf(bytes: Uint8Array<ArrayBuffer>): Promise<Extracted> {
  // Its warnings would stand in the output of commands.
  const quietly: typeof getDocument = (source) => getDocument({ ...(source as object), verbosity: 0 });
  const pdfjs = async () => ({ isV2: false as const, getDocument: quietly, version });
  const documents = await new PDFLoader(new Blob([bytes]), { pdfjs }).load().catch((cause) => {
    if (cause?.name !== "PasswordException") throw cause;
    throw new SignalboxError("unreadable-document", "it is encrypted; save it without a password first", { cause });
  });
  const pages: { page: number; start: number }[] = [];
  let text = "";
  for (const { pageContent, metadata } of documents) {
    const content = tidy(pageContent);
    if (content === "") continue;
    if (text !== "") text += betweenPages;
    pages.push({ page: metadata.loc.pageNumber, start: text.length });
    text += content;
  }
  if (text === "") {
    throw new SignalboxError("unreadable-document", "it has no text, only pictures perhaps; recognise its text first");
  }
  const title: unknown = documents[0]?.metadata.pdf?.info?.Title;
  return { title: typeof title === "string" ? title.trim() : "", text, pages };
}

/** Without ligatures, without hyphens at the ends of lines, and without what no database takes. */
function tidy(text: string): string {
  return text
    .replace(/[\ufb00-\ufb06]/g, (ligature) => ligature.normalize("NFKC"))
    .replace(/(?<=\p{Ll})[-\u00ad]\n(?=\p{Ll})/gu, "")
    .replaceAll("\0", "")
    .toWellFormed()
    .trim();
}
