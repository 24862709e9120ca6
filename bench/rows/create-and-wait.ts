/** Many clients at once, each with a thread of its own for each run. */
import { emptyAnswer } from "../graphs/script.ts";
import { loadServer } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const createAndWait: Row<"rate" | "p99" | "server CPU per run"> = {
  name: "create-and-wait",
  title: "create a thread and wait for an empty run on it, 64 clients",
  figures: [
    {
      name: "rate",
      unit: "runs/s",
      better: "more",
      goals: [
        { by: "part 1", bounds: { sqlite: 400 } },
        { by: "targets", bounds: { sqlite: 1_000, postgres: 700 } },
      ],
    },
    { name: "p99", unit: "ms", better: "less", goals: [] },
    { name: "server CPU per run", unit: "ms", better: "less", goals: [] },
  ],
  async measure({ server, ms }) {
    const run = { assistant_id: "empty", input: { question: "ready?" } };
    const { durations, rate, serverCpu } = await loadServer(server, { clients: 64, ms }, async (client) =>
      waitForRun(client, await createThread(client), run, emptyAnswer),
    );
    return { rate, p99: percentile(durations, 0.99), "server CPU per run": serverCpu };
  },
};
