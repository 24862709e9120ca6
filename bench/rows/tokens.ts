/** Answers streamed token by token, from a model that never waits. */
import { tokensPerAnswer } from "../graphs/script.ts";
import { type Client, createClient, createEventReader } from "../load/client.ts";
import { runLoops } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Figure, Row } from "./row.ts";
import { createThread } from "./threads.ts";

type Name = "rate" | "first event p50" | "first event p95" | "first token p50" | "first token p95";

export const tokens16 = tokensRow(16, { p50: 5, p95: 20 });
export const tokens64 = tokensRow(64);

function tokensRow(clients: number, firstEvent?: { p50: number; p95: number }): Row<Name> {
  const latency = <Of extends Name>(name: Of, bound?: number): Figure & { name: Of } => ({
    name,
    unit: "ms",
    better: "less",
    goals: bound === undefined ? [] : [{ by: "targets", bounds: { sqlite: bound, postgres: bound } }],
  });
  return {
    name: `tokens-${clients}`,
    title: `stream ${tokensPerAnswer} tokens as messages-tuple on a new thread, ${clients} clients`,
    figures: [
      {
        name: "rate",
        unit: "tokens/s",
        better: "more",
        goals: [{ by: "targets", bounds: { sqlite: 70_000, postgres: 70_000 } }],
      },
      latency("first event p50", firstEvent?.p50),
      latency("first event p95", firstEvent?.p95),
      latency("first token p50"),
      latency("first token p95"),
    ],
    async measure({ server, ms }) {
      const client = createClient(server.url);
      const streams: StreamTimes[] = [];
      const { seconds } = await runLoops({ clients, ms }, async () => {
        streams.push(await streamRun(client, await createThread(client)));
      });
      client.close();
      const events = streams.map((times) => times.firstEvent);
      const tokens = streams.map((times) => times.firstToken);
      return {
        rate: (streams.length * tokensPerAnswer) / seconds,
        "first event p50": percentile(events, 0.5),
        "first event p95": percentile(events, 0.95),
        "first token p50": percentile(tokens, 0.5),
        "first token p95": percentile(tokens, 0.95),
      };
    },
  };
}

/** From the request on, in ms. */
interface StreamTimes {
  firstEvent: number;
  firstToken: number;
}

/** Reads one stream to its end. @throws Error where a token or the end is missing */
async function streamRun(client: Client, threadId: string): Promise<StreamTimes> {
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
  const run = { assistant_id: "tokens", input, stream_mode: ["messages-tuple"] };
  await client.stream(`/threads/${threadId}/runs/stream`, run, read);
  const { firstEvent, firstToken } = times;
  if (tokens !== tokensPerAnswer || last !== "end" || firstEvent === undefined || firstToken === undefined)
    throw new Error(`A stream had ${tokens} tokens, not ${tokensPerAnswer}, and ended with "${last}".`);
  return { firstEvent, firstToken };
}
