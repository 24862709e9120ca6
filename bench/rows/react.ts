/** The agent loop: three model calls and two tool calls, so five supersteps, each of them checkpointed. */
import { reactAnswer } from "../graphs/script.ts";
import { createClient } from "../load/client.ts";
import { runLoops } from "../load/loops.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const react: Row<"rate"> = {
  name: "react",
  title: "ReAct loop of 5 supersteps on a new thread, 16 clients",
  figures: [{ name: "rate", unit: "runs/s", better: "more", goals: [{ by: "targets", bounds: { sqlite: 300 } }] }],
  async measure({ server, ms }) {
    const client = createClient(server.url);
    const run = { assistant_id: "react", input: { messages: [{ role: "user", content: "What is 20 + 22?" }] } };
    const { durations, seconds } = await runLoops({ clients: 16, ms }, async () =>
      waitForRun(client, await createThread(client), run, reactAnswer),
    );
    client.close();
    return { rate: durations.length / seconds };
  },
};
