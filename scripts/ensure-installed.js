/**
 * Runs `npm ci` where something of package-lock.json is missing or old: no node_modules, an interrupted install, a newer
 * lockfile. Runs before start and test, on any Node from 20 on, so it is plain JavaScript. `--dev` wants the tools too.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const wantsDev = process.argv.includes("--dev");

function packagesIn(lockfile) {
  return Object.entries(JSON.parse(readFileSync(lockfile, "utf8")).packages);
}

function isInstalled() {
  // npm writes this list last, so that an install that was cut off has none.
  const list = "node_modules/.package-lock.json";
  if (!existsSync(list)) return false;
  const installed = new Map(packagesIn(list));
  return packagesIn("package-lock.json").every(([path, wanted]) => {
    const version = installed.get(path)?.version;
    // What is optional may be of another platform, and a start does without the tools of development.
    const mayBeMissing = wanted.optional || wanted.devOptional || (wanted.dev && !wantsDev) || path === "";
    return version === wanted.version || (version === undefined && mayBeMissing);
  });
}

if (!isInstalled()) {
  process.stdout.write("Installing what is missing (npm ci); this happens once.\n");
  // Its warnings are about the caller's Node, which is not the one that Signalbox runs on.
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: "inherit" });
  if (status !== 0) {
    process.stderr.write("npm ci failed: see above. Nothing was started.\n");
    process.exit(1);
  }
}

const [major] = process.versions.node.split(".");
if (!existsSync("node_modules/.bin/node") && Number(major) < 24) {
  process.stderr.write(
    `Signalbox needs Node 24 or newer, and this is ${process.version}. There is no ready-made one for this platform: install it.\n`,
  );
  process.exit(1);
}
