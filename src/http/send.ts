/** The last hop of an answer: one write of JSON or of a plain line, with a length. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Response } from "express";

/** Sends `value` as JSON. */
export function sendJson(response: Response, status: number, value: unknown, headers: OutgoingHttpHeaders = {}): void {
  sendText(response, status, "application/json", JSON.stringify(value), headers);
}

/** Sends text of a content type as it is. */
export function sendText(
  response: Response,
  status: number,
  contentType: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, {
    ...headers,
    "content-type": contentType,
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
