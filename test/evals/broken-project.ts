/** This project with one line of a graph changed, in a temporary folder that is otherwise links to what is here. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../src/evals/commands/run.ts";
import type { SuiteSummary } from "../../src/evals/contract.ts";
import { type Ran, terminal } from "./project.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Break {
  /** Of langgraph.json. */
  readonly graph: string;
  /** The file of it with the line, from the project's folder. */
  readonly file: string;
  /** What stands there once, and what shall. */
  readonly line: readonly [from: string, to: string];
}

export interface BrokenProject extends AsyncDisposable {
  run(suites: readonly string[], filter?: string): Promise<Ran>;
}

/** @param baselines whether the committed ones are there to compare with */
export async function brokenProject(broken: Break, { baselines = true } = {}): Promise<BrokenProject> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-broken-"));
  const link = (path: string) => symlink(join(root, path), join(folder, path));
  await mkdir(join(folder, "evals"));
  await mkdir(join(folder, "graphs"));
  for (const path of ["src", "tools", "node_modules", "package.json"]) await link(path);
  for (const name of await readdir(join(root, "evals")))
    if (name !== "runs" && (baselines || name !== "baselines")) await link(join("evals", name));
  // The broken graph is a copy, with the folder it is in if it has one of its own.
  const [, own = ""] = broken.file.split("/");
  for (const name of await readdir(join(root, "graphs"))) {
    const path = join("graphs", name);
    await (name === own ? cp(join(root, path), join(folder, path), { recursive: true }) : link(path));
  }
  const text = await readFile(join(folder, broken.file), "utf8");
  if (text.split(broken.line[0]).length !== 2) throw new Error(`${broken.file} has not one ${broken.line[0]}`);
  await writeFile(join(folder, broken.file), text.replace(...broken.line));
  const { graphs } = JSON.parse(await readFile(join(root, "langgraph.json"), "utf8"));
  const entries = Object.entries<{ path: string }>(graphs).map(([id, graph]) => [
    id,
    id === broken.graph ? graph : { ...graph, path: join(root, graph.path) },
  ]);
  const config = join(folder, "langgraph.json");
  await writeFile(config, JSON.stringify({ graphs: Object.fromEntries(entries) }));
  return {
    run: async (suites, filter) => {
      const command = { suites, config, ...(filter !== undefined && { filter }) };
      return (await runCommand(command, { terminal, stop: new AbortController().signal })) as Ran;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The suites of a run that do not hold: a gate failed, or a score is a regression. */
export function redSuites({ json }: Ran): string[] {
  const isRed = ({ gates, scores, errors, problems }: SuiteSummary) =>
    gates.some(({ status }) => status === "failed") ||
    scores.some(({ change }) => change?.verdict === "regression") ||
    errors + problems.length > 0;
  return json.suites.filter(isRed).map(({ suite }) => suite);
}
