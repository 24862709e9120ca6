/** What a trace of each run costs: the ReAct loop traced and untraced, with a model that takes no time and one that does. */
import { reactAnswer } from "../graphs/script.ts";
import { loadServer } from "../load/loops.ts";
import type { RunningServer } from "../subjects/subject.ts";
import type { Row } from "./row.ts";
import { createThread, waitForRun } from "./threads.ts";

export const tracing: Row<
  "instant model, traced" | "instant model, kept" | "50 ms model, traced" | "50 ms model, kept"
> = {
  name: "tracing",
  title: "ReAct loop of 5 supersteps, traced; kept: its share of the untraced rate; 16 clients, 64 for the 50 ms model",
  figures: [
    { name: "instant model, traced", unit: "runs/s", better: "more", goals: [] },
    { name: "instant model, kept", unit: "%", better: "more", goals: [] },
    { name: "50 ms model, traced", unit: "runs/s", better: "more", goals: [] },
    {
      name: "50 ms model, kept",
      unit: "%",
      better: "more",
      goals: [{ by: "part 4", bounds: { sqlite: 85, postgres: 85 } }],
    },
  ],
  async measure({ subject, server, ms }) {
    const traced = await subject.launchTraced();
    try {
      // The other server is warm by now.
      await rateOf(traced, "react", 16, ms);
      const [instant, instantTraced] = [await rateOf(server, "react", 16, ms), await rateOf(traced, "react", 16, ms)];
      const [slow, slowTraced] = [await rateOf(server, "slow", 64, ms), await rateOf(traced, "slow", 64, ms)];
      return {
        "instant model, traced": instantTraced,
        "instant model, kept": (100 * instantTraced) / instant,
        "50 ms model, traced": slowTraced,
        "50 ms model, kept": (100 * slowTraced) / slow,
      };
    } finally {
      await traced.stop();
    }
  },
};

async function rateOf(server: RunningServer, assistant_id: string, clients: number, ms: number): Promise<number> {
  const run = { assistant_id, input: { messages: [{ role: "user", content: "What is 20 + 22?" }] } };
  const { rate } = await loadServer(server, { clients, ms }, async (client) =>
    waitForRun(client, await createThread(client), run, reactAnswer),
  );
  return rate;
}
