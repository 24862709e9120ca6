/** Puts the app on a port: the next free one where the wished one is taken, with limits against slow senders. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config } from "../config.ts";
import { SignalboxError } from "../errors.ts";

/** How many ports are tried, the wished one included. */
const portsTried = 100;

/**
 * Listens on the configured host and port, or on the first free port after it.
 * @throws SignalboxError "invalid-configuration" for an address that cannot be listened on
 */
export async function listen(app: RequestListener, { host, port, limits }: Config): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.headersMs / 4,
    },
    app,
  );
  answerBrokenRequests(server, limits);
  const last = Math.min(port + portsTried - 1, 65_535);
  for (let candidate = port; candidate <= last; candidate += 1) {
    if (await tryPort(server, host, candidate)) return server;
  }
  throw new SignalboxError("invalid-configuration", `PORT is ${port}, but this and all ports up to ${last} are taken.`);
}

/** The port that a listening server has got. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Takes no more connections, lets each go when its answer is out, and resolves when the last has gone. */
export async function stopListening(server: Server): Promise<void> {
  const gone = once(server, "close");
  server.keepAliveTimeout = 1;
  server.keepAliveTimeoutBuffer = 0;
  server.close();
  await gone;
}

async function tryPort(server: Server, host: string, port: number): Promise<boolean> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") return false;
    const reason =
      code === "EACCES" ? "this user may not listen there; take a port above 1023" : `not possible (${code})`;
    throw new SignalboxError("invalid-configuration", `HOST is ${host}, PORT is ${port}: ${reason}.`, { cause: error });
  }
}

/** Requests that Node's parser refuses never reach the app: they are answered here, and their connection closed. */
function answerBrokenRequests(server: Server, { headerBytes }: Config["limits"]): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy();
    const { status, message } = refusal(error.code, headerBytes);
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\n`;
    socket.end(`${head}content-length: ${message.length}\r\n\r\n${message}`, () => socket.destroy());
  });
}

function refusal(code: string | undefined, headerBytes: number): { status: number; message: string } {
  if (code === "HPE_HEADER_OVERFLOW") {
    return new SignalboxError("headers-too-large", `The request's headers are over ${headerBytes} bytes.`);
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return { status: 408, message: "The request took too long to arrive." };
  return { status: 400, message: "The request is not valid HTTP." };
}
