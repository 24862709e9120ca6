/** Imports a user's graph file, in TypeScript as they write it, and says where and why one cannot be imported. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { registerHooks, setSourceMapsSupport } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { register } from "tsx/esm/api";
import { isSignalboxError, SignalboxError } from "../errors.ts";

/** What a graph and the engine must share: a second copy would break every instanceof and every registry. */
const shared = /^@langchain\/(langgraph|langgraph-checkpoint|core)(\/|$)/;

const ourSource = fileURLToPath(new URL("..", import.meta.url));

let stopHooks = () => {};
let prepared: string | false | undefined;

/**
 * Lets this process import the TypeScript of the project in `folder`: `./state.js` meaning .ts, enums, .tsx, and the
 * path aliases of the nearest tsconfig.json (of the last project, if there are several). Whatever copies the project
 * has itself, import and require of LangGraph give this server's own.
 * @throws SignalboxError "invalid-configuration" for a tsconfig.json that cannot be read
 */
export function prepareImports(folder: string): void {
  const tsconfig = nearest("tsconfig.json", folder) ?? false;
  if (tsconfig === prepared) return;
  stopHooks();
  prepared = undefined;
  const stopTypeScript = registerTypeScript(tsconfig);
  const sharedPackages = registerHooks({
    resolve(specifier, context, next) {
      if (!shared.test(specifier)) return next(specifier, context);
      return next(specifier, { ...context, parentURL: import.meta.url, conditions: ["node", "import"] });
    },
  });
  // tsx turns source maps on everywhere; parsing those of all packages at the first error takes longer than a run.
  setSourceMapsSupport(true, { nodeModules: false });
  prepared = tsconfig;
  stopHooks = () => {
    sharedPackages.deregister();
    void stopTypeScript();
  };
}

function registerTypeScript(tsconfig: string | false): () => Promise<void> {
  try {
    return register({ tsconfig });
  } catch (cause) {
    const message = `${tsconfig} cannot be read: ${(cause as Error).message}.`;
    throw new SignalboxError("invalid-configuration", message, { cause });
  }
}

/** Imports `file` and gives what it exports by name. CommonJS exports count, whichever way they were written. */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  const { default: exported, "module.exports": _, ...named } = module;
  // A CommonJS module arrives as the default export; one compiled from TypeScript has its own default inside.
  if (!("module.exports" in module) || typeof exported !== "object" || exported === null) return module;
  return { default: exported, ...named, ...exported };
}

/** In one line: the place in the project's files (`graphs/react.ts:12`), where there is one, and the reason. */
export async function explainFailure(error: unknown, file: string, folder: string): Promise<string> {
  const place = findPlace(error) ?? (error instanceof SyntaxError ? await findSyntaxError(file) : undefined);
  return `${relative(folder, place ?? file)}: ${reasonOf(error, folder)}`;
}

function reasonOf(error: unknown, folder: string): string {
  if (!(error instanceof Error)) return `it threw ${String(error)}`;
  const [, parseError] = /: ERROR: (.*)/.exec(error.message) ?? [];
  const [firstLine = ""] = (parseError ?? error.message).split("\n");
  return firstLine.replace(/ imported from .*$/, "").replaceAll(`${folder}/`, "");
}

/** The first `path:line` of an error that lies in somebody's own files, or the line of the import that failed. */
function findPlace(error: unknown): string | undefined {
  if (!(error instanceof Error) || isSignalboxError(error, "graph-failed-to-load")) return undefined;
  const [, missing, importer] = /^Cannot find (?:module|package) '(.+)' imported from (.+)$/m.exec(error.message) ?? [];
  if (missing && importer) return isOwn(importer) ? lineOfImport(importer, missing) : undefined;
  const text = `${error.message}\n${error.stack}`;
  for (const [, scheme = "", path, line] of text.matchAll(/(?<=^|[\s(])(file:\/\/)?(\/[^:\n()]+):(\d+)/gm)) {
    const file = scheme ? fileURLToPath(`${scheme}${path}`) : (path ?? "");
    if (isOwn(file)) return `${file}:${line}`;
  }
  return undefined;
}

function isOwn(file: string): boolean {
  return !file.includes("/node_modules/") && !file.startsWith(ourSource);
}

function lineOfImport(importer: string, missing: string): string {
  const [stem = missing] = missing.startsWith("/") ? basename(missing).split(".") : [missing];
  const lines = readFileSync(importer, "utf8").split("\n");
  const line = lines.findIndex((text) => /["'`]/.test(text) && text.includes(stem));
  return line === -1 ? importer : `${importer}:${line + 1}`;
}

/** For plain JavaScript Node keeps the place of a syntax error to itself; `node --check` prints it. */
async function findSyntaxError(file: string): Promise<string | undefined> {
  const check = promisify(execFile)(process.execPath, ["--check", file]);
  const output = await check.then(
    () => "",
    (error: { stderr?: string }) => error.stderr ?? "",
  );
  return output.startsWith(`${file}:`) ? output.split("\n", 1)[0] : undefined;
}

function nearest(name: string, folder: string): string | undefined {
  const file = join(folder, name);
  if (existsSync(file)) return file;
  return dirname(folder) === folder ? undefined : nearest(name, dirname(folder));
}
