/** Watches all runs, and answers what the doors ask about them: statistics from the database, counters of this process. */
import type { Logger } from "pino";
import type { Limits } from "../config.ts";
import type { Database } from "../storage/database.ts";
import { createMeasures, type Measures } from "./measures.ts";
import { createMetrics, type Metrics } from "./measures-metrics.ts";
import type { CostOf } from "./measures-values.ts";
import type { StatsReport } from "./stats/report.ts";
import { readStats, type StatsOptions } from "./stats/stats.ts";

export interface Monitoring {
  /** The owner's runs, with those that have just ended. */
  stats(owner: string, options: Omit<StatsOptions, "owner">): Promise<StatsReport>;
  metrics: Metrics["text"];
}

export interface MonitoringParts {
  readonly database: Database;
  readonly limits: Limits;
  readonly log: Logger;
  readonly costOf: CostOf;
}

/** @returns with `observer`, which is to be given to the engine */
export function createMonitoring(parts: MonitoringParts): Monitoring & { readonly observer: Measures } {
  const { database, limits } = parts;
  const metrics = createMetrics(database);
  const observer = createMeasures({ ...parts, heard: metrics.count });
  return {
    observer,
    async stats(owner, options) {
      await observer.flush();
      return await readStats(database, { ...options, owner }, limits);
    },
    metrics: metrics.text,
  };
}
