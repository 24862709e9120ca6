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

const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { quickenImports } = await import("./quick-imports.ts");
quickenImports();
const { readFile } = await import("node:fs/promises");
const { Command, CommanderError, InvalidArgumentError } = await import("commander");
const { addEvalCommand } = await import("./cli/eval.ts");
const { addExportCommands } = await import("./cli/export.ts");
const { addIngestCommand } = await import("./cli/ingest.ts");
const { addStatsCommand } = await import("./cli/stats.ts");
const { isSignalboxError } = await import("./errors.ts");

const packageJson = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));

const program = new Command("signalbox")
  .description("A self-hosted, open runtime for LangGraph.js agents. Without a command it starts.")
  .version(packageJson.version)
  .exitOverride();

program
  .command("start")
  .description("serve the graphs of a langgraph.json")
  .option("--config <file>", "the project's langgraph.json", "langgraph.json")
  .option("--port <number>", "the port, or the first free one after it (PORT, 8123)", portNumber)
  .option("--host <address>", "the address to listen on (HOST, 127.0.0.1)")
  .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)")
  .action(async (options) => {
    const { serve } = await import("./main.ts");
    const given = { PORT: options.port, HOST: options.host, DATABASE_URL: options.database };
    const environment = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    await serve({ configPath: options.config, environment });
  });

addEvalCommand(program);
addExportCommands(program);
addIngestCommand(program);
addStatsCommand(program);

function portNumber(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError("Expected a whole number from 0 to 65535.");
}

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
