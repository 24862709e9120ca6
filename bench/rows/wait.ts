/** What a run costs that does nothing, for somebody who is alone with the server. */
import { emptyAnswer } from "../graphs/script.ts";
import { createClient } from "../load/client.ts";
import { loadServer } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const wait: Row<"p50" | "p95" | "server CPU per run"> = {
  name: "wait",
  title: "wait for an empty run, 1 client on 1 thread",
  figures: [
    {
      name: "p50",
      unit: "ms",
      better: "less",
      goals: [
        { by: "part 1", bounds: { sqlite: 10 } },
        { by: "targets", bounds: { sqlite: 2.5, postgres: 5 } },
      ],
    },
    { name: "p95", unit: "ms", better: "less", goals: [] },
    { name: "server CPU per run", unit: "ms", better: "less", goals: [] },
  ],
  async measure({ server, ms }) {
    const first = createClient(server.url);
    const threadId = await createThread(first);
    first.close();
    const run = { assistant_id: "empty", input: { question: "ready?" } };
    const { durations, serverCpu } = await loadServer(server, { clients: 1, ms }, (client) =>
      waitForRun(client, threadId, run, emptyAnswer),
    );
    return { p50: percentile(durations, 0.5), p95: percentile(durations, 0.95), "server CPU per run": serverCpu };
  },
};
