/** What a user waits for the first sign of life, from a server that is not kept busy: its model takes its time. */
import { pacedPauseMs, pacedTokens } from "../graphs/script.ts";
import { loadServer } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "./row.ts";
import { type StreamTimes, streamRun } from "./streams.ts";

export const firstEvent: Row<"event p50" | "event p95" | "token p50" | "token p95"> = {
  name: "first-event",
  title: `first event and first token of a stream with a token every ${pacedPauseMs} ms, 16 clients`,
  figures: [
    {
      name: "event p50",
      unit: "ms",
      better: "less",
      goals: [{ by: "targets", bounds: { sqlite: 5, postgres: 5 } }],
    },
    {
      name: "event p95",
      unit: "ms",
      better: "less",
      goals: [{ by: "targets", bounds: { sqlite: 20, postgres: 20 } }],
    },
    { name: "token p50", unit: "ms", better: "less", goals: [] },
    { name: "token p95", unit: "ms", better: "less", goals: [] },
  ],
  async measure({ server, ms }) {
    const streams: StreamTimes[] = [];
    await loadServer(server, { clients: 16, ms, spreadMs: pacedPauseMs * pacedTokens }, async (client) => {
      streams.push(await streamRun(client, "paced", pacedTokens));
    });
    const events = streams.map((times) => times.firstEvent);
    const tokens = streams.map((times) => times.firstToken);
    return {
      "event p50": percentile(events, 0.5),
      "event p95": percentile(events, 0.95),
      "token p50": percentile(tokens, 0.5),
      "token p95": percentile(tokens, 0.95),
    };
  },
};
