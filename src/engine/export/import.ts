/** Reads annotations back: each annotator's verdict on a run becomes feedback on it. */
import { readFile } from "node:fs/promises";
import { isSignalboxError, SignalboxError } from "../../errors.ts";
import type { Database } from "../../storage/database.ts";
import { storeFeedback } from "../feedback.ts";
import { AnnotatedTasks, readTask } from "./label-studio.ts";
import { annotationSource } from "./verdict.ts";

export interface ImportReport {
  readonly tasks: number;
  /** Annotations that are stored as feedback now, also where they were before. */
  readonly annotations: number;
  /** Tasks that are not of an export of ours, and why. */
  readonly unknown: readonly string[];
}

/**
 * Stores the annotations of a Label Studio export (JSON). The same file read twice changes nothing.
 * @param onTask called when a task is done, with the number of all
 * @throws SignalboxError "invalid-request" for a file that is no such export
 */
export async function importAnnotations(
  database: Database,
  file: string,
  onTask: (done: number, total: number) => void,
): Promise<ImportReport> {
  const tasks = await readTasks(file);
  const unknown: string[] = [];
  let annotations = 0;
  for (const [index, task] of tasks.entries()) {
    const annotated = readTask(task);
    if (!annotated) unknown.push(`task ${index + 1} has no data.run_id, data.owner and annotations`);
    for (const { owner, run_id, annotation, feedback } of annotated ?? []) {
      try {
        const idempotency_key = `${annotationSource} ${annotation}`;
        await storeFeedback(database, owner, run_id, { ...feedback, idempotency_key });
        annotations += 1;
      } catch (error) {
        if (!isSignalboxError(error)) throw error;
        unknown.push(`task ${index + 1}, annotation ${annotation}: ${error.message}`);
      }
    }
    onTask(index + 1, tasks.length);
  }
  return { tasks: tasks.length, annotations, unknown };
}

async function readTasks(file: string): Promise<unknown[]> {
  try {
    return AnnotatedTasks.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    const reason =
      cause instanceof SyntaxError || "issues" in Object(cause)
        ? "it is not a list of tasks in JSON"
        : (cause as Error).message;
    throw new SignalboxError(
      "invalid-request",
      `${file} cannot be read: ${reason}. Export the project from Label Studio as JSON (not JSON-MIN).`,
      { cause },
    );
  }
}
