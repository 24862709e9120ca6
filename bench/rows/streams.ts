/** One streamed run, read to its end. */
import { type Client, createEventReader } from "../load/client.ts";
import { createThread } from "./threads.ts";

/** From the request on, in ms. */
export interface StreamTimes {
  firstEvent: number;
  firstToken: number;
}

/** Streams a run of the graph on a new thread. @throws Error where a token or the end is missing */
export async function streamRun(client: Client, graph: string, expectedTokens: number): Promise<StreamTimes> {
  const threadId = await createThread(client);
  const asked = performance.now();
  const times: Partial<StreamTimes> = {};
  let tokens = 0;
  let last = "";
  const read = createEventReader((event) => {
    times.firstEvent ??= performance.now() - asked;
    if (event === "messages") {
      times.firstToken ??= performance.now() - asked;
      tokens += 1;
    }
    last = event;
  });
  const input = { messages: [{ role: "user", content: "Tell me much." }] };
  const run = { assistant_id: graph, input, stream_mode: ["messages-tuple"] };
  await client.stream(`/threads/${threadId}/runs/stream`, run, read);
  const { firstEvent, firstToken } = times;
  if (tokens !== expectedTokens || last !== "end" || firstEvent === undefined || firstToken === undefined)
    throw new Error(`A stream of ${graph} had ${tokens} tokens, not ${expectedTokens}, and ended with "${last}".`);
  return { firstEvent, firstToken };
}
