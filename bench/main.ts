/**
 * `npm run bench`: Signalbox on SQLite and on Postgres beside the floor, measured in one run.
 *
 *   servers (child processes) ◀─ load (this process) ─▶ rounds ─▶ table, JSON, plot
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { readConditions } from "./conditions.ts";
import { type Candidate, measureRow, type RowResult } from "./measure.ts";
import { type BenchOptions, readOptions, usage } from "./options.ts";
import { drawReport } from "./report/plot.ts";
import type { Report } from "./report/report.ts";
import { describeReport } from "./report/text.ts";
import { startPostgres } from "./subjects/postgres.ts";
import { createSubjects } from "./subjects/subjects.ts";
import { openWorkspace } from "./workspace.ts";

const resultsFolder = join(import.meta.dirname, "results");

async function runBench({ rows, pace }: BenchOptions): Promise<Report> {
  const workspace = await openWorkspace();
  progress("starting Postgres and the servers");
  const postgres = await startPostgres(workspace);
  const subjects = createSubjects(workspace, postgres);
  const conditions = await readConditions(subjects, pace);
  const candidates: Candidate[] = [];
  for (const subject of subjects) candidates.push({ subject, server: await subject.launch() });
  const results: RowResult[] = [];
  for (const row of rows) results.push(await measureRow(row, candidates, pace, progress));
  progress("stopping");
  for (const { server } of candidates) await server.stop();
  await postgres.stop();
  return { conditions, rows: results };
}

/** Keeps the report, and gives the path of its JSON. */
async function save(report: Report): Promise<string> {
  await mkdir(resultsFolder, { recursive: true });
  const path = join(resultsFolder, report.conditions.date.replaceAll(/[:.]/g, "-"));
  await writeFile(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(`${path}.svg`, drawReport(report));
  return relative("", `${path}.json`);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

function optionsOrExit(): BenchOptions {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}\n`);
    process.exit(64);
  }
}

const options = optionsOrExit();
const report = await runBench(options);
const path = await save(report);
process.stdout.write(`${options.json ? JSON.stringify(report) : describeReport(report)}\n`);
progress(`Written to ${path}, with a plot beside it.`);
