/** Clients for tests: both generations of the SDK, and plain requests that no SDK would send. */
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Client } from "@langchain/langgraph-sdk";
import { Client as Client2 } from "langgraph-sdk-2";

export interface ClientOptions {
  apiKey?: string;
  /** How often a refused request is tried again; 0 unless given, so that tests see the first answer. */
  maxRetries?: number;
}

/** The SDK 1.15, which LangGraph itself depends on. */
export function sdkClient(url: string, { apiKey, maxRetries = 0 }: ClientOptions = {}): Client {
  return new Client({ apiUrl: url, apiKey: apiKey ?? null, callerOptions: { maxRetries } });
}

/** The SDK 2.0.0, which `latest` installs. */
function sdk2Client(url: string, { apiKey, maxRetries = 0 }: ClientOptions = {}): Client2 {
  return new Client2({ apiUrl: url, apiKey: apiKey ?? null, callerOptions: { maxRetries } });
}

/** Every SDK, for tests that both must pass: `describe.each(sdkGenerations)("…", ({ connect }) => …)`. */
export const sdkGenerations = [
  { sdk: "SDK 1.15", connect: sdkClient },
  { sdk: "SDK 2.0", connect: (url: string, options?: ClientOptions) => sdk2Client(url, options) as unknown as Client },
];

export interface PlainAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One request with full control over its headers (Host and Content-Length too). `body` may be sent in pieces. */
export function plainRequest(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer | Iterable<Buffer> } = {},
): Promise<PlainAnswer> {
  const { method = "GET", headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { method, headers, agent: false }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (part: string) => {
        text += part;
      });
      incoming.on("end", () => {
        outgoing.destroy();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else {
      for (const piece of body) outgoing.write(piece);
      outgoing.end();
    }
  });
}

/** POSTs JSON; `body` is sent as it is where it is a text already. */
export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
  method = "POST",
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
