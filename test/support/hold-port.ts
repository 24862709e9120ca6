/** Keeps a port for whoever listens on it next: meanwhile connections to it are refused, and nobody else is given it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";

/** Takes a port that has just been closed; it can be listened on before this is disposed of. */
export async function holdPort(port: number): Promise<AsyncDisposable> {
  const host = "127.0.0.1";
  const other = createServer((socket) => socket.on("error", () => {}).resume()).listen(0, host);
  await once(other, "listening");
  // A port is not given away while a connection begins at it.
  const connection = connect({
    host,
    port: (other.address() as AddressInfo).port,
    localAddress: host,
    localPort: port,
  });
  await once(connection, "connect");
  return {
    async [Symbol.asyncDispose]() {
      connection.destroy();
      other.close();
      await once(other, "close");
    },
  };
}
