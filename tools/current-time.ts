/** The clock: the date and time in any time zone. */
import { tool } from "@langchain/core/tools";
import { z } from "zod";
import { timeZones } from "../src/words/time-zones.ts";
import type { ToolMetadata } from "./metadata.ts";

export const currentTime = tool(({ timeZone = "UTC" }) => timeIn(zoneOf(timeZone), new Date()), {
  name: "current_time",
  description: "Tells the current date (weekday, day, month, year) and time in a time zone.",
  schema: z.object({
    timeZone: z.string().max(64).optional().describe("An IANA time zone, Area/City; UTC if left out."),
  }),
  metadata: { effect: "read", egress: false, taints: false } satisfies ToolMetadata,
});

/** "tokyo" is taken for Asia/Tokyo: models name the city, more often than its area. */
const zoneOf = (named: string) => timeZones.get(named.replaceAll("_", " ").toLowerCase()) ?? named;

/** "2026-11-22T21:34:56+09:00, which is Sunday, 22 November 2026 at 21:34:56 in Asia/Tokyo" */
function timeIn(timeZone: string, now: Date): string {
  try {
    const worded = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "full", timeStyle: "medium" });
    // Sweden writes dates as ISO 8601 does.
    const iso = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    const offset = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(now);
    const utcOffset = offset.find(({ type }) => type === "timeZoneName")?.value.replace("GMT", "");
    const { timeZone: name } = worded.resolvedOptions();
    return `${iso.format(now).replace(" ", "T")}${utcOffset}, which is ${worded.format(now)} in ${name}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`"${timeZone}" is not an IANA time zone. Use Area/City as in Europe/Paris, or UTC.`, {
      cause: error,
    });
  }
}
