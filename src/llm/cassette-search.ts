/** Finds recorded calls that are like one that is asked: the same turn of a stored thread, and the nearest of all. */
import { canonicalJson } from "../canonical-json.ts";
import { type Asked, type CassetteEntry, type CassetteMessage, withoutInstructions } from "./cassette-entry.ts";

/**
 * True where both are the same conversation, but for their instructions, and for what a graph puts around the result of
 * a tool before a model reads it, such as a fence around foreign text: a thread has the result alone.
 */
export function isSameConversation(stored: readonly CassetteMessage[], asked: readonly CassetteMessage[]): boolean {
  const [ours, theirs] = [withoutInstructions(stored), withoutInstructions(asked)];
  if (ours.length !== theirs.length) return false;
  return ours.every((message, index) => isSame(message, theirs[index]) || holds(theirs[index], message));
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}

/** True for a tool's result that is asked with something put around it. */
function holds(asked: CassetteMessage | undefined, stored: CassetteMessage): boolean {
  if (stored.type !== "tool" || asked?.tool_call_id !== stored.tool_call_id) return false;
  const [whole, part] = [asked?.content, stored.content];
  return typeof whole === "string" && typeof part === "string" && part !== "" && whole.includes(part);
}

const settings = ["model", "parameters", "tools", "tool_choice", "stop", "trial"] as const;

/** What the most similar entry differs in, in a sentence for people. */
export function describeNearest(entries: readonly CassetteEntry[], asked: Asked): string {
  const ranked = entries.map((entry, index) => ({ entry, index, likeness: likeness(entry, asked) }));
  const [nearest] = ranked.toSorted((one, other) => other.likeness - one.likeness);
  if (!nearest) return "It is empty.";
  return `The nearest recorded call (entry ${nearest.index + 1}) ${differenceBetween(nearest.entry, asked)}.`;
}

/**
 * How much is the same: messages in their places, then settings. A changed instruction comes first in every call, and
 * must not make all of them equally far.
 */
function likeness(entry: CassetteEntry, asked: Asked): number {
  const same = asked.messages.filter((message, index) => isSame(message, entry.messages[index])).length;
  const more = Math.abs(entry.messages.length - asked.messages.length);
  const equal = "key" in entry ? settings.filter((name) => isSame(entry[name], asked[name])).length : 0;
  return same - more / 2 + equal / (10 * settings.length);
}

function differenceBetween(entry: CassetteEntry, asked: Asked): string {
  const place = asked.messages.findIndex((message, index) => !isSame(message, entry.messages[index]));
  if (place >= 0) {
    const [recorded, wanted] = aroundDifference(entry.messages[place], asked.messages[place]);
    return `has, as message ${place + 1}, ${recorded} where ${wanted} is asked`;
  }
  const next = entry.messages[asked.messages.length];
  if (next) return `goes on with ${aroundDifference(next, undefined)[0]}`;
  if (!("key" in entry)) return "is a turn of a thread with other instructions in between";
  const field = settings.find((name) => !isSame(entry[name], asked[name])) ?? "model";
  const [recorded, wanted] = aroundDifference(entry[field], asked[field]);
  return `has another ${field}: ${recorded} where ${wanted} is asked`;
}

const longestQuote = 200;
/** So much of what both have is shown before the place where they differ. */
const lead = 60;

/** Both as JSON, from a little before the first character that differs. */
function aroundDifference(one: unknown, other: unknown): [string, string] {
  const [first, second] = [canonicalJson(one) || "nothing", canonicalJson(other) || "nothing"];
  let place = 0;
  while (place < first.length && first[place] === second[place]) place++;
  const from = place + lead / 2 < longestQuote ? 0 : place - lead;
  const quote = (text: string) => {
    const end = from + longestQuote;
    return `${from > 0 ? "…" : ""}${text.slice(from, end)}${end < text.length ? "…" : ""}`;
  };
  return [quote(first), quote(second)];
}
