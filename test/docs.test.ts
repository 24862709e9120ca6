/** What README and docs point to is there: files, headings, commands with their options, variables. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { describe, expect, it, onTestFinished, test } from "vitest";
import { addEvalCommand } from "../src/cli/eval.ts";
import { addExportCommands } from "../src/cli/export.ts";
import { addIngestCommand } from "../src/cli/ingest.ts";
import { addStartCommand } from "../src/cli/start.ts";
import { addStatsCommand } from "../src/cli/stats.ts";
import { postJson } from "./support/clients.ts";
import { startTestServer } from "./support/server.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const names = (await readdir(join(root, "docs"), { recursive: true })).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...names.map((name) => `docs/${name}`)];
const texts = new Map(
  await Promise.all(pages.map(async (page) => [page, await readFile(join(root, page), "utf8")] as const)),
);
const textOf = (page: string) => texts.get(page) ?? "";

const withoutCode = (text: string) => text.replace(/^```.*?^```/gms, "");
/** What stands in code: the lines of blocks, and what is between single backticks. */
const codeOf = (text: string) => [
  ...[...text.matchAll(/^```\w*\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.replaceAll("\\\n", "").split("\n")),
  ...[...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code),
];
/** The anchors of a page's headings, as GitHub makes them. */
const anchorsOf = (text: string) =>
  [...withoutCode(text).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
const linksOf = (text: string) =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^https?:/.test(link));

/** The page, or file, that a link of a page leads to. */
function targetOf(page: string, link: string): { file: string; anchor: string | undefined } {
  const [path = "", anchor] = link.split("#");
  return { file: path === "" ? page : normalize(join(dirname(page), path)), anchor };
}

describe.each(pages)("%s", (page) => {
  it("has links that lead somewhere", () => {
    const broken = linksOf(textOf(page)).filter((link) => {
      const { file, anchor } = targetOf(page, link);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("names files that there are", () => {
    const files = codeOf(textOf(page)).filter((code) =>
      /^(src|graphs|tools|test|docs|docker)\/[\w./-]+\.\w+$/.test(code),
    );
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test("Every page is reached from the README", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) for (const link of linksOf(textOf(page))) reached.add(targetOf(page, link).file);
  expect(pages.filter((page) => !reached.has(page) && !page.startsWith("docs/decisions/"))).toEqual([]);
});

test("The graph that docs/extending.md adds runs as it stands there", async () => {
  const text = textOf("docs/extending.md");
  const [, project = ""] = /^```json\n(.*?)^```/ms.exec(text) ?? [];
  const [, graph = ""] = /^```ts\n(.*?)^```/ms.exec(text) ?? [];
  const folder = await mkdtemp(join(tmpdir(), "signalbox-docs-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await mkdir(join(folder, "graphs"));
  await writeFile(join(folder, "langgraph.json"), project);
  await writeFile(join(folder, "graphs/greet.ts"), graph);
  const server = await startTestServer({ graphs: relative(join(root, "test/fixtures"), folder) });
  onTestFinished(() => server.close());
  const body = { model: "greet", messages: [{ role: "user", content: "Hi" }] };
  const { text: answer } = await postJson(`${server.url}/v1/chat/completions`, body);
  expect(JSON.parse(answer).choices[0].message.content).toBe("Hello! You wrote: Hi");
});

describe("A command line in the documents", () => {
  const program = new Command("signalbox");
  for (const add of [addEvalCommand, addExportCommands, addIngestCommand, addStartCommand, addStatsCommand])
    add(program);

  const lines = pages.flatMap((page) =>
    codeOf(textOf(page)).flatMap((code) => {
      const [, words] = /^(?:npx )?signalbox ([a-z].*)$/.exec(code) ?? [];
      return words === undefined ? [] : [[page, words.replace(/ #.*$/, "")] as const];
    }),
  );

  it("is found", () => {
    expect(lines.length).toBeGreaterThan(10);
  });

  it.each(lines)("of %s is one that there is: %s", (_, line) => {
    const words = line.split(/\s+/);
    let command = program;
    for (const word of words) {
      const next = command.commands.find((each) => each.name() === word);
      if (!next) break;
      command = next;
    }
    expect(command).not.toBe(program);
    const options = [...line.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    expect(options.filter((option) => !command.options.some(({ long }) => long === option))).toEqual([]);
  });
});
