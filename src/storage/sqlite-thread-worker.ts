/** The thread of sqlite-thread.ts: opens the database at the first question, and answers one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { type ErrorCode, isSignalboxError } from "../errors.ts";
import type { Database, Value } from "./database.ts";
import { openSqlite } from "./sqlite.ts";

export interface Question {
  readonly id: number;
  readonly sql: string;
  readonly values: readonly Value[];
}

export type Answer =
  | { readonly id: number; readonly rows: unknown[] }
  | { readonly id: number; readonly rows?: undefined; readonly message: string; readonly code?: ErrorCode | undefined };

const { path, vectors }: { path: string; vectors: boolean } = workerData;
let database: Database | undefined;
let last: Promise<void> = Promise.resolve();

/** `null` is the last message. */
parentPort?.on("message", (question: Question | null) => {
  last = last.then(() => (question ? answer(question) : end()));
});

async function answer({ id, sql, values }: Question): Promise<void> {
  let said: Answer;
  try {
    // What cannot be opened is tried anew with the next question.
    database ??= await openSqlite(path, "client", vectors);
    said = { id, rows: await database.query(sql, values) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    said = { id, message, code: isSignalboxError(error) ? error.code : undefined };
  }
  parentPort?.postMessage(said);
}

async function end(): Promise<void> {
  await database?.close();
  parentPort?.close();
}
