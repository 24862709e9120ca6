/** `signalbox stats`, as a process of its own. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { statsPage } from "../../src/cli/stats/page.ts";
import { statsText } from "../../src/cli/stats/table.ts";
import { readStats } from "../../src/engine/stats/stats.ts";
import { insertMeasures } from "../../src/storage/tables/measures.ts";
import { createTestDatabase, databaseKinds, describeDatabases } from "../support/databases.ts";
import { measure, modelCalls } from "../support/measures.ts";

const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signalbox-stats-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command in an empty folder, to its end. */
function signalbox(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const done = (error: { code?: unknown } | null, stdout: string, stderr: string) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    execFile(process.execPath, [command, ...words], { cwd: folder }, done);
  });
}

const records = [
  measure({
    models: { "gpt-4o-mini": modelCalls({ input_tokens: 1_500, output_tokens: 20, cost_nanodollars: 250_000_000 }) },
    tools: { calculator: { calls: 4, failures: 1 } },
    latency_ms: 1_234,
  }),
  measure({ models: { mine: modelCalls({ unpriced_calls: 1, input_tokens: 10 }) }, latency_ms: 100 }),
  measure({ graph_id: "<b>&\"'", status: "error", latency_ms: 61_000 }),
  measure({ graph_id: "other", owner: "bob", models: { mine: modelCalls({ unpriced_calls: 1 }) } }),
];

describeDatabases("signalbox stats", (open) => {
  let url = "";
  beforeAll(async () => {
    const opened = await open();
    url = opened.url;
    await insertMeasures(opened.database, records);
  });

  it("shows tables, for every owner", async () => {
    const { code, stdout, stderr } = await signalbox("stats", "--database", url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^react +2 +0.0 % +100 ms \/ 1.2 s +– +1.5k \/ 20 +≥ \$0.25, 1 call unknown +1 of 4/m);
    expect(stdout).toMatch(/^other +1 +0.0 % .* unknown/m);
    expect(stdout).toMatch(/^all +4 +25.0 % /m);
    expect(stdout).toMatch(/^calculator +react +4 +1$/m);
    expect(stdout).toContain("insufficient data");
  });

  it("prints what GET /stats answers with --json, of one owner and graph", async () => {
    const { stdout } = await signalbox("stats", "--database", url, "--json", "--owner", "ada", "--graph", "react");
    expect(JSON.parse(stdout)).toMatchObject({
      total: { runs: 2, cost: { dollars: 0.25, unknown_calls: 1 } },
      live: { pending: 0, running: 0, open_streams: null },
    });
  });

  it("writes a page that loads nothing, and in which names are only text", async () => {
    const file = join(folder, "stats.html");
    const { code, stdout } = await signalbox("stats", "--database", url, "--html", file);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const page = await readFile(file, "utf8");
    expect(page).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|https?:|@import/);
    expect(page).not.toContain("<b>&\"'");
    expect(page).toContain("&#60;b&#62;&#38;&#34;&#39;");
    for (const title of ["Runs, each", "Latency", "Tokens by graph", "Cost by model", "Drift"])
      expect(page).toContain(title);
    expect(page).toContain("≥ $0.25, 1 call unknown");
  });
});

describe("signalbox stats", () => {
  it.each(["yesterday", "0h", "-1h", "24", ""])("calls --since %j a usage error", async (since) => {
    const { code, stderr } = await signalbox("stats", `--since=${since}`);
    expect(code).toBe(64);
    expect(stderr).toContain("30m, 24h or 7d");
  });

  it("makes no database where there is none", async () => {
    const { code, stderr } = await signalbox("stats", "--database", "sqlite:none/here.db");
    expect(code).toBe(1);
    expect(stderr).toContain("There is no SQLite database none/here.db");
    expect(await readdir(folder)).not.toContain("none");
  });

  it.each(databaseKinds)("makes no tables in a database on %s that is another's", async (kind) => {
    const { url, drop } = await createTestDatabase(kind);
    onTestFinished(drop);
    if (kind === "sqlite") await writeFile(url.slice("sqlite:".length), "");
    // The second time it would find what the first one made.
    for (const _ of [1, 2]) {
      const { code, stderr } = await signalbox("stats", "--database", url);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("has no tables of Signalbox's") });
    }
  });

  it("explains itself", async () => {
    const { code, stdout } = await signalbox("stats", "--help");
    expect(code).toBe(0);
    for (const option of ["--since", "--graph", "--owner", "--json", "--html"]) expect(stdout).toContain(option);
  });
});

describeDatabases("Without a run", (open) => {
  it("the table says so, and the page still has its plots", async () => {
    const report = await readStats((await open()).database, { sinceMs: 3_600_000 }, { statsRuns: 10 });
    expect(statsText(report)).toContain("No run has ended in this time.");
    const page = statsPage(report);
    expect(page).toContain("No data.");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
