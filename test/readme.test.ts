/** The README's examples are run as they stand, against a real server; its tables are held against the code. */
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
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

  it("names every limit, and the variable that changes it", () => {
    for (const [name, { meaning, ...row }] of Object.entries(limitTable)) {
      const line = readme.split("\n").find((text) => text.startsWith(`| \`${name}\` |`));
      expect(line, name).toContain(meaning);
      if ("variable" in row) expect(line).toContain(row.variable);
    }
  });
});
