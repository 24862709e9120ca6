/**
 * Real servers for tests, each on a port and a database of its own.
 *
 *     const server = await startTestServer();                       // in this process, the engine's fixture graphs
 *     await fetch(`${server.url}/ok`);
 *     await server.close();
 *
 *     const child = await spawnTestServer({ environment: { DATABASE_URL: url } });   // the real command, on its own
 *     await child.kill("SIGKILL");
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Environment } from "../../src/config.ts";
import { start } from "../../src/main.ts";
import { createTestDatabase, type DatabaseKind } from "./databases.ts";

export interface TestServerOptions {
  /** A folder under test/fixtures with a langgraph.json; "engine" unless given. */
  graphs?: string;
  /** The server's variables, on top of a free port, no log, and the database. */
  environment?: Environment;
  /** The kind of the fresh database; "sqlite" unless given. A DATABASE_URL in `environment` wins. */
  database?: DatabaseKind;
}

export interface TestServer {
  url: string;
  /** Where the server's rows are, for a second server on the same ones. */
  databaseUrl: string;
  /** Drains the server, and drops the database that was made for it. */
  close(): Promise<void>;
}

export interface ChildServer extends TestServer {
  process: ChildProcess;
  /** Sends the signal, and resolves with the exit code (null: killed by it) when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a server in this process, through main's `start`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { configPath, environment, databaseUrl, drop } = await settings(options);
  const server = await start({ configPath, environment });
  return {
    url: server.url,
    databaseUrl,
    async close() {
      await server.close();
      await drop();
    },
  };
}

/** Starts the real command as a process of its own; resolves when it says that it listens. */
export async function spawnTestServer(options: TestServerOptions = {}): Promise<ChildServer> {
  const { configPath, environment, databaseUrl, drop } = await settings(options);
  const command = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  const child = spawn(process.execPath, [command, "start", "--config", configPath], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    url: await listening(child, exited),
    databaseUrl,
    process: child,
    kill,
    async close() {
      await kill("SIGKILL");
      await drop();
    },
  };
}

async function settings({ graphs = "engine", environment = {}, database = "sqlite" }: TestServerOptions) {
  const given = environment.DATABASE_URL;
  const fresh = given === undefined ? await createTestDatabase(database) : { url: given, drop: async () => {} };
  return {
    configPath: fileURLToPath(new URL(`../fixtures/${graphs}/langgraph.json`, import.meta.url)),
    environment: { PORT: "0", LOG_LEVEL: "silent", DATABASE_URL: fresh.url, ...environment },
    databaseUrl: fresh.url,
    drop: fresh.drop,
  };
}

/** The address in the line that the command greets with; what it prints later is read and thrown away. */
async function listening(child: ChildProcess, exited: Promise<unknown[]>): Promise<string> {
  if (!child.stdout) throw new Error("the server's stdout is not piped");
  const address = Promise.withResolvers<string>();
  createInterface(child.stdout).on("line", (line) => {
    const [url] = /http:\/\/\S+/.exec(line) ?? [];
    if (url) address.resolve(url);
  });
  const ended = exited.then(([code]) => {
    throw new Error(`the server ended with code ${code} before it listened`);
  });
  return await Promise.race([address.promise, ended]);
}
