/** The agent loop: three model calls and two tool calls, so five supersteps, each of them checkpointed. */
import { reactAnswer } from "../graphs/script.ts";
import { loadServer } from "../load/loops.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const react: Row<"rate" | "server CPU per run"> = {
  name: "react",
  title: "ReAct loop of 5 supersteps on a new thread, 16 clients",
  figures: [
    { name: "rate", unit: "runs/s", better: "more", goals: [{ by: "targets", bounds: { sqlite: 300 } }] },
    { name: "server CPU per run", unit: "ms", better: "less", goals: [] },
  ],
  async measure({ server, ms }) {
    const run = { assistant_id: "react", input: { messages: [{ role: "user", content: "What is 20 + 22?" }] } };
    const { rate, serverCpu } = await loadServer(server, { clients: 16, ms }, async (client) =>
      waitForRun(client, await createThread(client), run, reactAnswer),
    );
    return { rate, "server CPU per run": serverCpu };
  },
};
