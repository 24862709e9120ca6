/** Work that may hang, or eat all memory, in a process of its own: one for each call, killed when it has answered. */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

export interface ProcessLimits {
  /** Beyond what Node takes for itself; JavaScript's heap, and what a database driver or an engine takes beside it. */
  readonly memoryMiB: number;
  /** From the start of the process to its answer. */
  readonly limitMs: number;
  /** Loads a package's compiled code, such as a database driver. */
  readonly allowsAddons?: boolean;
  readonly allowsNetwork?: boolean;
  /** Ends it early, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a process of Node's takes before it has done anything, with room to spare. */
const ownMiB = 150;
/** How often a process looks at its memory. */
const watchMs = 20;

/** As many at once as can work at once; the others wait, so that a thousand calls are not a thousand processes. */
let free = Math.max(2, availableParallelism());
const waiting: (() => void)[] = [];

/** What the process sends back, through `answerWith`. */
type Answer = { readonly value: unknown } | { readonly problem: string };

/**
 * Starts the module at `path`, sends it `input`, and gives what it answers. The process has an empty environment; it may
 * read files, but neither write them nor start anything.
 * @throws Error with the process's own words, or that it had to be stopped
 */
export async function askProcess(path: string, input: unknown, limits: ProcessLimits): Promise<unknown> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  else free--;
  try {
    limits.signal?.throwIfAborted();
    return await askNow(path, input, limits);
  } finally {
    // A place goes straight to whoever has waited longest.
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
}

async function askNow(path: string, input: unknown, limits: ProcessLimits): Promise<unknown> {
  const { memoryMiB, limitMs, allowsAddons, allowsNetwork, signal } = limits;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const started = fork(path, [String(memoryMiB + ownMiB), String(limitMs)], {
    execArgv: [
      `--max-old-space-size=${memoryMiB}`,
      "--permission",
      "--allow-fs-read=*",
      "--allow-worker",
      ...(allowsAddons ? ["--allow-addons"] : []),
      // Newer versions of Node deny the network too, and older ones do not know the word.
      ...(allowsNetwork && process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : []),
    ],
    env: {},
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const stopped = () => reject(new Error(`it was stopped at ${memoryMiB} MiB of memory or ${limitMs} ms`));
  const timer = setTimeout(stopped, limitMs);
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  started
    .on("message", (answer) => resolve(answer as Answer))
    .on("exit", stopped)
    .on("error", reject);
  started.send({ input }, (error) => error && reject(error));
  try {
    const answer = await promise;
    if ("value" in answer) return answer.value;
    throw new Error(answer.problem);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
    started.kill("SIGKILL");
  }
}

/** The other side: in the process, answers the one question that it is sent. */
export function answerWith(work: (input: unknown) => unknown): void {
  const [, , mostMiB, limitMs] = process.argv;
  watch(Number(mostMiB), Number(limitMs));
  process.once("message", async ({ input }: { input: unknown }) => {
    const answer = await Promise.try(work, input).then(
      (value) => ({ value }),
      (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(answer);
  });
}

/**
 * Ends this process at its limits, from a thread of its own, since the work may give no other a turn. Heap limits do not
 * count all memory, and whoever asked may be gone when the time is over.
 */
function watch(mostMiB: number, limitMs: number): void {
  const program = `
    const end = () => process.kill(process.pid, "SIGKILL");
    setInterval(() => process.memoryUsage.rss() > ${mostMiB * 2 ** 20} && end(), ${watchMs});
    setTimeout(end, ${limitMs});`;
  new Worker(program, { eval: true }).unref();
}
