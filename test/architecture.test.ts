/** The house rules of docs/architecture.md, held by the code. Each rule is shown to fail on a small bad example. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { errorTable } from "../src/errors.ts";
import {
  difference,
  environmentReaders,
  forbiddenImports,
  forbiddenWords,
  importCycles,
  lineCount,
  namesIn,
  oversized,
  ownedBy,
  type SourceFile,
  sourceFiles,
  statementsWithoutOwner,
  unusedCodes,
} from "./support/architecture.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = sourceFiles(root, ["src", "graphs", "tools", "evals"]);
const read = (path: string) => readFileSync(`${root}${path}`, "utf8");
const under = (folder: string) => files.filter((file) => file.path.startsWith(`${folder}/`));
const file = (path: string, text: string): SourceFile => ({ path, text });

/** main -> http -> engine -> storage, graphs -> tools -> llm. The chains meet in engine/graphs.ts, which loads by path. */
const mayImport = {
  cli: ["main", "engine", "retrieval", "langfuse", "src/evals", "storage", "quick-imports"],
  main: ["*"],
  http: ["engine"],
  engine: ["storage", "langfuse"],
  storage: [],
  graphs: ["tools", "llm"],
  tools: ["llm", "retrieval"],
  llm: ["langfuse"],
  retrieval: ["llm", "storage"],
  langfuse: [],
  "src/evals": ["main", "engine", "langfuse", "llm"],
  evals: ["src/evals"],
};
const forEverybody = ["canonical-json", "config", "errors", "make-folder", "masking", "net", "words"];

describe("Imports", () => {
  test("go one way between the rooms of the house", () => {
    expect(forbiddenImports(files, mayImport, forEverybody)).toEqual([]);
  });

  test.each([
    ["src/storage/runs.ts", 'import { runs } from "../engine/runs.ts";', "storage may not import engine"],
    ["src/http/runs.ts", 'import type { Row } from "../storage/runs.ts";', "http may not import storage"],
    ["src/engine/graphs.ts", 'const graph = await import("../../graphs/react.ts");', "engine may not import graphs"],
    ["tools/search.ts", 'export { graph } from "../graphs/react.ts";', "tools may not import graphs"],
    ["src/config.ts", 'import { start } from "./main.ts";', "config may not import main"],
    ["src/main.ts", 'import { start } from "../test/support/server.ts";', undefined],
  ])("of %s in the wrong direction are found", (path, text, expected) => {
    const found = forbiddenImports([file(path, text)], mayImport, forEverybody);
    expect(found).toEqual(expected ? [expect.stringContaining(expected)] : []);
  });

  test("make no cycles", () => {
    expect(importCycles(files)).toEqual([]);
  });

  test("that make a cycle are found", () => {
    const circle = [
      file("src/a.ts", 'import { b } from "./deep/b.ts";'),
      file("src/deep/b.ts", 'import type { c } from "../c.ts";'),
      file("src/c.ts", 'export { a } from "./a.ts";'),
    ];
    expect(importCycles(circle)).toEqual(["src/a.ts -> src/deep/b.ts -> src/c.ts -> src/a.ts"]);
  });

  test("in a comment do not count", () => {
    const example = '/** `import { x } from "../engine/x.ts"` */\n// import "../engine/x.ts";\n';
    expect(forbiddenImports([file("src/storage/a.ts", example)], mayImport, forEverybody)).toEqual([]);
  });
});

describe("The environment", () => {
  test("is read in config.ts alone", () => {
    expect(environmentReaders(files, "src/config.ts")).toEqual([]);
  });

  test.each(["process.env.PORT", 'process["env"]', "const { env } = process;", 'import { env } from "node:process";'])(
    "is found where it is read by %s",
    (text) => {
      expect(environmentReaders([file("src/llm/model.ts", text)], "src/config.ts")).toEqual(["src/llm/model.ts"]);
    },
  );
});

describe("Files", () => {
  const budget = { median: 120, percentile95: 300, most: 400 };

  test("are small", () => {
    expect(oversized(files, budget)).toEqual([]);
  });

  test("of a graph fit on a few screens", () => {
    expect(oversized(under("graphs"), { median: 160, percentile95: 160, most: 160 })).toEqual([]);
  });

  test("of the offline model, and those that nothing else needs, stay one small thing", () => {
    const lines = ownedBy("src/llm/offline", files).reduce((sum, each) => sum + lineCount(each), 0);
    expect(lines).toBeLessThanOrEqual(500);
  });

  test("that only the offline model needs are found, wherever they are", () => {
    const some = [
      file("src/llm/offline/model.ts", 'import "../text.ts";\nimport "../shared.ts";'),
      file("src/llm/text.ts", 'import "../deeper.ts";'),
      file("src/deeper.ts", ""),
      file("src/llm/shared.ts", ""),
      file("src/llm/other.ts", 'import "./shared.ts";'),
    ];
    const found = ownedBy("src/llm/offline", some).map(({ path }) => path);
    expect(found).toEqual(["src/llm/offline/model.ts", "src/llm/text.ts", "src/deeper.ts"]);
  });

  test("that are large are found", () => {
    const ofLines = (path: string, lines: number) => file(path, "\n".repeat(lines));
    const small = Array.from({ length: 9 }, (_, index) => ofLines(`src/${index}.ts`, 10));
    expect(oversized([...small, ofLines("src/huge.ts", 401)], budget)).toEqual([
      "the 95th percentile is 401 lines: src/huge.ts",
      "src/huge.ts has 401 lines",
    ]);
    expect(oversized([ofLines("src/middling.ts", 121)], budget)).toEqual(["the median is 121 lines: src/middling.ts"]);
  });

  test("have no default export, no any, and silence no compiler", () => {
    expect(forbiddenWords(files)).toEqual([]);
  });

  test.each([
    ["export default graph;", "a default export"],
    ["export { graph as default };", "a default export"],
    ["const rows: any[] = [];", "any"],
    ["const row = value as any;", "any"],
    ["type Rows = Map<string, any>;", "any"],
    ["// @ts-expect-error\nnot.checked();", "a comment that silences the compiler"],
  ])("with %s are found", (text, expected) => {
    expect(forbiddenWords([file("src/a.ts", text)])).toEqual([`src/a.ts has ${expected}`]);
  });

  test("may say any in a sentence", () => {
    expect(forbiddenWords([file("src/a.ts", '// Of any kind.\nthrow new Error("any");\nPromise.any([]);')])).toEqual(
      [],
    );
  });
});

describe("SQL", () => {
  const schema = under("src/storage/migrations").map(({ text }) => text);
  const tables = [...schema.join("\n").matchAll(/CREATE TABLE (\w+) \(\s+[^)]*\bowner TEXT/g)].map(
    ([, name = ""]) => name,
  );
  const found = (text: string) => statementsWithoutOwner([file("src/storage/a.ts", text)], tables);

  test("names the owner for each table that it touches", () => {
    expect(tables).toEqual(expect.arrayContaining(["assistants", "threads", "runs", "checkpoints", "store_items"]));
    expect(statementsWithoutOwner(under("src/storage"), tables)).toEqual([]);
  });

  test.each([
    ['query("SELECT * FROM threads WHERE thread_id = $1")'],
    ['query("DELETE FROM runs WHERE run_id = $1")'],
    ["query(`UPDATE runs SET status = $1\n WHERE run_id = $2`)"],
    ["query(`SELECT 1 FROM threads WHERE owner = $1 AND EXISTS (SELECT 1 FROM runs WHERE run_id = $2)`)"],
  ])("without it is found: %s", (text) => {
    expect(found(text)).toHaveLength(1);
  });

  test("for every owner says why", () => {
    expect(found('// every owner: old keys are nobody\'s\nquery("DELETE FROM runs WHERE created_at < $1")')).toEqual(
      [],
    );
  });
});

describe("The documents", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
  const installed = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  const codes = Object.keys(errorTable);

  test("give a reason for each dependency", () => {
    expect(difference(namesIn(read("docs/dependencies.md")), installed)).toEqual([]);
  });

  test("explain each error", () => {
    // The chat endpoint's own codes come behind the table.
    const [table = ""] = read("docs/errors.md").split("\n## ");
    expect(difference(namesIn(table), codes)).toEqual([]);
  });

  test("and the table of errors have no code that is never raised", () => {
    const raising = under("src").filter(({ path }) => path !== "src/errors.ts");
    expect(unusedCodes(raising, codes)).toEqual([]);
  });

  test("that are out of date are found", () => {
    expect(difference(namesIn("- `zod`: schemas.\n| `left-pad` | padding |"), ["zod", "pg"])).toEqual([
      "pg is not documented",
      "left-pad is documented, but does not exist",
    ]);
    expect(unusedCodes([file("src/a.ts", '// "thread-busy"\nthrow "run-gone";')], ["thread-busy", "run-gone"])).toEqual(
      ["thread-busy"],
    );
  });
});
