/** The README's examples are run as they stand, against a real server; its tables are held against the code. */
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limitTable } from "../src/config.ts";
import { startTestServer, type TestServer } from "./support/server.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

function blocks(language: string): string[] {
  return Array.from(readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")), ([, code]) => code ?? "");
}

describe("the README", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ graphs: "../.." });
  });
  afterAll(() => server.close());
  const here = (code: string) => code.replaceAll("http://127.0.0.1:8123", server.url);

  const curls = blocks("sh").filter((code) => code.startsWith("curl"));
  const programs = blocks("ts");

  it("shows one client of each kind", () => {
    expect(curls).toHaveLength(1);
    expect(programs.map((code) => /from "([^"]+)"/.exec(code)?.[1])).toEqual(["@langchain/langgraph-sdk", "openai"]);
  });

  it.each(curls)("has a curl that answers 437: %s", async (code) => {
    const { stdout } = await run("sh", ["-c", here(code)]);
    expect(JSON.parse(stdout).messages.at(-1).content).toContain("437");
  });

  it.each(programs)("has a program that answers 437: %s", async (code) => {
    // Beside the tests, so that it finds the packages.
    const file = fileURLToPath(new URL(`./readme-example-${process.pid}.ts`, import.meta.url));
    await writeFile(file, here(code));
    try {
      const { stdout } = await run(process.execPath, [file], { cwd: root });
      expect(stdout.trim().split("\n").at(-1)).toContain("437");
    } finally {
      await rm(file);
    }
  });

  it("has a row for each variable, and for no other", async () => {
    const folder = new URL("../src/config/", import.meta.url);
    const files = [new URL("../src/config.ts", import.meta.url)];
    for (const name of await readdir(folder)) files.push(new URL(name, folder));
    const code = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
    const declared = [...code.matchAll(/^ {2}([A-Z][A-Z_]+):|variable: "([A-Z_]+)"/gm)].map(
      ([, one, other]) => one ?? other,
    );
    const monitoring = await readFile(new URL("../docs/monitoring.md", import.meta.url), "utf8");
    const rowsOf = (text: string) =>
      [...text.matchAll(/^\| (`[A-Z][A-Z_]+`(?:, `[A-Z_]+`)*) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/[A-Z_]+/g)].map(([name]) => name),
      );
    const rows = rowsOf(readme);
    expect(rows).toEqual([...new Set(rows)]);
    // Monitoring has all settings of its own, of which the README names the first.
    expect(new Set([...rows, ...rowsOf(monitoring)])).toEqual(new Set(declared));
  });

  it("has every limit, with its value and the variable that changes it", () => {
    const units = { KiB: 2 ** 10, MiB: 2 ** 20, s: 1000, min: 60_000, h: 3_600_000, days: 86_400_000 };
    const table = /^### Limits\n(.*)/ms.exec(readme)?.[1] ?? "";
    const rows = [...table.matchAll(/^\| `(\w+)` \| ([\d,]+) ?(\w*) \| (.*) \|$/gm)].map(
      ([, name, value = "", unit, meaning]) => [
        name,
        Number(value.replaceAll(",", "")) * (units[unit as keyof typeof units] ?? 1),
        meaning,
      ],
    );
    const limits = Object.entries(limitTable).map(([name, { value, meaning, ...row }]) => [
      name,
      value,
      "variable" in row ? `${meaning} (\`${row.variable}\`)` : meaning,
    ]);
    expect(rows.sort()).toEqual(limits.sort());
  });
});
