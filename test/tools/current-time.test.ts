/** The clock, at one moment. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { currentTime } from "../../tools/current-time.ts";

describe("The clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-22T12:34:56.789Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    [{}, "2026-11-22T12:34:56+00:00", "Sunday, 22 November 2026 at 12:34:56 in UTC"],
    [{ timeZone: "Asia/Tokyo" }, "2026-11-22T21:34:56+09:00", "Sunday, 22 November 2026 at 21:34:56 in Asia/Tokyo"],
    [{ timeZone: "America/St_Johns" }, "2026-11-22T09:04:56-03:30", "09:04:56 in America/St_Johns"],
    [{ timeZone: "New York" }, "2026-11-22T07:34:56-05:00", "Sunday, 22 November 2026 at 07:34:56 in America/New_York"],
    [{ timeZone: "tokyo" }, "2026-11-22T21:34:56+09:00", "at 21:34:56 in Asia/Tokyo"],
    [{ timeZone: "pacific/kiritimati" }, "2026-11-23T02:34:56+14:00", "Monday, 23 November 2026 at 02:34:56"],
  ])("tells %j in ISO 8601 and in words", async (input, iso, words) => {
    const told = await currentTime.invoke(input);
    expect(told).toContain(iso);
    expect(told).toContain(words);
    expect(new Date(iso)).toEqual(new Date("2026-11-22T12:34:56Z"));
  });

  test.each(["Mars/Olympus", "", "Europe/Paris; rm -rf"])(
    "says which names are time zones instead of %j",
    async (timeZone) => {
      await expect(currentTime.invoke({ timeZone })).rejects.toThrow(/not an IANA time zone. Use Area\/City/);
    },
  );

  test("refuses a name that is too long to be one", async () => {
    await expect(currentTime.invoke({ timeZone: "a".repeat(65) })).rejects.toThrow(/timeZone/);
  });

  test("states that it only reads, and that nothing leaves the machine", () => {
    expect(currentTime.metadata).toEqual({ effect: "read", egress: false, taints: false });
  });
});
