/** `signalbox export` writes training and labelling files from feedback; `signalbox feedback import` reads labels back. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ExportFormat, Manifest } from "../engine/export/export.ts";
import { durationForm, readDuration } from "../engine/stats/window.ts";
import { type DatabaseArguments, openClientDatabase } from "./client-database.ts";

interface ExportArguments extends DatabaseArguments {
  format: ExportFormat;
  out: string;
  since?: number;
  graph?: string;
  owner?: string;
  minScore?: number;
  json?: boolean;
}

interface ImportArguments extends DatabaseArguments {
  json?: boolean;
}

const formats = ["sft", "dpo", "kto", "label-studio"] satisfies ExportFormat[];

export function addExportCommands(program: Command): void {
  const exporting = program
    .command("export")
    .description("write feedback and corrections as files to train with, or to label")
    .addOption(new Option("--format <format>", "what for").choices(formats).makeOptionMandatory())
    .requiredOption("--out <folder>", "where to; files of an earlier export there are replaced")
    .option("--since <duration>", `runs of how far back: ${durationForm} (all)`, milliseconds)
    .option("--graph <id>", "of one graph")
    .option("--owner <name>", "of one owner; else of all")
    .option("--min-score <number>", "from which score on an answer is good (0.5)", number)
    .option("--json", "print the manifest");
  withDatabase(exporting).action((given: ExportArguments) => writeExport(given, program.version() ?? ""));

  const importing = program
    .command("feedback")
    .description("work with feedback")
    .command("import <file>")
    .description("read Label Studio's annotations (its JSON export) as feedback; twice is as good as once")
    .option("--json", "print the report");
  withDatabase(importing).action(readAnnotations);
}

function withDatabase(command: Command): Command {
  return command
    .option("--config <file>", "the project's langgraph.json, if it is there", "langgraph.json")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)");
}

async function writeExport(given: ExportArguments, version: string): Promise<void> {
  const { exportFeedback } = await import("../engine/export/export.ts");
  const { countThreads } = await import("../engine/export/conversations.ts");
  const { createProgress } = await import("./progress.ts");
  await using database = await opened(given);
  const { format, json } = given;
  const progress = createProgress("threads", await countThreads(database, given, format !== "label-studio"));
  let threads = 0;
  const onThread = () => progress.show(++threads);
  const since = given.since === undefined ? undefined : Date.now() - given.since;
  const options = { ...given, since, version, onThread };
  const manifest = await exportFeedback(database, options).finally(() => progress.end());
  process.stdout.write(json ? `${JSON.stringify(manifest, null, 2)}\n` : summary(manifest, given.out));
}

async function readAnnotations(file: string, given: ImportArguments): Promise<void> {
  const { importAnnotations } = await import("../engine/export/import.ts");
  const { createProgress } = await import("./progress.ts");
  await using database = await opened(given);
  let progress: ReturnType<typeof createProgress> | undefined;
  const onTask = (done: number, total: number) => {
    progress ??= createProgress("tasks", total);
    progress.show(done);
  };
  const report = await importAnnotations(database, file, onTask).finally(() => progress?.end());
  const { tasks, annotations, unknown } = report;
  if (given.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${annotations} annotations of ${tasks} tasks are feedback now.\n`);
  for (const reason of given.json ? [] : unknown) process.stderr.write(`Left out: ${reason}\n`);
}

async function opened(given: DatabaseArguments) {
  const database = await openClientDatabase(given);
  return Object.assign(database, { [Symbol.asyncDispose]: () => database.close() });
}

function summary({ counts, masked, files }: Manifest, out: string): string {
  const hidden = Object.entries(masked).map(([placeholder, count]) => `${count} ${placeholder}`);
  const lines = [
    `${counts.records} records of ${counts.runs} runs in ${counts.threads} threads`,
    `${counts.duplicates} duplicates and ${counts.disagreeing} answers with contrary scores left out`,
    `masked: ${hidden.join(", ") || "nothing"}`,
    ...files.map(({ name, records, bytes }) => `${out}/${name}: ${records} records, ${bytes} bytes`),
  ];
  return `${lines.join("\n")}\n`;
}

function milliseconds(text: string): number {
  const ms = readDuration(text);
  if (ms === undefined) throw new InvalidArgumentError(`Expected ${durationForm}.`);
  return ms;
}

function number(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number.");
}
