/** Finds the suites of a project, `evals/suites/*.eval.ts`, and imports them. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { explainFailure, importModule, prepareImports } from "../engine/load-module.ts";
import { SignalboxError } from "../errors.ts";
import type { Problem } from "./contract.ts";
import { isEval, namedSuite, type Suite } from "./suite.ts";

const ending = ".eval.ts";

interface SuiteFile {
  readonly path: string;
  readonly suites: readonly Suite[];
  /** Why it has none. */
  readonly problem?: Problem;
}

/**
 * @param project the folder that has `evals/`
 * @param names of suites, or paths of their files; none means all
 * @returns the suites, and what is wrong with files that cannot be imported or export none
 * @throws SignalboxError "invalid-request" for a name that no suite has, and for two suites of one name
 */
export async function loadSuites(
  project: string,
  names: readonly string[],
): Promise<{ suites: Suite[]; problems: Problem[] }> {
  prepareImports(project);
  const folder = join(project, "evals", "suites");
  const entries = await readdir(folder).catch((): string[] => []);
  const ours = entries.filter((entry) => entry.endsWith(ending)).map((entry) => join(folder, entry));
  const given = names.filter((name) => name.endsWith(ending) && existsSync(name)).map((name) => resolve(name));
  // Where files are named, no other need be imported.
  const paths = given.length > 0 && given.length === names.length ? given : [...ours, ...given];
  const files = await Promise.all([...new Set(paths)].sort().map((path) => loadFile(path, project)));
  const chosen = names.length === 0 ? files : names.flatMap((name) => filesFor(name, files));
  const problems = [...new Set(chosen.flatMap(({ problem }) => problem ?? []))];
  const suites = [...new Set(chosen.flatMap((file) => file.suites))];
  const twice = suites.find(({ name }, index) => suites.findIndex((other) => other.name === name) !== index);
  if (twice) throw new SignalboxError("invalid-request", `Two eval suites are named ${twice.name}: rename one.`);
  return { suites, problems };
}

/** What is meant by a name: a file with its suites, or one suite of a file. */
function filesFor(name: string, files: readonly SuiteFile[]): SuiteFile[] {
  const found = files.flatMap((file) => {
    if (basename(file.path, ending) === name || file.path === resolve(name)) return [file];
    const suites = file.suites.filter((suite) => suite.name === name);
    return suites.length > 0 ? [{ ...file, suites }] : [];
  });
  if (found.length > 0) return found;
  const known = files.flatMap(({ suites }) => suites.map((suite) => suite.name)).join(", ") || "none";
  throw new SignalboxError("invalid-request", `There is no eval suite ${name}; the suites are: ${known}.`);
}

async function loadFile(path: string, project: string): Promise<SuiteFile> {
  try {
    const exported = Object.values(await importModule(path)).filter(isEval);
    const suites = exported.map((suite) => namedSuite(suite, basename(path, ending), dirname(path)));
    if (suites.length > 0) return { path, suites };
    return {
      path,
      suites,
      problem: { kind: "suite", message: `${relative(project, path)} exports no suite: see defineEval` },
    };
  } catch (error) {
    const message = await explainFailure(error, path, project);
    return { path, suites: [], problem: { kind: "suite", message } };
  }
}
