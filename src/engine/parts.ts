/** What the engine is made of: handed to each of its parts at the start. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../storage/database.ts";
import type { EventHub } from "./events.ts";
import type { FeedbackOutbox } from "./feedback-outbox.ts";
import type { FeedbackUrls } from "./feedback-urls.ts";
import type { GraphRegistry } from "./graphs.ts";
import type { RunObserver } from "./observer.ts";

export interface EngineParts {
  database: Database;
  graphs: GraphRegistry;
  config: Config;
  log: Logger;
  events: EventHub;
  observers: readonly RunObserver[];
  feedback: { outbox: FeedbackOutbox; urls: FeedbackUrls };
}
