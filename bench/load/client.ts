/** A client of one server over connections that stay open: JSON goes in, text or a stream of events comes out. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";

export interface Client {
  /** Posts JSON and gives the answer's text. @throws Error on any status but 200 */
  post(path: string, body: object): Promise<string>;
  /** Posts JSON and hands on the answer's text as it comes. @throws Error as post does, or where the stream breaks */
  stream(path: string, body: object, heard: (text: string) => void): Promise<void>;
  close(): void;
}

export function createClient(url: string): Client {
  const agent = new Agent({ keepAlive: true });

  async function send(path: string, body: object): Promise<IncomingMessage> {
    const payload = Buffer.from(JSON.stringify(body));
    const headers = { "content-type": "application/json", "content-length": payload.length };
    const sent = request(`${url}${path}`, { method: "POST", agent, headers });
    sent.end(payload);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    return response;
  }

  async function stream(path: string, body: object, heard: (text: string) => void): Promise<void> {
    const response = await send(path, body);
    const ended = once(response, "end");
    if (response.statusCode === 200) {
      response.on("data", heard);
      await ended;
      return;
    }
    let refusal = "";
    response.on("data", (text: string) => {
      refusal += text;
    });
    await ended;
    throw new Error(`POST ${path} was answered ${response.statusCode}: ${refusal}`);
  }

  return {
    stream,
    async post(path, body) {
      let answer = "";
      await stream(path, body, (text) => {
        answer += text;
      });
      return answer;
    },
    close: () => agent.destroy(),
  };
}

/** Gives a function that takes the text of an event stream in any pieces, and calls `heard` with each event's name. */
export function createEventReader(heard: (event: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    rest += text;
    let start = 0;
    for (let end = rest.indexOf("\n\n"); end !== -1; end = rest.indexOf("\n\n", start)) {
      const [, event] = /^event: (.*)$/m.exec(rest.slice(start, end)) ?? [];
      if (event !== undefined) heard(event);
      start = end + 2;
    }
    rest = rest.slice(start);
  };
}
