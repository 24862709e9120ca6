/** What makes `npm start` and `npm test` install first. npm itself is played by a script that says it was called. */
import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/ensure-installed.js", import.meta.url));

const needed = { "node_modules/needed": { version: "1.2.3" } };
const tool = { "node_modules/tool": { version: "2.0.0", dev: true } };
const optional = { "node_modules/of-some-platforms": { version: "3.0.0", optional: true } };
const wanted = { "": { version: "1.0.0" }, ...needed, ...tool, ...optional };
const old = { version: "0.0.1" };

/** Runs the script in a project with this list of installed packages (undefined: none), where npm ends with `npmStatus`. */
async function ensure(packages: object | undefined, words: string[] = [], npmStatus = 0) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-install-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = async (name: string, content: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  await write("package-lock.json", JSON.stringify({ packages: wanted }));
  await write("node_modules/.bin/node", "");
  if (packages) await write("node_modules/.package-lock.json", JSON.stringify({ packages }));
  await write("bin/npm", `#!/bin/sh\necho "npm $1"\nexit ${npmStatus}\n`);
  await chmod(join(folder, "bin/npm"), 0o755);
  const child = spawn(process.execPath, [script, ...words], {
    cwd: folder,
    env: { PATH: `${join(folder, "bin")}:/bin:/usr/bin` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("exit", resolve)),
  ]);
  return { installs: stdout.includes("npm ci"), stderr, code };
}

test("Everything is there: nothing is installed", async () => {
  expect(await ensure({ ...needed, ...tool, ...optional }, ["--dev"])).toEqual({
    installs: false,
    stderr: "",
    code: 0,
  });
});

test.each([
  ["nothing is, or an install was cut off before npm made its list", undefined],
  ["a package is missing", tool],
  ["the lockfile wants another version", { "node_modules/needed": old, ...tool }],
  ["the lockfile wants another version of the pinned Node", { ...needed, "node_modules/of-some-platforms": old }],
])("When %s, it is installed", async (_, packages) => {
  expect(await ensure(packages)).toMatchObject({ installs: true, code: 0 });
});

test("A start does without the tools of development, a test does not", async () => {
  expect(await ensure(needed)).toMatchObject({ installs: false, code: 0 });
  expect(await ensure(needed, ["--dev"])).toMatchObject({ installs: true, code: 0 });
});

test("An install that fails ends the start", async () => {
  expect(await ensure(undefined, [], 7)).toMatchObject({ code: 1, stderr: expect.stringContaining("npm ci failed") });
});
