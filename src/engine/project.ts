/** Reads a project's langgraph.json: which graphs it has, where they are, and the environment they want. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import { addToEnvironment } from "../config.ts";
import { SignalboxError } from "../errors.ts";

/** A graph as langgraph.json names it: `./graphs/react.ts:graph` is a file and what it exports. */
export interface GraphSource {
  readonly graphId: string;
  readonly description?: string;
  /** As written: relative to the project's folder, without the export. */
  readonly path: string;
  readonly exportName: string;
}

export interface Project {
  /** The folder of langgraph.json: paths in it are relative to here. */
  readonly folder: string;
  readonly graphs: readonly GraphSource[];
  /** What is not as langgraph.json says, but keeps nothing from being served. */
  readonly warnings: readonly string[];
}

const graphPath = z.string("expected a path such as ./graph.ts:graph").regex(/^[^:]+(:[^:]+)?$/, {
  error: "expected a path such as ./graph.ts:graph",
});
const Graph = z.union([graphPath, z.looseObject({ path: graphPath, description: z.string().nullish() })], {
  error: "expected a path such as ./graph.ts:graph, or an object with path and description",
});
/** Only what Signalbox uses; the many other keys of the format are let through. */
const LanggraphJson = z.looseObject({
  graphs: z
    .record(z.string().min(1), Graph, "expected an object that maps a graph's id to its path")
    .refine((graphs) => Object.keys(graphs).length > 0, "names no graph"),
  env: z
    .union([z.string(), z.record(z.string(), z.string())], "expected the path of a file, or an object of texts")
    .optional(),
});

/**
 * Reads langgraph.json at `configPath` and adds its `env` to the process's environment, where existing variables win.
 * @throws SignalboxError "invalid-configuration" that names the file and the field
 */
export async function openProject(configPath: string): Promise<Project> {
  const file = resolve(configPath);
  const folder = dirname(file);
  const parsed = LanggraphJson.safeParse(await readJson(file));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
    throw new SignalboxError("invalid-configuration", `${file} is wrong. ${problems.join("; ")}.`);
  }
  const warnings = await applyEnvironment(parsed.data.env, folder);
  const graphs = Object.entries(parsed.data.graphs).map(([graphId, graph]): GraphSource => {
    const { path: location, description } = typeof graph === "string" ? { path: graph, description: null } : graph;
    const [path = location, exportName = "default"] = location.split(":");
    return { graphId, ...(description ? { description } : {}), path, exportName };
  });
  return { folder, graphs, warnings };
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === "ENOENT" ? "does not exist" : `cannot be read (${cause.code})`;
    const message = `${file} ${reason}: name a project's langgraph.json with --config.`;
    throw new SignalboxError("invalid-configuration", message, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message.replaceAll(/\s+/g, " ");
    throw new SignalboxError("invalid-configuration", `${file} is not JSON: ${reason}.`, { cause });
  }
}

async function applyEnvironment(env: string | Record<string, string> | undefined, folder: string): Promise<string[]> {
  if (typeof env === "object") addToEnvironment(env);
  if (typeof env !== "string") return [];
  try {
    const variables = parseEnv(await readFile(resolve(folder, env), "utf8"));
    addToEnvironment(variables as Record<string, string>);
    return [];
  } catch (error) {
    // Templates name a .env that is not committed; their graphs may well run without it.
    return [
      `The env file ${env} of langgraph.json cannot be read (${(error as NodeJS.ErrnoException).code}); going on without it.`,
    ];
  }
}
