/** Under which circumstances the figures came about: without them they cannot be compared. */
import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { promisify } from "node:util";
import type { Pace } from "./options.ts";
import type { Subject, SubjectName } from "./subjects/subject.ts";

export interface Conditions {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Short hash, with `+` where files differ from it; "none" outside a repository. */
  readonly commit: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  /** Processes that wanted a core in the minute before: others than ours. */
  readonly loadBefore: number;
  readonly durability: Readonly<Record<SubjectName, string>>;
  readonly pace: Pace;
}

export async function readConditions(subjects: readonly Subject[], pace: Pace): Promise<Conditions> {
  return {
    date: new Date().toISOString(),
    commit: await describeCommit(),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 1e9),
    loadBefore: loadavg()[0] ?? 0,
    durability: Object.fromEntries(
      subjects.map(({ name, durability }) => [name, durability]),
    ) as Conditions["durability"],
    pace,
  };
}

async function describeCommit(): Promise<string> {
  const git = async (...words: string[]) =>
    (await promisify(execFile)("git", words, { cwd: import.meta.dirname })).stdout.trim();
  try {
    const commit = await git("rev-parse", "--short", "HEAD");
    return (await git("status", "--porcelain")) === "" ? commit : `${commit}+`;
  } catch {
    return "none";
  }
}
