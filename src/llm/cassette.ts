/**
 * A cassette: a file of model calls and their replies, one JSON object a line, by which a run is repeated without a
 * model. A call is found by a hash of all that was asked; one that comes from a stored thread, by its conversation.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { SignalboxError } from "../errors.ts";
import { type Asked, CassetteEntry, type CassetteReply, conversationOf, keyOf } from "./cassette-entry.ts";
import { describeNearest, isSameConversation } from "./cassette-search.ts";

export interface Cassette {
  readonly entries: readonly CassetteEntry[];
  find(asked: Asked): CassetteReply | undefined;
  /** What the most similar recorded call differs in, for a person to read. */
  describeNearest(asked: Asked): string;
}

/** @throws SignalboxError "invalid-configuration" for a file that is not there, or a line that is no entry */
export function readCassette(path: string): Cassette {
  const lines = readLines(path);
  const entries = lines.flatMap((line, index) => (line.trim() === "" ? [] : [parseEntry(line, path, index + 1)]));
  const calls = new Map(entries.map((entry) => ["key" in entry ? entry.key : entry.conversation, entry.reply]));
  const turns = entries.filter((entry) => !("key" in entry));
  return {
    entries,
    find: (asked) =>
      calls.get(keyOf(asked)) ??
      calls.get(conversationOf(asked.messages)) ??
      turns.find((turn) => isSameConversation(turn.messages, asked.messages))?.reply,
    describeNearest: (asked) => describeNearest(entries, asked),
  };
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SignalboxError(
      "invalid-configuration",
      `The cassette ${path} cannot be read: ${reason}. Record it first.`,
    );
  }
}

function parseEntry(line: string, path: string, number: number): CassetteEntry {
  try {
    return CassetteEntry.parse(JSON.parse(line));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON";
    throw new SignalboxError("invalid-configuration", `The cassette ${path} has a wrong line ${number}: ${reason}`);
  }
}
