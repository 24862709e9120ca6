/**
 * Puts the server together and takes it down again; the only file that knows everyone.
 *
 *   config ─▶ database ─▶ graphs ─▶ engine ─▶ app ─▶ port
 */
import { relative } from "node:path";
import { pino } from "pino";
import { type Config, configure, type Environment } from "./config.ts";
import { createEngine } from "./engine/engine.ts";
import { type GraphEntry, loadGraphs } from "./engine/graphs.ts";
import { openProject } from "./engine/project.ts";
import { createApp } from "./http/app.ts";
import { listen, portOf, stopListening } from "./http/listen.ts";
import { describeModel } from "./llm/chat-model.ts";
import { openDatabase } from "./storage/open.ts";

export interface StartOptions {
  /** Path of langgraph.json. */
  readonly configPath: string;
  /** Put on top of the process's environment: what the command line sets. */
  readonly environment?: Environment;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** What a person wants to read at the start, line by line. */
  readonly greeting: readonly string[];
  /** Takes no more connections, lets running work come to a stop, closes the database. */
  close(): Promise<void>;
}

/** How long the last bytes of an ended stream may take to a client. */
const unreadMs = 1000;
const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/**
 * Starts a server and resolves when it listens; unfinished runs have been taken up by then.
 * @throws SignalboxError with a reason that a person can act on
 */
export async function start({ configPath, environment = {} }: StartOptions): Promise<RunningServer> {
  const project = await openProject(configPath);
  const config = configure(environment);
  const log = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  const database = await openDatabase(config.database);
  try {
    const graphs = await loadGraphs(project);
    const engine = await createEngine({ database, graphs, config, log });
    await engine.recover();
    const server = await listen(createApp({ engine, config, log }), config);
    const close = async () => {
      const gone = stopListening(server);
      await engine.drain();
      // The streams have ended by now; what stays open is a client that does not read.
      const late = setTimeout(() => server.closeAllConnections(), unreadMs);
      await gone;
      clearTimeout(late);
      await database.close();
    };
    const port = portOf(server);
    const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
    const greeting = [
      `Signalbox listens on ${url}${port === config.port || config.port === 0 ? "" : ` (port ${config.port} is taken)`}`,
      describeModel(),
      `Database: ${describeDatabase(config.database)}`,
      ...describeGraphs(graphs.list()),
      ...project.warnings,
    ];
    let closing: Promise<void> | undefined;
    return {
      url,
      port,
      greeting,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Starts a server, greets on stdout, and drains it on SIGTERM or SIGINT; a second signal ends the process at once. */
export async function serve(options: StartOptions): Promise<void> {
  const server = await start(options);
  process.stdout.write(`${server.greeting.join("\n")}\n`);
  let stopping = false;
  const stop = async (signal: keyof typeof exitCodes) => {
    if (stopping) process.exit(exitCodes[signal]);
    stopping = true;
    process.stdout.write("Stopping: running work comes to its next checkpoint. A second signal stops at once.\n");
    await server.close();
    process.exit(0);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
}

function describeDatabase(database: Config["database"]): string {
  if (database.kind === "sqlite") return `SQLite, ${relative("", database.path) || database.path}`;
  const { host, pathname } = new URL(database.url);
  return `Postgres, ${host}${pathname}`;
}

function describeGraphs(graphs: readonly GraphEntry[]): string[] {
  const served = graphs.filter((graph) => !graph.error).map((graph) => graph.graph_id);
  return [
    `Graphs: ${served.join(", ") || "none"}`,
    ...graphs.flatMap(({ graph_id, error, warning }) => [
      ...(error ? [`Graph ${graph_id} could not be loaded: ${error}`] : []),
      ...(warning ? [`Graph ${graph_id}: ${warning}`] : []),
    ]),
  ];
}
