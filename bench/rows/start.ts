/** How long somebody waits after `npm start`, and what the server then weighs. */
import { readFile } from "node:fs/promises";
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
      return { "first /ok": server.startMs, "resident memory": await residentMegabytes(server.pid) };
    } finally {
      await server.stop();
    }
  },
};

/** @throws Error where the system has no /proc: the figure is Linux's */
async function residentMegabytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status says nothing of VmRSS.`);
  return Number(kilobytes) / 1000;
}
