/** Reads the bytes of a document, from a file or from the web, within the limit. */
import { readFile, stat } from "node:fs/promises";
import { currentConfig } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import { type Place, reasonOf } from "./find-documents.ts";

export interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As the web server says it; "" for a file. */
  readonly contentType: string;
}

/** @throws SignalboxError "unreadable-document", or one of the outgoing requests' */
export async function readContent({ source, path }: Place): Promise<Content> {
  const most = currentConfig().limits.documentBytes;
  if (path === undefined) return fetchContent(source, most);
  try {
    const { size } = await stat(path);
    if (size > most) {
      throw new SignalboxError(
        "unreadable-document",
        `it has ${size} bytes, and ${most} is the most (documentBytes); split it`,
      );
    }
    return { bytes: new Uint8Array(await readFile(path)), contentType: "" };
  } catch (error) {
    if (error instanceof SignalboxError) throw error;
    throw new SignalboxError("unreadable-document", reasonOf(error), { cause: error });
  }
}

async function fetchContent(url: string, maxBytes: number): Promise<Content> {
  // Large, and most documents are files.
  const { guardedFetch } = await import("../net/guarded-fetch.ts");
  const response = await guardedFetch(url, {
    maxBytes,
    headers: { accept: "text/html, text/*, application/pdf, */*" },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new SignalboxError("unreadable-document", `it answered ${response.status} ${response.statusText}`);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { bytes, contentType: response.headers.get("content-type") ?? "text/plain" };
}
