#!/usr/bin/env node
/** The command line: parses arguments and calls one function each. Imports nothing before the Node version is known. */

const usageError = 64;

const [major = "0"] = process.versions.node.split(".");
if (Number(major) < 24) {
  process.stderr.write(
    `Signalbox needs Node 24 or newer, and this is ${process.version}. In a clone, "npm start" and "npx signalbox" bring their own.\n`,
  );
  process.exit(1);
}

// Whoever reads may go (`| head -1`), and a disk may be full: no reason to drop the work, least of all a server's.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.exitCode = 1;
  process.stderr.write(`The output cannot be written: ${error.message}.\n`);
});
process.stderr.on("error", () => {
  // There is nobody left to tell.
});

const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { quickenImports } = await import("./quick-imports.ts");
quickenImports();
const { readFile } = await import("node:fs/promises");
const { Command, CommanderError } = await import("commander");
const { addEvalCommand } = await import("./cli/eval.ts");
const { addExportCommands } = await import("./cli/export.ts");
const { addIngestCommand } = await import("./cli/ingest.ts");
const { addStartCommand } = await import("./cli/start.ts");
const { addStatsCommand } = await import("./cli/stats.ts");
const { isSignalboxError } = await import("./errors.ts");

const packageJson = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

const program = new Command("signalbox")
  .description("A self-hosted, open runtime for LangGraph.js agents. Without a command it starts.")
  .version(packageJson.version)
  .exitOverride();

addStartCommand(program);
addEvalCommand(program);
addExportCommands(program);
addIngestCommand(program);
addStatsCommand(program);

const words = process.argv.slice(2);
const isOfProgram = ["--help", "-h", "--version", "-V"].includes(words[0] ?? "");
const namesCommand = words[0] !== undefined && !words[0].startsWith("-");

try {
  await program.parseAsync(isOfProgram || namesCommand ? words : ["start", ...words], { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : usageError;
  } else if (isSignalboxError(error)) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
