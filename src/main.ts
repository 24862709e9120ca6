/**
 * Puts the server together and takes it down again; the only file that knows everyone.
 *
 *   config ─▶ database ─▶ graphs ─▶ engine ─▶ app ─▶ port
 */
import type { Server } from "node:http";
import { type Logger, pino, stdSerializers } from "pino";
import { closeTools, describeTools } from "../tools/registry.ts";
import { type Config, configure, currentConfig, type Environment } from "./config.ts";
import type { Engine } from "./engine/contract.ts";
import { createEngine } from "./engine/engine.ts";
import { type GraphEntry, loadGraphs } from "./engine/graphs.ts";
import { openProject } from "./engine/project.ts";
import { createApp } from "./http/app.ts";
import { listen, portOf, stopListening } from "./http/listen.ts";
import { describeModel } from "./llm/chat-model.ts";
import type { Database } from "./storage/database.ts";
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
/** npm passes Ctrl+C on to a server that has it from the terminal already: so soon it is the same one. */
const echoMs = 500;
const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/**
 * Starts a server and resolves when it listens; unfinished runs have been taken up by then.
 * @throws SignalboxError with a reason that a person can act on
 */
export async function start({ configPath, environment = {} }: StartOptions): Promise<RunningServer> {
  const project = await openProject(configPath);
  const config = configure(environment);
  const log = createLog(config);
  // What a start that fails half way has to take back.
  await using begun = new AsyncDisposableStack();
  const database = await openDatabase(config.database);
  begun.defer(() => database.close());
  const graphs = await loadGraphs(project);
  const tools = await describeTools();
  begun.defer(closeTools);
  const engine = await createEngine({ database, graphs, config, log });
  begun.defer(() => engine.drain());
  await engine.recover();
  const server = await listen(createApp({ engine, config, log }), config);
  begun.move();
  const port = portOf(server);
  const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
  let closing: Promise<void> | undefined;
  return {
    url,
    port,
    greeting: [
      `Signalbox listens on ${url}${port === config.port || config.port === 0 ? "" : ` (port ${config.port} is taken)`}`,
      describeModel(),
      `Database: ${describeDatabase(config.database)}`,
      ...describeGraphs(graphs.list()),
      tools,
      ...project.warnings,
    ],
    close() {
      closing ??= stop({ server, engine, database });
      return closing;
    },
  };
}

async function stop({
  server,
  engine,
  database,
}: {
  server: Server;
  engine: Engine;
  database: Database;
}): Promise<void> {
  const gone = stopListening(server);
  await engine.drain();
  await closeTools();
  // The streams have ended by now; what stays open is a client that does not read.
  const late = setTimeout(() => server.closeAllConnections(), unreadMs);
  await gone;
  clearTimeout(late);
  await database.close();
}

/** Starts a server, greets on stdout, and drains it on SIGTERM or SIGINT; a second signal ends the process at once. */
export async function serve(options: StartOptions): Promise<void> {
  const server = await start(options);
  // Of a user's graph, most likely; the other runs have done nothing to be ended for it.
  const log = createLog(currentConfig());
  process.on("unhandledRejection", (error) => log.error({ err: error }, "promise-failed-unobserved"));
  let stoppingSince: number | undefined;
  const onSignal = async (signal: keyof typeof exitCodes) => {
    if (stoppingSince !== undefined) {
      if (signal === "SIGINT" && performance.now() - stoppingSince < echoMs) return;
      process.exit(exitCodes[signal]);
    }
    stoppingSince = performance.now();
    process.stdout.write("Stopping: running work comes to its next checkpoint. A second signal stops at once.\n");
    const code = await server.close().then(
      () => 0,
      (error) => {
        log.error({ err: error }, "stop-failed");
        return 1;
      },
    );
    process.exit(code);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.stdout.write(`${server.greeting.join("\n")}\n`);
}

function createLog({ logLevel }: Config): Logger {
  return pino({ level: logLevel, serializers: { error: stdSerializers.err } }, pino.destination({ fd: 2, sync: true }));
}

function describeDatabase(database: Config["database"]): string {
  if (database.kind === "sqlite") return `SQLite, ${database.path}`;
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
