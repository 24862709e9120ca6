/** `signalbox ingest` and `signalbox documents`, as processes of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { searchDatabase } from "../../src/retrieval/search.ts";
import { openDatabase } from "../../src/storage/open.ts";
import { listDocuments } from "../../src/storage/tables/documents.ts";
import { createTestDatabase, databaseKinds, type FreshDatabase } from "../support/databases.ts";
import { startTestServer } from "../support/server.ts";

const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
const killAtProgress = new URL("../support/kill-at-progress.ts", import.meta.url).href;
const documents = fileURLToPath(new URL("../fixtures/documents/", import.meta.url));

describe.each(databaseKinds)("Documents on %s", (kind) => {
  let folder: string;
  let fresh: FreshDatabase;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "signalbox-ingest-"));
    fresh = await createTestDatabase(kind);
  });
  afterEach(async () => {
    await fresh.drop();
    await rm(folder, { recursive: true });
  });

  /** Runs the command to its end. */
  async function signalbox(...words: string[]) {
    return await node(command, ...words, "--database", fresh.url);
  }

  async function node(...words: string[]) {
    const child = spawn(process.execPath, words, { cwd: folder });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code, signal] = await once(child, "close");
    return { code, signal, stdout, stderr };
  }

  test("are taken in beside a running server, which finds them; a broken one is named and left out", async () => {
    await cp(join(documents, "broken"), join(folder, "manuals"), { recursive: true });
    await cp(join(documents, "manuals/bzip2.html"), join(folder, "manuals/bzip2.html"));
    await writeFile(join(folder, "manuals/notes.md"), "Levers.");
    const server = await startTestServer({ environment: { DATABASE_URL: fresh.url } });
    try {
      const { code, stdout, stderr } = await signalbox("ingest", "manuals", "--metadata", "kind=manual");
      expect(stdout).toMatch(/^2 added, 0 changed, 0 unchanged, 0 removed, 2 failed; \d+ new chunks\.\n/);
      expect(stderr).toContain("4/4");
      expect(stderr).toContain(`${join(folder, "manuals/encrypted.pdf")}: it is encrypted`);
      expect(stderr).toContain(`${join(folder, "manuals/picture.pdf")}: it has no text`);
      expect(code).toBe(1);
    } finally {
      await server.close();
    }
    const database = await openDatabase(fresh.settings, { role: "client" });
    const [passage] = await searchDatabase(database, "anybody", "Are there patents on bzip2?");
    await database.close();
    expect(passage).toMatchObject({ title: "bzip2 and libbzip2, version 1.0.8", metadata: { kind: "manual" } });
  });

  test("are listed and removed, for the owner they are of", async () => {
    await writeFile(join(folder, "a.md"), "# Levers");
    await writeFile(join(folder, "b.md"), "# Signals");
    const { code, stdout } = await signalbox("ingest", "a.md", "b.md", "--owner", "ada", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ added: expect.arrayContaining([join(folder, "a.md")]), failed: [] });
    expect(code).toBe(0);
    expect((await signalbox("documents", "list")).stdout).toBe("There are no documents.\n");
    expect((await signalbox("documents", "remove", "a.md", "--owner", "ada")).stdout).toBe("1 removed.\n");
    const listed = JSON.parse((await signalbox("documents", "list", "--owner", "ada", "--json")).stdout);
    expect(listed).toMatchObject([{ source: join(folder, "b.md"), title: "Signals", chunks: 1 }]);
    const unknown = await signalbox("documents", "remove", "nothing");
    expect(unknown).toMatchObject({ code: 64, stderr: expect.stringContaining("No document has such a source") });
  });

  test("are looked for in a database that is there, and in no new one", async () => {
    // The second time it would find what the first one made.
    for (const words of [["list"], ["remove", "a.md"], ["list"]]) {
      const { code, stdout, stderr } = await signalbox("documents", ...words);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^There is no SQLite database .*\n$|has no tables of Signalbox's/);
    }
  });

  test("that were half taken in when the process was killed are whole or not there, and the next ingest goes on", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `${index}.md`);
    for (const name of names) await writeFile(join(folder, name), `# Note ${name}\n\n${"The lever. ".repeat(600)}`);
    const killed = await node("--import", killAtProgress, command, "ingest", ".", "--database", fresh.url);
    expect(killed.signal).toBe("SIGKILL");
    const database = await openDatabase(fresh.settings, { role: "client" });
    const there = await listDocuments(database, "*");
    const [counted] = await database.query<{ count: number }>("SELECT count(*) AS count FROM chunks");
    await database.close();
    expect(there.length).toBeGreaterThan(0);
    expect(there.length).toBeLessThan(300);
    expect(counted?.count).toBe(there.reduce((sum, { chunks }) => sum + chunks, 0));
    const report = JSON.parse((await signalbox("ingest", ".", "--json")).stdout);
    expect(report).toMatchObject({ unchanged: there.length, failed: [] });
    expect(report.added).toHaveLength(300 - there.length);
  });
});

describe("Wrong arguments", () => {
  test.each([
    ["a path that is not there", ["ingest", "nowhere.md"], "There is no nowhere.md: name files, folders, or URLs"],
    ["no path at all", ["ingest"], "missing required argument"],
    ["metadata without a value", ["ingest", ".", "--metadata", "region"], "Expected key=value."],
  ])("are explained: %s", async (_, words, expected) => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-ingest-"));
    const child = spawn(process.execPath, [command, ...words], { cwd: folder });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    await rm(folder, { recursive: true });
    expect(stderr).toContain(expected);
    expect(code).toBe(64);
  });

  test("an empty folder is no failure, and is said to be empty", async () => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-ingest-"));
    const child = spawn(process.execPath, [command, "ingest", "."], { cwd: folder });
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    const [code] = await once(child, "close");
    await rm(folder, { recursive: true });
    expect(stdout).toContain("There was no document to ingest.");
    expect(code).toBe(0);
  });
});
