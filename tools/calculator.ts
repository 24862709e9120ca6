/** The calculator: mathjs in a process of its own, which no expression can outlive its time or memory in. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type ToolRunnableConfig, tool } from "@langchain/core/tools";
import { z } from "zod";
import { inSigns } from "../src/words/arithmetic.ts";
import type { Answer } from "./calculator-process.ts";
import type { ToolMetadata } from "./metadata.ts";

const longestExpression = 500;
const memoryMiB = 64;
const startMs = 30_000;
/** The process interrupts itself before this; it is for when it cannot. */
const answerMs = 4_000;

export const calculator = tool(({ expression }, { signal }: ToolRunnableConfig) => evaluate(expression, signal), {
  name: "calculator",
  description: "Calculates the exact value of one arithmetic expression.",
  schema: z.object({
    expression: z
      .string()
      .min(1)
      .max(longestExpression)
      .describe("An arithmetic expression: 23 * 19, (2 + 3)^4, 15 / 100 * 80, sqrt(2), 5 inch to cm."),
  }),
  metadata: { effect: "read", egress: false, taints: false } satisfies ToolMetadata,
});

let running: Promise<ChildProcess> | undefined;
let last: Promise<unknown> = Promise.resolve();

/** One at a time, so that a process that has to be killed takes nobody else's expression with it. */
function evaluate(expression: string, signal: AbortSignal | undefined): Promise<string> {
  const value = last.then(() => {
    signal?.throwIfAborted();
    return evaluateNow(expression);
  });
  last = value.catch(() => undefined);
  return value;
}

async function evaluateNow(expression: string): Promise<string> {
  running ??= start();
  const calculating = await running;
  keepAlive(calculating, true);
  const answered = nextMessage(calculating, answerMs);
  calculating.send(inSigns(expression), () => {});
  const answer = (await answered) as Answer | undefined;
  keepAlive(calculating, false);
  if (answer !== undefined && "value" in answer) return answer.value;
  const problem = answer?.problem ?? `it was stopped at ${memoryMiB} MiB of memory or ${answerMs} ms`;
  throw new Error(`Cannot calculate "${expression}": ${problem}. Give one arithmetic expression, such as 2 * (3 + 4).`);
}

/**
 * A process and not a thread: at an allocation larger than a thread's heap limit, V8 aborts the whole server.
 * It has an empty environment, and may neither write files nor start anything.
 */
async function start(): Promise<ChildProcess> {
  const path = fileURLToPath(new URL(`calculator-process${extname(import.meta.url)}`, import.meta.url));
  const started = fork(path, {
    execArgv: [`--max-old-space-size=${memoryMiB}`, "--permission", "--allow-fs-read=*"],
    env: {},
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const forget = () => {
    running = undefined;
  };
  started.once("exit", forget).on("error", forget);
  if ((await nextMessage(started, startMs)) === undefined) throw new Error("The calculator did not start. Try again.");
  return started;
}

/** @returns undefined if the process ends, or has to be killed after `limitMs`, before it says anything */
function nextMessage(from: ChildProcess, limitMs: number): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const end = () => resolve(undefined);
  const timer = setTimeout(() => {
    from.kill("SIGKILL");
    end();
  }, limitMs);
  from.once("message", resolve).once("exit", end).once("error", end);
  return promise.finally(() => {
    clearTimeout(timer);
    from.off("message", resolve).off("exit", end).off("error", end);
  });
}

/** Whether the process keeps this one from ending: only while somebody waits for an answer. */
function keepAlive(process: ChildProcess, isAwaited: boolean): void {
  if (isAwaited) {
    process.ref();
    process.channel?.ref();
  } else {
    process.unref();
    process.channel?.unref();
  }
}
