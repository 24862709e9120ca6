/** How long somebody waits after `npm start`, and what the server then weighs. */
import { readUsage } from "../subjects/usage.ts";
import type { Row } from "./row.ts";

export const start: Row<"first /ok" | "resident memory"> = {
  name: "start",
  title: "start on an empty database",
  figures: [
    {
      name: "first /ok",
      unit: "ms",
      better: "less",
      goals: [{ by: "targets", bounds: { sqlite: 500, postgres: 500 } }],
    },
    {
      name: "resident memory",
      unit: "MB",
      better: "less",
      goals: [{ by: "targets", bounds: { sqlite: 200, postgres: 200 } }],
    },
  ],
  async measure({ subject }) {
    const server = await subject.launch();
    try {
      const { residentMegabytes } = await readUsage(server.pid);
      return { "first /ok": server.startMs, "resident memory": residentMegabytes };
    } finally {
      await server.stop();
    }
  },
};
