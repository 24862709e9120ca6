/** Keeps a connection alive on which a client waits for JSON: a newline each second, which JSON allows in front. */
import type { Response } from "express";
import { sendText } from "./send.ts";

const newlineEveryMs = 1_000;

/**
 * Sends JSON text when it is there. An answer within a second has its length and, where it fails, its own status;
 * after that the status is 200, and a failure is told as `{"__error__": {error, message}}`.
 */
export async function sendWhenReady(
  response: Response,
  result: Promise<string>,
  headers: Record<string, string>,
): Promise<void> {
  const alive = setInterval(() => {
    if (!response.headersSent) response.writeHead(200, { ...headers, "content-type": "application/json" });
    response.write("\n");
  }, newlineEveryMs);
  response.once("close", () => clearInterval(alive));
  try {
    const text = await result;
    if (response.headersSent) response.end(text);
    else sendText(response, 200, "application/json", text, headers);
  } catch (error) {
    if (!response.headersSent) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    response.end(JSON.stringify({ __error__: { error: name, message } }));
  } finally {
    clearInterval(alive);
  }
}
