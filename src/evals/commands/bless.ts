/** `signalbox eval bless RUN`: makes a run what later ones are compared with. Nothing else changes a baseline. */
import { relative } from "node:path";
import { SignalboxError } from "../../errors.ts";
import { exitCodes } from "../run/exit-code.ts";
import { readRun } from "../run/run-folder.ts";
import type { EvalFolders } from "../run/run-suites.ts";
import { baselineOf, writeBaseline } from "../summary/baseline.ts";
import type { Outcome } from "./outcome.ts";

/** @throws SignalboxError "invalid-request" for a run that is not there, not whole, or has errors */
export async function blessCommand(folders: EvalFolders, name: string): Promise<Outcome> {
  const { record, trials } = await readRun(folders.runs, name);
  const refuse = (reason: string) =>
    new SignalboxError("invalid-request", `Run ${record.run} cannot be a baseline: ${reason}.`);
  if (record.status !== "complete") throw refuse("only a part of its items was tried");
  const broken = record.suites.find(({ errors, scores }) => errors > 0 || scores.some((score) => score.errors > 0));
  if (broken) throw refuse(`${broken.suite} has errors, which say nothing of the target`);
  const paths = await Promise.all(
    record.suites.map((summary) => {
      const own = trials.filter(({ suite }) => suite === summary.suite);
      return writeBaseline(folders.baselines, baselineOf(record, summary, own));
    }),
  );
  const written = paths.map((path) => relative(folders.project, path));
  const text = [`Blessed ${record.run}. Review and commit:`, ...written.map((path) => `  ${path}`)].join("\n");
  return { text, json: { run: record.run, baselines: written }, exitCode: exitCodes.ok };
}
