/** A way to a server that counts how often somebody asks on it and waits. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export interface CountedWay {
  /** The URL of the server by this way. */
  readonly url: string;
  /** How often something was sent to the server after it had answered what was sent before. */
  readonly questions: number;
  close(): Promise<void>;
}

export async function countQuestions(serverUrl: string): Promise<CountedWay> {
  const target = new URL(serverUrl);
  let questions = 0;
  const server = createServer((client) => {
    let answered = true;
    const upstream = connect(Number(target.port), target.hostname);
    client.on("data", () => {
      if (answered) questions++;
      answered = false;
    });
    upstream.on("data", () => {
      answered = true;
    });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(serverUrl);
  url.port = String((server.address() as AddressInfo).port);
  url.hostname = "127.0.0.1";
  return {
    url: url.href,
    get questions() {
      return questions;
    },
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
