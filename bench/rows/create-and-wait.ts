/** Many clients at once, each with a thread of its own for each run. */
import { emptyAnswer } from "../graphs/script.ts";
import { createClient } from "../load/client.ts";
import { runLoops } from "../load/loops.ts";
import { percentile } from "../statistics.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const createAndWait: Row<"rate" | "p99"> = {
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
  ],
  async measure({ server, ms }) {
    const client = createClient(server.url);
    const run = { assistant_id: "empty", input: { question: "ready?" } };
    const { durations, seconds } = await runLoops({ clients: 64, ms }, async () =>
      waitForRun(client, await createThread(client), run, emptyAnswer),
    );
    client.close();
    return { rate: durations.length / seconds, p99: percentile(durations, 0.99) };
  },
};
