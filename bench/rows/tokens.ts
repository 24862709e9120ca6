/** Answers streamed from a model that never waits: how many tokens a busy server passes on. */
import { tokensPerAnswer } from "../graphs/script.ts";
import { loadServer } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "./row.ts";
import { type StreamTimes, streamRun } from "./streams.ts";

export const tokens16 = tokensRow(16);
export const tokens64 = tokensRow(64);

function tokensRow(clients: number): Row<"rate" | "server CPU per 1000" | "first event p50" | "first event p95"> {
  return {
    name: `tokens-${clients}`,
    title: `stream ${tokensPerAnswer} tokens at once as messages-tuple on a new thread, ${clients} clients`,
    figures: [
      {
        name: "rate",
        unit: "tokens/s",
        better: "more",
        goals: [{ by: "targets", bounds: { sqlite: 70_000, postgres: 70_000 } }],
      },
      { name: "server CPU per 1000", unit: "ms", better: "less", goals: [] },
      { name: "first event p50", unit: "ms", better: "less", goals: [] },
      { name: "first event p95", unit: "ms", better: "less", goals: [] },
    ],
    async measure({ server, ms }) {
      const streams: StreamTimes[] = [];
      const { rate, serverCpu } = await loadServer(server, { clients, ms }, async (client) => {
        streams.push(await streamRun(client, "tokens", tokensPerAnswer));
      });
      const firstEvents = streams.map((times) => times.firstEvent);
      return {
        rate: rate * tokensPerAnswer,
        "server CPU per 1000": (serverCpu / tokensPerAnswer) * 1000,
        "first event p50": percentile(firstEvents, 0.5),
        "first event p95": percentile(firstEvents, 0.95),
      };
    },
  };
}
