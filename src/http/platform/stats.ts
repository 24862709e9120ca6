/** /stats and /metrics: how runs fare, for people and for Prometheus. */
import { z } from "zod";
import type { Monitoring } from "../../engine/monitoring.ts";
import { defaultSince, durationForm, readDuration } from "../../engine/stats/window.ts";
import { openStreams } from "../event-channel.ts";
import { type Route, route } from "../route.ts";
import { sendText } from "../send.ts";
import { storableText } from "./schemas.ts";
import { statsResult } from "./schemas-stats.ts";

const statsQuery = z.object({
  since: z
    .string()
    .default(defaultSince)
    .refine((text) => readDuration(text) !== undefined, { error: `must be ${durationForm}` })
    .meta({ description: `How far back: ${durationForm}.` }),
  graph: storableText.min(1).max(255).optional(),
});

export function statsRoutes(monitoring: Monitoring): Route[] {
  return [
    route({
      method: "get",
      path: "/stats",
      summary: "Read what your runs took and cost, by graph and model, and whether what comes in has changed.",
      query: statsQuery,
      gives: statsResult,
      async answer({ owner, query: { since, graph } }) {
        const report = await monitoring.stats(owner, { sinceMs: readDuration(since) ?? 0, graph });
        return { body: { ...report, live: { ...report.live, open_streams: openStreams(owner) } } };
      },
    }),
    route({
      method: "get",
      path: "/metrics",
      summary: "Read this server's counters, of all users together, in Prometheus' format.",
      async answer({ response }) {
        const { text, contentType } = await monitoring.metrics(openStreams());
        sendText(response, 200, contentType, text);
        return "sent";
      },
    }),
  ];
}
