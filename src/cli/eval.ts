/** `signalbox eval …`: evaluates suites, and what belongs to it. Each command calls one function of src/evals/commands/. */
import { dirname, resolve } from "node:path";
import { inspect } from "node:util";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Outcome } from "../evals/commands/outcome.ts";
import { exitCodes } from "../evals/run/exit-code.ts";
import type { RunProgress } from "../evals/run/try-plans.ts";
import { addDatasetCommand } from "./eval-dataset.ts";

interface RunOptions {
  config: string;
  trials?: number;
  concurrency?: number;
  filter?: string;
  failed?: boolean;
  resume?: string;
  maxCost?: number;
  replay?: string;
  record?: string;
  live?: boolean;
  json?: boolean;
}

export function addEvalCommand(program: Command): void {
  const evaluation = program.command("eval").description("evaluate graphs over datasets, and compare runs");
  addRunCommand(evaluation);
  addCommandsOnRuns(evaluation);

  const calibrate = evaluation
    .command("calibrate <prompt> <labels>")
    .description("hold a judge (evals/judges/*.md) against a dataset that people have labelled");
  calibrate.option("--json", "write JSON on stdout").action((prompt: string, labels: string, options: RunOptions) =>
    print(options.json, async () => {
      const { calibrateCommand } = await import("../evals/judges/calibrate-command.ts");
      return await calibrateCommand(prompt, labels, stopOnSignal());
    }),
  );

  addDatasetCommand(evaluation, print, guarded);
}

function addRunCommand(evaluation: Command): void {
  const run = evaluation
    .command("run [suites...]")
    .description("run suites of evals/suites (all, if none is named)")
    .option("--trials <number>", "how often each item is tried; a deterministic target is tried once", wholeNumber)
    .option("--concurrency <number>", "trials at once (4)", wholeNumber)
    .option("--filter <text>", "only items that have it in their id, or as a tag")
    .option("--failed", "only items that did not pass when they were tried last")
    .addOption(
      new Option("--resume <run>", "go on with a run that was cut off, by its own settings").conflicts([
        "trials",
        "filter",
        "failed",
      ]),
    )
    .option("--max-cost <dollars>", "begin nothing more when this much is spent", dollars)
    .addOption(new Option("--replay <cassette>", "answer model calls from a file").conflicts(["record", "live"]))
    .addOption(new Option("--record <cassette>", "write model calls to a file").conflicts("live"))
    .option("--live", "use the configured model; without any of these three it is the offline one");
  common(run).action((suites: string[], { json, ...options }: RunOptions) =>
    print(json, async (terminal) => {
      const { runCommand } = await import("../evals/commands/run.ts");
      const { progress, end } = await runProgress();
      try {
        return await runCommand({ ...options, suites }, { terminal, stop: stopOnSignal(), onProgress: progress });
      } finally {
        end();
      }
    }),
  );
}

/** What is done with runs that have ended. */
function addCommandsOnRuns(evaluation: Command): void {
  const compare = evaluation.command("compare <before> <now>").description("what changed from one run to another");
  common(compare).action((before: string, now: string, options: RunOptions) =>
    print(options.json, async () => {
      const { compareCommand } = await import("../evals/commands/compare.ts");
      return await compareCommand(await folders(options), before, now);
    }),
  );

  const bless = evaluation.command("bless <run>").description("make a run the baseline of its suites");
  common(bless).action((name: string, options: RunOptions) =>
    print(options.json, async () => {
      const { blessCommand } = await import("../evals/commands/bless.ts");
      return await blessCommand(await folders(options), name);
    }),
  );

  const rescore = evaluation
    .command("rescore <run>")
    .description("score the results of a run again, without calling a model");
  common(rescore).action((name: string, options: RunOptions) =>
    print(options.json, async (terminal) => {
      const { rescoreCommand } = await import("../evals/commands/rescore.ts");
      return await rescoreCommand(await folders(options), name, terminal);
    }),
  );

  const report = evaluation.command("report <run>").description("write the reports of a run again, and show it");
  common(report).action((name: string, options: RunOptions) =>
    print(options.json, async (terminal) => {
      const { reportCommand } = await import("../evals/commands/report.ts");
      return await reportCommand(await folders(options), name, terminal);
    }),
  );
}

function common(command: Command): Command {
  return command
    .option("--config <file>", "the project's langgraph.json", "langgraph.json")
    .option("--json", "write JSON on stdout");
}

async function folders({ config }: { config: string }) {
  const { evalFolders } = await import("../evals/run/run-suites.ts");
  return evalFolders(dirname(resolve(config)));
}

type Terminal = { color: boolean; columns: number };

/** Prints what a command came to; its exit code is the process's. */
async function print(json: boolean | undefined, command: (terminal: Terminal) => Promise<Outcome>): Promise<void> {
  // hasColors knows NO_COLOR, FORCE_COLOR and TERM.
  const color = process.stdout.isTTY === true && process.stdout.hasColors();
  await guarded(async () => {
    const outcome = await command({ color, columns: process.stdout.columns ?? 120 });
    process.stdout.write(`${json ? JSON.stringify(outcome.json, null, 2) : outcome.text}\n`);
    process.exitCode = outcome.exitCode;
  });
}

/** What goes wrong is said, and ends the process with a code of evals. */
async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { isSignalboxError } = await import("../errors.ts");
    // A bug shows its stack. It must not end with Node's own code for that, which says that a gate failed.
    process.stderr.write(`${isSignalboxError(error) ? error.message : inspect(error)}\n`);
    process.exitCode = isSignalboxError(error, "invalid-request") ? exitCodes.usage : exitCodes.errors;
  }
}

async function runProgress() {
  const { createProgress } = await import("./progress.ts");
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    progress({ done, total, decided, passed, errors, cost }: RunProgress) {
      bar ??= createProgress("eval", total);
      const rate = decided > 0 ? `${Math.round((100 * passed) / decided)} % passed` : "";
      const failed = errors > 0 ? `${errors} errors` : "";
      const spent = cost === undefined ? "cost unknown" : cost > 0 ? `$${cost.toFixed(4)}` : "";
      bar.show(done, [rate, failed, spent].filter(Boolean).join(", "));
    },
    end: () => bar?.end(),
  };
}

/** npm passes Ctrl-C on to a process that has it from the terminal already: so soon it is the same one. */
const echoMs = 500;

/** The first Ctrl-C keeps what is done and ends the run in order; a second one ends the process. */
function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let stoppingSince: number | undefined;
  const onSignal = () => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince >= echoMs) process.exit(exitCodes.errors);
      return;
    }
    stoppingSince = performance.now();
    process.stderr.write("\nStopping: what is done is kept. A second signal stops at once.\n");
    stop.abort(new Error("The run was stopped."));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return stop.signal;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number from 1 to 999.");
}

function dollars(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected an amount in US dollars, more than 0.");
}
