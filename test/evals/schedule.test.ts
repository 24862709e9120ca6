import { expect, test } from "vitest";
import type { Trial } from "../../src/evals/contract.ts";
import { schedule } from "../../src/evals/run/schedule.ts";
import { trial } from "./reports/sample.ts";

test("After a job that failed nothing more begins, and what runs beside it is let to its end", async () => {
  const begun: string[] = [];
  const ended: string[] = [];
  const beside = Promise.withResolvers<Trial>();
  const job = (name: string, work: Promise<Trial>) => async () => {
    begun.push(name);
    const done = await work;
    ended.push(name);
    return done;
  };
  const full = Promise.withResolvers<Trial>();
  const jobs = [job("full", full.promise), job("beside", beside.promise), job("later", beside.promise)];
  const running = schedule(jobs, { concurrency: 2, stop: new AbortController().signal });
  full.reject(new Error("The disk is full."));
  await new Promise(setImmediate);
  beside.resolve(trial("a", []));
  await expect(running).rejects.toThrow("The disk is full.");
  expect({ begun, ended }).toEqual({ begun: ["full", "beside"], ended: ["beside"] });
});
