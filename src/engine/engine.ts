/** Puts the engine together: the rules of assistants, threads and runs over one database and one set of graphs. */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { createStore } from "../storage/memory.ts";
import { deleteFeedbackTargets } from "../storage/tables/feedback.ts";
import { deleteIdempotencyKeys } from "../storage/tables/idempotency.ts";
import { ensureSecret } from "../storage/tables/secrets.ts";
import { createAssistants, ensureDefaultAssistants } from "./assistants.ts";
import type { Engine, Threads } from "./contract.ts";
import { createEventHub } from "./events.ts";
import { createFeedbackDesk } from "./feedback.ts";
import { createFeedbackOutbox, type FeedbackReceiver, noOutbox } from "./feedback-outbox.ts";
import { createFeedbackUrls } from "./feedback-urls.ts";
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
  /** Where feedback is sent from its rows; nowhere unless given. */
  feedbackReceiver?: FeedbackReceiver | undefined;
}): Promise<Engine> {
  const { database, config, graphs, log, observers = [], feedbackReceiver: receiver } = options;
  const { feedbackMs, idempotencyMs } = config.limits;
  const urls = createFeedbackUrls(await ensureSecret(database, "feedback-urls", randomBytes(32).toString("hex")));
  const outbox = receiver ? createFeedbackOutbox({ database, receiver, log, maximumAge: feedbackMs }) : noOutbox;
  const events = createEventHub(config.limits);
  const parts: EngineParts = { database, graphs, config, log, observers, events, feedback: { outbox, urls } };
  const worker = createWorker(parts);
  const assistants = createAssistants(parts, () => threads);
  const runs = createRuns(parts, assistants, worker);
  const threads: Threads = createThreads(parts, runs, worker);

  const owners = config.apiKeys.length > 0 ? config.apiKeys.map((key) => key.owner) : [localOwner];
  await ensureDefaultAssistants(parts, owners);
  const forget = async () => {
    await deleteIdempotencyKeys(database, Date.now() - idempotencyMs);
    await deleteFeedbackTargets(database, Date.now() - feedbackMs);
  };
  await forget();
  const housekeeping = setInterval(() => {
    forget().catch((error: unknown) => log.error({ error }, "what is out of date could not be deleted"));
  }, idempotencyMs / 24).unref();

  return {
    assistants,
    threads,
    runs,
    feedback: createFeedbackDesk({ database, urls, wake: outbox.wake }),
    store: (owner) => createStore(database, { owner }),
    graphs: () => graphs.list(),
    async recover() {
      await recoverRuns(parts, worker);
      outbox.wake();
    },
    async drain() {
      clearInterval(housekeeping);
      await worker.drain();
      await Promise.all([outbox.drain(), ...observers.map((observer) => observer.drain())]);
      parts.events.close();
    },
  };
}
