/** The three that are measured side by side: the floor, and Signalbox on either database. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Workspace } from "../workspace.ts";
import { launchServer } from "./launch.ts";
import type { BenchPostgres } from "./postgres.ts";
import type { Subject } from "./subject.ts";

const floorServer = fileURLToPath(new URL("./floor-server.ts", import.meta.url));
const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const langgraphJson = fileURLToPath(new URL("../graphs/langgraph.json", import.meta.url));

export function createSubjects(workspace: Workspace, postgres: BenchPostgres): Subject[] {
  const launchSignalbox = (database: string) =>
    launchServer(workspace, [cli, "start", "--config", langgraphJson, "--port", "0", "--database", database]);
  let files = 0;
  return [
    {
      name: "floor",
      durability: "MemorySaver behind Express: in memory, survives nothing",
      launch: () => launchServer(workspace, [floorServer]),
    },
    {
      name: "sqlite",
      durability:
        "SQLite in WAL mode, synchronous=NORMAL: survives kill -9, a power cut may cost the last transactions",
      launch() {
        files += 1;
        return launchSignalbox(`sqlite:${join(workspace.folder, `${files}.db`)}`);
      },
    },
    {
      name: "postgres",
      durability: `${postgres.durability}: survives a power cut`,
      launch: async () => launchSignalbox(await postgres.createDatabase()),
    },
  ];
}
