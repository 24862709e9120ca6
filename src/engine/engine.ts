/** Puts the engine together: the rules of assistants, threads and runs over one database and one set of graphs. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { createStore } from "../storage/memory.ts";
import { deleteIdempotencyKeys } from "../storage/tables/idempotency.ts";
import { createAssistants, ensureDefaultAssistants } from "./assistants.ts";
import type { Engine, Threads } from "./contract.ts";
import { createEventHub } from "./events.ts";
import type { GraphRegistry } from "./graphs.ts";
import type { RunObserver } from "./observer.ts";
import type { EngineParts } from "./parts.ts";
import { recoverRuns } from "./recover.ts";
import { createRuns } from "./runs.ts";
import { createThreads } from "./threads.ts";
import { createWorker } from "./worker.ts";

/** The owner of everything where no API keys are configured. */
export const localOwner = "local";

/** Makes the engine and the default assistants. Nothing runs before `recover`. */
export async function createEngine(options: {
  database: Database;
  graphs: GraphRegistry;
  config: Config;
  log: Logger;
  observers?: readonly RunObserver[];
}): Promise<Engine> {
  const { database, config, graphs, observers = [] } = options;
  const parts: EngineParts = { ...options, observers, events: createEventHub(config.limits) };
  const worker = createWorker(parts);
  const assistants = createAssistants(parts, () => threads);
  const runs = createRuns(parts, assistants, worker);
  const threads: Threads = createThreads(parts, runs, worker);

  const owners = config.apiKeys.length > 0 ? config.apiKeys.map((key) => key.owner) : [localOwner];
  await ensureDefaultAssistants(parts, owners);
  const forgetKeys = () => deleteIdempotencyKeys(database, Date.now() - config.limits.idempotencyMs);
  await forgetKeys();
  const housekeeping = setInterval(() => {
    forgetKeys().catch((error: unknown) => options.log.error({ error }, "old Idempotency-Keys could not be deleted"));
  }, config.limits.idempotencyMs / 24).unref();

  return {
    assistants,
    threads,
    runs,
    store: (owner) => createStore(database, { owner }),
    graphs: () => graphs.list(),
    recover: () => recoverRuns(parts, worker),
    async drain() {
      clearInterval(housekeeping);
      await worker.drain();
      await Promise.all(observers.map((observer) => observer.drain()));
      parts.events.close();
    },
  };
}
