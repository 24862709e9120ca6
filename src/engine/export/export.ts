/**
 * Feedback as files to train with, or to label.
 *
 *   threads ─▶ runs with an answer ─▶ verdict of people's feedback ─▶ records ─▶ masked ─▶ once each ─▶ files, manifest
 */
import { createHash } from "node:crypto";
import { maskText } from "../../masking.ts";
import type { Database } from "../../storage/database.ts";
import { type ExportFilter, readRuns, readTurn } from "./conversations.ts";
import { type ExportFile, type ExportFiles, openExportFiles, type WrittenFile } from "./files.ts";
import { labellingConfig, toTask } from "./label-studio.ts";
import type { Split } from "./split.ts";
import { createExampleMaker, type Example, type TrainingFormat } from "./training.ts";
import { defaultThreshold, verdictOf } from "./verdict.ts";

export type ExportFormat = TrainingFormat | "label-studio";

export interface ExportOptions extends ExportFilter {
  readonly format: ExportFormat;
  /** A folder; made where it is missing. */
  readonly out: string;
  /** From which score on an answer is good. */
  readonly minScore?: number | undefined;
}

/** manifest.json: what is in the files, and how they came to be. */
export interface Manifest {
  readonly format: ExportFormat;
  readonly created_at: string;
  readonly signalbox: string;
  readonly filters: { owner: string | null; graph: string | null; since: string | null; min_score: number };
  readonly counts: {
    threads: number;
    /** With an answer, and with feedback, except for label-studio. */
    runs: number;
    records: number;
    /** Records that were there already. */
    duplicates: number;
    /** Runs whose scores disagree, and that nobody corrected. */
    disagreeing: number;
  };
  /** How often each placeholder took the place of something. */
  readonly masked: Readonly<Record<string, number>>;
  readonly files: readonly WrittenFile[];
}

/**
 * Writes the files of an export, whole or not at all.
 * @param options.onThread called when a thread is done
 * @throws SignalboxError "export-failed" where the folder cannot be written to
 */
export async function exportFeedback(
  database: Database,
  options: ExportOptions & { version: string; onThread?: () => void },
): Promise<Manifest> {
  const { format, owner, graph, since, minScore: min_score = defaultThreshold } = options;
  await using files = await openExportFiles(options.out);
  const out = await openSplits(files, format);
  const makeExamples =
    format === "label-studio" ? undefined : createExampleMaker(format, (run) => readTurn(database, run));
  const counts: Manifest["counts"] = { threads: 0, runs: 0, records: 0, duplicates: 0, disagreeing: 0 };
  const masked: Record<string, number> = {};
  const seen = new Set<string>();

  async function add({ split, record }: Example): Promise<void> {
    const text = JSON.stringify(maskedRecord(record, masked));
    const hash = createHash("sha256").update(text).digest("base64");
    if (seen.has(hash)) counts.duplicates += 1;
    else {
      seen.add(hash);
      counts.records += 1;
      await out[split].write(format === "label-studio" ? text : `${text}\n`);
    }
  }

  const onThread = () => {
    counts.threads += 1;
    options.onThread?.();
  };
  for await (const run of readRuns(database, options, { judged: format !== "label-studio", onThread })) {
    counts.runs += 1;
    const verdict = verdictOf(run.feedback, run.answer, min_score);
    if (verdict.opinion === "mixed" && verdict.corrected === undefined) counts.disagreeing += 1;
    if (!makeExamples) await add({ split: "train", record: toTask(run, verdict) });
    for (const example of (await makeExamples?.(run, verdict)) ?? []) await add(example);
  }

  const manifest: Manifest = {
    format,
    created_at: new Date().toISOString(),
    signalbox: options.version,
    filters: {
      owner: owner ?? null,
      graph: graph ?? null,
      since: since === undefined ? null : new Date(since).toISOString(),
      min_score,
    },
    counts,
    masked,
    files: await files.finish(),
  };
  await (await files.open("manifest.json")).write(`${JSON.stringify(manifest, null, 2)}\n`);
  await files.finish();
  await files.publish();
  return manifest;
}

async function openSplits(files: ExportFiles, format: ExportFormat): Promise<Record<Split, ExportFile>> {
  if (format !== "label-studio")
    return { train: await files.open("train.jsonl"), validation: await files.open("validation.jsonl") };
  const tasks = await files.open("tasks.json", { begin: "[\n", between: ",\n", end: "\n]\n" });
  await (await files.open("labelling.xml")).write(labellingConfig);
  return { train: tasks, validation: tasks };
}

const placeholders = /\[(?:secret|email|phone|card|iban)\]/g;

/** A copy with its texts masked; counts the placeholders that were put in. */
function maskedRecord(value: unknown, counts: Record<string, number>): unknown {
  if (typeof value === "string") return maskedText(value, counts);
  if (Array.isArray(value)) return value.map((entry) => maskedRecord(entry, counts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, maskedRecord(entry, counts)]));
}

function maskedText(text: string, counts: Record<string, number>): string {
  const masked = maskText(text);
  if (masked === text) return text;
  for (const [placeholder] of masked.matchAll(placeholders)) counts[placeholder] = (counts[placeholder] ?? 0) + 1;
  for (const [placeholder] of text.matchAll(placeholders)) counts[placeholder] = (counts[placeholder] ?? 0) - 1;
  return masked;
}
