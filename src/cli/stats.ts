/** `signalbox stats`: what runs took and cost, and whether what comes in has changed. */
import { writeFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { defaultSince, durationForm, readDuration } from "../engine/stats/window.ts";
import { SignalboxError } from "../errors.ts";
import { type DatabaseArguments, openClientDatabase } from "./client-database.ts";

interface StatsArguments extends DatabaseArguments {
  since?: number;
  graph?: string;
  owner?: string;
  json?: boolean;
  html?: string;
}

export function addStatsCommand(program: Command): void {
  program
    .command("stats")
    .description("show runs, errors, latency, tokens, cost, feedback and drift of a time, by graph and model")
    .option("--since <duration>", `how far back: ${durationForm} (${defaultSince})`, milliseconds)
    .option("--graph <id>", "of one graph")
    .option("--owner <name>", "of one owner; else of all")
    .option("--json", "as JSON, which is what GET /stats answers")
    .option("--html <file>", "as a page with plots, in one file that loads nothing")
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)")
    .action(showStats);
}

async function showStats(given: StatsArguments): Promise<void> {
  const { since, graph, owner, json, html } = given;
  const { currentConfig } = await import("../config.ts");
  const { readStats } = await import("../engine/stats/stats.ts");
  const database = await openClientDatabase(given);
  try {
    const sinceMs = since ?? milliseconds(defaultSince);
    const report = await readStats(database, { owner, graph, sinceMs }, currentConfig().limits);
    if (html !== undefined) await writePage(html, (await import("./stats/page.ts")).statsPage(report));
    if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else if (html === undefined) process.stdout.write((await import("./stats/table.ts")).statsText(report));
  } finally {
    await database.close();
  }
}

function milliseconds(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`Expected ${durationForm}.`);
  return ms;
}

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SignalboxError("invalid-configuration", `The page of --html cannot be written: ${reason}.`, {
      cause: error,
    });
  }
  process.stderr.write(`Written: ${file}\n`);
}
