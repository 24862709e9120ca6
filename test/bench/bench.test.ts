/** The bench as a whole, in seconds: no figure is judged, only that there is one. */
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const bench = join(root, "bench/main.ts");

test("The bench measures the floor and both databases side by side, and keeps what it found", {
  timeout: 120_000,
}, async () => {
  const { stdout, stderr } = await run(process.execPath, [bench, "--quick", "--only", "wait", "--json"], { cwd: root });
  const [, written = ""] = /^Written to (.*)\.json/m.exec(stderr) ?? [];
  onTestFinished(() =>
    Promise.all([rm(join(root, `${written}.json`)), rm(join(root, `${written}.svg`))]).then(() => {}),
  );
  const report = JSON.parse(stdout);
  expect(JSON.parse(await readFile(join(root, `${written}.json`), "utf8"))).toEqual(report);
  expect(await readFile(join(root, `${written}.svg`), "utf8")).toMatch(
    /^<svg .*<text .*wait: p50<\/text>.*<\/svg>\n$/s,
  );
  expect(report.conditions.durability.postgres).toContain("fsync on");
  expect(report.rows).toHaveLength(1);
  const [p50] = report.rows[0].figures;
  expect(p50).toMatchObject({ name: "p50", series: { floor: { timesFloor: 1 } } });
  for (const subject of ["floor", "sqlite", "postgres"]) expect(p50.series[subject].median).toBeGreaterThan(0);
});

test("A row that does not exist is refused with the names of those that do", async () => {
  const refused = run(process.execPath, [bench, "--only", "speed"]);
  await expect(refused).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining("wait, create-and-wait") });
});
