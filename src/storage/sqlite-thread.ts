/**
 * A SQLite file that is read in a thread of its own: a search among many chunks takes its time, and SQLite answers the
 * thread that asks it only when it is done.
 *
 *   query ─▶ message ─▶ [the thread: sqlite-thread-worker.ts] ─▶ message ─▶ rows
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { SignalboxError } from "../errors.ts";
import type { Database } from "./database.ts";
import { sqliteDialect } from "./sqlite.ts";
import type { Answer, Question } from "./sqlite-thread-worker.ts";

/**
 * Starts at the first query, and anew where the thread has died; its queries are answered in their order.
 * @param vectors as in openDatabase
 * @returns queries throw as those of openDatabase's, and its errors too
 */
export function openSqliteThread(path: string, vectors: boolean): Pick<Database, "query" | "dialect" | "close"> {
  const waiting = new Map<number, PromiseWithResolvers<unknown[]>>();
  let thread: Worker | undefined;
  let asked = 0;

  function start(): Worker {
    const program = new URL("./sqlite-thread-worker.ts", import.meta.url);
    const started = new Worker(program, { workerData: { path, vectors }, execArgv: [] });
    started.on("message", (answer: Answer) => {
      const question = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      if (answer.rows) question?.resolve(answer.rows);
      else question?.reject(answer.code ? new SignalboxError(answer.code, answer.message) : new Error(answer.message));
    });
    const ended = (error: unknown) => {
      if (thread === started) thread = undefined;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    return started.on("error", ended).on("exit", () => ended(new Error(`The thread that reads ${path} has ended.`)));
  }

  return {
    dialect: sqliteDialect,

    async query<Row>(sql: string, values: Question["values"] = []): Promise<Row[]> {
      thread ??= start();
      const question = Promise.withResolvers<unknown[]>();
      const id = asked++;
      waiting.set(id, question);
      // As long as somebody waits, the process lives.
      thread.ref();
      thread.postMessage({ id, sql, values } satisfies Question);
      // Statements know nothing of the shape of their rows: that is the caller's word.
      return (await question.promise) as Row[];
    },

    async close() {
      const closing = thread;
      thread = undefined;
      if (!closing) return;
      closing.ref();
      closing.postMessage(null);
      await once(closing, "exit");
    },
  };
}
