/** The three that are measured side by side: the floor, and Signalbox on either database. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Workspace } from "../workspace.ts";
import { launchServer } from "./launch.ts";
import type { BenchPostgres } from "./postgres.ts";
import type { Subject } from "./subject.ts";

const floorServer = fileURLToPath(new URL("./floor-server.ts", import.meta.url));
const traceReceiver = fileURLToPath(new URL("./trace-receiver.ts", import.meta.url));
const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const langgraphJson = fileURLToPath(new URL("../graphs/langgraph.json", import.meta.url));

export function createSubjects(workspace: Workspace, postgres: BenchPostgres): Subject[] {
  const launchSignalbox = (database: string, environment: Readonly<Record<string, string>> = {}) => {
    const words = [cli, "start", "--config", langgraphJson, "--port", "0", "--database", database];
    return launchServer(workspace, words, environment);
  };
  const launchTraced = async (database: string) => {
    const receiver = await launchServer(workspace, [traceReceiver]);
    const keys = { LANGFUSE_PUBLIC_KEY: "pk-lf-bench", LANGFUSE_SECRET_KEY: "sk-lf-bench" };
    const server = await launchSignalbox(database, { ...keys, LANGFUSE_BASE_URL: receiver.url });
    return {
      ...server,
      async stop() {
        await server.stop();
        await receiver.stop();
      },
    };
  };
  let files = 0;
  const freshFile = () => {
    files += 1;
    return `sqlite:${join(workspace.folder, `${files}.db`)}`;
  };
  return [
    {
      name: "floor",
      durability: "MemorySaver behind Express: in memory, survives nothing",
      launch: () => launchServer(workspace, [floorServer]),
      launchTraced: () => launchServer(workspace, [floorServer]),
    },
    {
      name: "sqlite",
      durability:
        "SQLite in WAL mode, synchronous=NORMAL: survives kill -9, a power cut may cost the last transactions",
      launch: () => launchSignalbox(freshFile()),
      launchTraced: () => launchTraced(freshFile()),
    },
    {
      name: "postgres",
      durability: `${postgres.durability}: survives a power cut`,
      launch: async () => launchSignalbox(await postgres.createDatabase()),
      launchTraced: async () => launchTraced(await postgres.createDatabase()),
    },
  ];
}
