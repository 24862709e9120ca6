/** The time that statistics look at. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const units = { m: minute, h: hour, d: day, w: 7 * day };

/** How a length of time is written, for messages. */
export const durationForm = "a number and m, h, d or w, such as 30m, 24h or 7d";

const longestDuration = 3650 * day;

/** `24h` in ms; undefined for what is no length of time, or one beyond ten years. */
export function readDuration(text: string): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const ms = Number(digits) * (units[unit as keyof typeof units] ?? 0);
  return ms > 0 && ms <= longestDuration ? ms : undefined;
}

/** Unless asked otherwise. */
export const defaultSince = "24h";

/** What drift is measured against: so long before the time that is looked at. */
export const baselineMs = 7 * day;

const steps = [1, 5, 15, 60, 180, 360, 1440, 10_080].map((minutes) => minutes * minute);
const mostPoints = 60;

/** The length of the stretches that a time is shown in: round, and 60 stretches at most (or of a week each). */
export function stepOf(since: number, until: number): number {
  return steps.find((step) => (until - since) / step <= mostPoints) ?? 7 * day;
}
