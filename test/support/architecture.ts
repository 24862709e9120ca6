/** The rules of architecture.test.ts: each takes files and says, line by line, what breaks it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files under these folders of the repository at `root`; a folder that is not there has none. */
export function sourceFiles(root: string, folders: readonly string[]): SourceFile[] {
  // Not the whole repository: elsewhere in it, other tests make files and take them away.
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
    )
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Strings (kept or blanked) and comments (dropped), in one sweep, so that neither is found inside the other. */
const tokens = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

function withoutComments(text: string): string {
  return text.replace(tokens, (_, literal: string | undefined) => literal ?? "");
}

function withoutStrings(text: string): string {
  return text.replace(tokens, (_, literal: string | undefined) => (literal ? '""' : ""));
}

/** The repository's own files that a file imports, as types or values, statically or not. */
function importsOf({ path, text }: SourceFile): string[] {
  const found = withoutComments(text).matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']*)["']/g);
  return [...found].map(([, specifier = ""]) => join(dirname(path), specifier));
}

/** The part of the house that a file belongs to: `src/engine/runs.ts` to engine, `src/main.ts` to main. */
function roomOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  if (top !== "src") return top;
  return second === "evals" ? "src/evals" : second.replace(/\.ts$/, "");
}

/** Imports between rooms that `rules` does not allow; `everybody` may be imported by all, "*" allows all. */
export function forbiddenImports(
  files: readonly SourceFile[],
  rules: Readonly<Record<string, readonly string[]>>,
  everybody: readonly string[],
): string[] {
  return files.flatMap((file) => {
    const room = roomOf(file.path);
    const allowed = [room, ...everybody, ...(rules[room] ?? [])];
    const foreign = importsOf(file).filter((path) => !allowed.includes("*") && !allowed.includes(roomOf(path)));
    return foreign.map((path) => `${file.path} imports ${path}: ${room} may not import ${roomOf(path)}`);
  });
}

/** Each file that imports itself by way of others, with that way. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importsOf(file)]));
  const finished = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
    if (way.includes(path) || finished.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    finished.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

/** The files of a folder, and those elsewhere that are imported by these alone, directly or by way of one another. */
export function ownedBy(folder: string, files: readonly SourceFile[]): SourceFile[] {
  const imports = files.map((file) => ({ importer: file, paths: importsOf(file) }));
  const owned = new Set(files.filter(({ path }) => path.startsWith(`${folder}/`)));
  for (let before = 0; owned.size > before; ) {
    before = owned.size;
    for (const file of files) {
      const importers = imports.filter(({ paths }) => paths.includes(file.path)).map(({ importer }) => importer);
      if (importers.length > 0 && importers.every((importer) => owned.has(importer))) owned.add(file);
    }
  }
  return [...owned];
}

/** Files other than `reader` that look at the process's environment. */
export function environmentReaders(files: readonly SourceFile[], reader: string): string[] {
  const reads = /\bprocess\s*(\?\.|\.|\[\s*["'])\s*env\b|\benv\b[^;\n]*=\s*process\b|["'](node:)?process["']/;
  return files.filter(({ path, text }) => path !== reader && reads.test(withoutComments(text))).map(({ path }) => path);
}

export interface SizeBudget {
  median: number;
  percentile95: number;
  most: number;
}

/** The files that make the budget, in lines, fail. */
export function oversized(files: readonly SourceFile[], budget: SizeBudget): string[] {
  const sizes = files.map((file) => ({ path: file.path, lines: lineCount(file) })).sort((a, b) => a.lines - b.lines);
  const at = (share: number) => sizes[Math.max(0, Math.ceil(sizes.length * share) - 1)];
  const [middle, high] = [at(0.5), at(0.95)];
  return [
    ...(middle && middle.lines > budget.median ? [`the median is ${middle.lines} lines: ${middle.path}`] : []),
    ...(high && high.lines > budget.percentile95 ? [`the 95th percentile is ${high.lines} lines: ${high.path}`] : []),
    ...sizes.filter(({ lines }) => lines > budget.most).map(({ path, lines }) => `${path} has ${lines} lines`),
  ];
}

export function lineCount({ text }: SourceFile): number {
  return text.replace(/\n$/, "").split("\n").length;
}

/** Default exports, `any`, and comments that silence the compiler. */
export function forbiddenWords(files: readonly SourceFile[]): string[] {
  const rules: [string, (text: string) => boolean][] = [
    ["a default export", (text) => /\bexport\s+default\b|\bas\s+default\b/.test(withoutStrings(text))],
    ["any", (text) => /(?<![\w.$])any\b(?!\s*[(:=])/.test(withoutStrings(text))],
    ["a comment that silences the compiler", (text) => /@ts-(ignore|nocheck|expect-error)/.test(text)],
  ];
  return files.flatMap(({ path, text }) =>
    rules.filter(([, breaks]) => breaks(text)).map(([name]) => `${path} has ${name}`),
  );
}

/**
 * SQL statements that touch a table without naming its owner as often as they touch it. The predicates of `ownedBy`
 * (`conditions.sql`) name it; a statement for all owners says why in a comment `every owner: …` on the line before.
 */
export function statementsWithoutOwner(files: readonly SourceFile[], tables: readonly string[]): string[] {
  const touches = new RegExp(`\\b(FROM|INTO|UPDATE|JOIN)\\s+(${tables.join("|")})\\b`, "g");
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(tokens)].flatMap(({ 0: token, 1: literal, index }) => {
      const touched = literal?.match(touches)?.length ?? 0;
      const named = token.match(/\bowner\b|\bconditions\.sql\b/g)?.length ?? 0;
      const linesBefore = text.slice(0, index).split("\n");
      if (touched <= named || linesBefore.slice(-3).some((line) => line.includes("// every owner: "))) return [];
      return [`${path}:${linesBefore.length} touches ${touched} tables and names ${named} owners`];
    }),
  );
}

/** The first words in backticks of each line of a list or table. */
export function namesIn(markdown: string): string[] {
  return [...markdown.matchAll(/^(?:- |\| )`([^`]+)`/gm)].map(([, name = ""]) => name);
}

/** What only one of the two lists has. */
export function difference(documented: readonly string[], actual: readonly string[]): string[] {
  return [
    ...actual.filter((name) => !documented.includes(name)).map((name) => `${name} is not documented`),
    ...documented.filter((name) => !actual.includes(name)).map((name) => `${name} is documented, but does not exist`),
  ];
}

/** Codes that no file names. */
export function unusedCodes(files: readonly SourceFile[], codes: readonly string[]): string[] {
  const texts = files.map(({ text }) => withoutComments(text));
  return codes.filter((code) => !texts.some((text) => text.includes(`"${code}"`)));
}
