/** `signalbox start`: the server. */
import { type Command, InvalidArgumentError } from "commander";

interface StartArguments {
  config: string;
  port?: string;
  host?: string;
  database?: string;
}

export function addStartCommand(program: Command): void {
  program
    .command("start")
    .description("serve the graphs of a langgraph.json")
    .option("--config <file>", "the project's langgraph.json", "langgraph.json")
    .option("--port <number>", "the port, or the first free one after it (PORT, 8123)", portNumber)
    .option("--host <address>", "the address to listen on (HOST, 127.0.0.1)")
    .option("--database <url>", "sqlite:PATH or postgres://… (DATABASE_URL, sqlite:.signalbox/signalbox.db)")
    .action(startServer);
}

async function startServer({ config: configPath, port, host, database }: StartArguments): Promise<void> {
  const { serve } = await import("../main.ts");
  const given = { PORT: port, HOST: host, DATABASE_URL: database };
  const environment = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  await serve({ configPath, environment });
}

function portNumber(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError("Expected a whole number from 0 to 65535.");
}
