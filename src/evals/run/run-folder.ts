/**
 * A run's files. Each trial is a line of results.jsonl as soon as it ends, so that what is done is never lost.
 *
 *   evals/runs/2026-11-22T14-30-05-4854fcf/
 *     results.jsonl   a Trial a line
 *     run.json        a RunRecord
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { SignalboxError } from "../../errors.ts";
import { makeFolder } from "../../make-folder.ts";
import type { RunRecord, Trial } from "../contract.ts";
import { readRecordText, readTrial } from "./stored.ts";

export interface RunFolder {
  readonly path: string;
  /** @throws SignalboxError "eval-not-stored" where it cannot be written, and for each trial after that */
  append(trial: Trial): Promise<void>;
  /** @throws SignalboxError "eval-not-stored" */
  writeRecord(record: RunRecord): Promise<void>;
  /** Waits until all of it is on the disk. */
  close(): Promise<void>;
}

/**
 * Makes the folder of a new run, named by the time and the commit that the code is at.
 * @param time ms since 1970
 * @returns its name, which no other run has, even one that begins at the same moment
 * @throws SignalboxError "eval-not-stored"
 */
export async function makeRunFolder(runs: string, time: number, commit: string): Promise<string> {
  const base = `${new Date(time).toISOString().slice(0, 19).replaceAll(":", "-")}-${commit}`;
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (await isMade(runs, name)) return name;
  }
}

async function isMade(runs: string, name: string): Promise<boolean> {
  try {
    makeFolder(runs);
    await mkdir(join(runs, name));
    return true;
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && path === join(runs, name)) return false;
    throw notStored(join(runs, name), error);
  }
}

/**
 * Opens the folder of a run that begins, or goes on. A last line that was cut off is taken out.
 * @throws SignalboxError "eval-not-stored"
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const file = join(path, "results.jsonl");
  const results = await openResults(file).catch((error) => Promise.reject(notStored(file, error)));
  let written: Promise<void> = Promise.resolve();
  return {
    path,
    append(trial) {
      // One after the other: two lines must not run into one another. Nothing is written behind a line that was cut
      // off because the disk is full: what follows would be part of it.
      written = written.then(() => results.appendFile(`${JSON.stringify(trial)}\n`));
      return written.catch((error) => Promise.reject(notStored(file, error)));
    },
    writeRecord: (record) => writeWhole(join(path, "run.json"), `${JSON.stringify(record, null, 2)}\n`),
    async close() {
      // Whoever appended has heard of a failure.
      await written.catch(() => {});
      await results.sync().finally(() => results.close());
    },
  };
}

async function openResults(file: string): Promise<FileHandle> {
  const { whole, length } = await readLines(file);
  if (whole < length) await truncate(file, whole);
  return await open(file, "a");
}

/**
 * Replaces a file at once: whoever reads it finds the old text or the new one, also after a crash.
 * @throws SignalboxError "eval-not-stored"
 */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw notStored(path, error);
  }
}

function notStored(path: string, cause: unknown): SignalboxError {
  const { message } = cause as Error;
  return new SignalboxError("eval-not-stored", `${path} cannot be written: ${message}. What was written stays.`, {
    cause,
  });
}

/** Oldest first. */
export async function runNames(runs: string): Promise<string[]> {
  const entries = await readdir(runs).catch((): string[] => []);
  return entries.sort();
}

export interface StoredRun {
  readonly path: string;
  readonly record: RunRecord;
  readonly trials: readonly Trial[];
}

/**
 * Reads and changes nothing: the run may still be under way.
 * @param run the name of a run, or the path of its folder
 * @throws SignalboxError "invalid-request" where there is none, or a file of it cannot be used
 */
export async function readRun(runs: string, run: string): Promise<StoredRun> {
  for (const path of [resolve(run), join(runs, basename(run))]) {
    const text = await readFile(join(path, "run.json"), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const record = readRecordText(text);
    if (typeof record === "string") throw new SignalboxError("invalid-request", `${join(path, "run.json")} ${record}.`);
    // A folder that was renamed is the run of its name.
    return { path, record: { ...record, run: basename(path) }, trials: await readTrials(path) };
  }
  const known = (await runNames(runs)).slice(-3).join(", ") || "none";
  throw new SignalboxError("invalid-request", `There is no eval run ${run} under ${runs}; the latest are ${known}.`);
}

/** Undefined where there is none, or it cannot be used. */
export async function readRecord(path: string): Promise<RunRecord | undefined> {
  const text = await readFile(join(path, "run.json"), "utf8").catch(() => "");
  const record = readRecordText(text);
  return typeof record === "string" ? undefined : record;
}

/** All trials but one whose line is not whole: it is being written, or the process died while it wrote. */
async function readTrials(path: string): Promise<Trial[]> {
  const file = join(path, "results.jsonl");
  const { lines } = await readLines(file).catch((cause: Error) => {
    throw new SignalboxError("invalid-request", `${file} cannot be read: ${cause.message}.`, { cause });
  });
  const trials = new Map<string, Trial>();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const trial = readTrial(line);
    if (typeof trial === "string")
      throw new SignalboxError("invalid-request", `${file}:${index + 1} ${trial}; take the line out.`);
    // An item that changed before the run went on was tried again: the last word counts.
    trials.set(JSON.stringify([trial.suite, trial.item, trial.trial]), trial);
  }
  return [...trials.values()];
}

/** The whole lines of a file that need not be there; `whole` of its `length` bytes are theirs. */
async function readLines(file: string): Promise<{ lines: string[]; whole: number; length: number }> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const lines: string[] = [];
  // Line by line: the results of a large run do not fit into one string.
  let whole = 0;
  for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", whole)) {
    lines.push(bytes.toString("utf8", whole, end));
    whole = end + 1;
  }
  return { lines, whole, length: bytes.length };
}
