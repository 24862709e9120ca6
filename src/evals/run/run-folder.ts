/**
 * A run's files. Each trial is a line of results.jsonl as soon as it ends, so that what is done is never lost.
 *
 *   evals/runs/2026-11-22T14-30-05-4854fcf/
 *     results.jsonl   a Trial a line
 *     run.json        a RunRecord
 */
import { mkdir, open, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { SignalboxError } from "../../errors.ts";
import type { RunRecord, Trial } from "../contract.ts";

export interface RunFolder {
  readonly path: string;
  append(trial: Trial): Promise<void>;
  writeRecord(record: RunRecord): Promise<void>;
  /** Waits until all of it is on the disk. */
  close(): Promise<void>;
}

/** Makes the folder of a new run, or opens that of one which goes on. */
export async function openRunFolder(path: string): Promise<RunFolder> {
  await mkdir(path, { recursive: true });
  const results = await open(join(path, "results.jsonl"), "a");
  let written: Promise<unknown> = Promise.resolve();
  return {
    path,
    async append(trial) {
      // One after the other: two lines must not run into one another.
      const line = written.then(() => results.appendFile(`${JSON.stringify(trial)}\n`));
      written = line.catch(() => {});
      await line;
    },
    writeRecord: (record) => writeFile(join(path, "run.json"), `${JSON.stringify(record, null, 2)}\n`),
    async close() {
      await written;
      await results.sync();
      await results.close();
    },
  };
}

/**
 * A name that no run has yet: the time, and the commit that the code is at.
 * @param time ms since 1970
 */
export async function newRunName(runs: string, time: number, commit: string): Promise<string> {
  const base = `${new Date(time).toISOString().slice(0, 19).replaceAll(":", "-")}-${commit}`;
  const taken = new Set(await runNames(runs));
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.has(name)) return name;
  }
}

/** Oldest first. */
export async function runNames(runs: string): Promise<string[]> {
  const entries = await readdir(runs).catch((): string[] => []);
  return entries.sort();
}

/**
 * @param run the name of a run, or the path of its folder
 * @throws SignalboxError "invalid-request" where there is none
 */
export async function readRun(
  runs: string,
  run: string,
): Promise<{ path: string; record: RunRecord; trials: Trial[] }> {
  for (const path of [join(runs, basename(run)), resolve(run)]) {
    const record = await readRecord(path);
    if (record) return { path, record, trials: await readTrials(path) };
  }
  const known = (await runNames(runs)).slice(-3).join(", ") || "none";
  throw new SignalboxError("invalid-request", `There is no eval run ${run} under ${runs}; the latest are ${known}.`);
}

/** Undefined where there is none, or it cannot be read. */
export async function readRecord(path: string): Promise<RunRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(path, "run.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** All trials; a last line that was cut off (the process died while it wrote) is taken out of the file. */
async function readTrials(path: string): Promise<Trial[]> {
  const file = join(path, "results.jsonl");
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const whole = bytes.lastIndexOf("\n") + 1;
  if (whole < bytes.length) await truncate(file, whole);
  const lines = bytes.subarray(0, whole).toString("utf8").split("\n").filter(Boolean);
  const trials = new Map<string, Trial>();
  for (const [index, line] of lines.entries()) {
    const trial = parsed(line, `${file}:${index + 1}`);
    // An item that changed before the run went on was tried again: the last word counts.
    trials.set(JSON.stringify([trial.suite, trial.item, trial.trial]), trial);
  }
  return [...trials.values()];
}

function parsed(line: string, place: string): Trial {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SignalboxError("invalid-request", `${place} is not JSON; take the line out.`, { cause });
  }
}
