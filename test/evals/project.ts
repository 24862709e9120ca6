/** A project with suites in a temporary folder, as a user has one beside their graphs. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../../src/evals/commands/outcome.ts";
import { type RunCommand, runCommand } from "../../src/evals/commands/run.ts";
import type { RunRecord, SuiteSummary, Trial } from "../../src/evals/contract.ts";
import { type EvalFolders, evalFolders } from "../../src/evals/run/run-suites.ts";
import type { RunProgress } from "../../src/evals/run/try-plans.ts";

const source = (path: string) => fileURLToPath(new URL(`../../src/evals/${path}`, import.meta.url));

export const terminal = { color: false, columns: 120 };

export type Ran = Outcome & { json: RunRecord & { path: string } };

export interface EvalProject extends AsyncDisposable {
  readonly folder: string;
  readonly config: string;
  readonly folders: EvalFolders;
  write(path: string, text: string): Promise<void>;
  run(
    command?: Partial<RunCommand>,
    around?: { stop?: AbortSignal; onProgress?: (progress: RunProgress) => void },
  ): Promise<Ran>;
}

/** @param files path -> text; `defineEval` and the fixture graphs are there without being written */
export async function evalProject(files: Record<string, string>): Promise<EvalProject> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-eval-project-"));
  const config = join(folder, "langgraph.json");
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const graphs = fileURLToPath(new URL("../fixtures/evals", import.meta.url));
  await write("langgraph.json", JSON.stringify({ graphs: { worker: `${graphs}/worker.ts:graph` } }));
  await write("package.json", JSON.stringify({ type: "module" }));
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return {
    folder,
    config,
    folders: evalFolders(folder),
    write,
    run: async (command = {}, { stop = new AbortController().signal, onProgress } = {}) => {
      const around = { terminal, stop, ...(onProgress && { onProgress }) };
      return (await runCommand({ suites: [], config, ...command }, around)) as Ran;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A suite's file: `body` is what defineEval gets, with evaluators at hand. */
export function suite(body: string): string {
  return `
    import { defineEval } from ${JSON.stringify(source("suite.ts"))};
    import { exact } from ${JSON.stringify(source("evaluators/text.ts"))};
    export const only = defineEval({ evaluators: [exact()], ${body} });
  `;
}

/**
 * A target that answers from answers.json beside the suites: item -> its answer, or one for each trial. An answer that
 * begins with "!" is thrown, "..." never comes.
 */
export const answering = `
  target: async ({ item, trial, signal }) => {
    const { readFile } = await import("node:fs/promises");
    const answers = JSON.parse(await readFile(new URL("../answers.json", import.meta.url), "utf8"));
    const given = [answers[item.id] ?? item.expected].flat();
    const answer = given[trial % given.length];
    if (answer.startsWith("!")) throw new TypeError(answer.slice(1));
    return answer === "..." ? new Promise(() => {}) : answer;
  }`;

/** JSON lines of items: `["one", "1"]` is an item with this id, whose input is its id and which expects the text. */
export function items(...rows: readonly (readonly [id: string, expected?: string])[]): string {
  return rows.map(([id, expected]) => `${JSON.stringify({ id, input: id, expected })}\n`).join("");
}

export async function trialsOf({ json }: Ran): Promise<Trial[]> {
  const text = await readFile(join(json.path, "results.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export function summaryOf({ json }: Ran, name = "small"): SuiteSummary {
  const found = json.suites.find(({ suite }) => suite === name);
  if (!found) throw new Error(`the run has no suite ${name}`);
  return found;
}

export function scoreOf(ran: Ran, name: string, suiteName?: string) {
  return summaryOf(ran, suiteName).scores.find((score) => score.name === name);
}
