/** Time zones by the names that people have for them: "Asia/Tokyo", "tokyo", "New York". */

/** In lower case and with spaces: the IANA names and the places in them -> IANA names. */
export const timeZones: ReadonlyMap<string, string> = new Map(
  ["UTC", ...Intl.supportedValuesOf("timeZone")].flatMap((zone) => {
    const names = [zone, zone.split("/").at(-1) ?? ""];
    return names.map((name) => [name.replaceAll("_", " ").toLowerCase(), zone] as const);
  }),
);
