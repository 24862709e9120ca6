/**
 * Puts the server together and takes it down again; the only file that knows everyone.
 *
 *   config ─▶ database ─▶ graphs ─▶ engine ─▶ app ─▶ port
 */
import type { Server } from "node:http";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, pino, stdSerializers } from "pino";
import { closeTools, describeTools } from "../tools/registry.ts";
import { type Config, configure, currentConfig, type Environment } from "./config.ts";
import type { Engine } from "./engine/contract.ts";
import { createEngine } from "./engine/engine.ts";
import { type GraphEntry, loadGraphs } from "./engine/graphs.ts";
import { createMonitoring, type Monitoring } from "./engine/monitoring.ts";
import type { RunObserver } from "./engine/observer.ts";
import { openProject } from "./engine/project.ts";
import { createApp } from "./http/app.ts";
import { listen, portOf, stopListening } from "./http/listen.ts";
import type { ExperimentOf } from "./langfuse/tracing.ts";
import { describeModel } from "./llm/chat-model.ts";
import { costOf, readPrices } from "./llm/prices.ts";
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
/** Lines of the log that wait for a disk that takes none. */
const unwrittenBytes = 1024 * 1024;
const exitCodes = { SIGINT: 130, SIGTERM: 143 };

/** An engine with all that it stands on, and no door to it. */
export interface OpenedEngine {
  readonly engine: Engine;
  readonly monitoring: Monitoring;
  readonly config: Config;
  readonly graphs: readonly GraphEntry[];
  readonly log: Logger;
  /** What a person wants to read about tools and project, line by line. */
  readonly notes: readonly string[];
  /** Takes in Signalbox's own documents, at the first call, where its own graphs are served. Never fails. */
  ingestOwnDocuments(): Promise<void>;
  /** Takes in the documents of a folder for everybody. @throws SignalboxError "unreadable-document" */
  ingestFolder(folder: string): Promise<void>;
  /** Lets running work come to a stop, and closes the database. */
  close(): Promise<void>;
}

/** The langgraph.json of this repository. */
const ownProject = fileURLToPath(new URL("../langgraph.json", import.meta.url));

/**
 * Opens the engine that a server, or the evals, run on; unfinished runs have been taken up by then.
 * @param options.observers watch its runs beside those that the configuration asks for
 * @param options.experimentOf says which runs are items of an experiment in Langfuse
 * @throws SignalboxError with a reason that a person can act on
 */
export async function openEngine(
  options: StartOptions & {
    readonly observers?: readonly RunObserver[];
    readonly experimentOf?: ExperimentOf | undefined;
  },
): Promise<OpenedEngine> {
  const { configPath, environment = {}, observers = [], experimentOf } = options;
  const project = await openProject(configPath);
  const config = configure(environment);
  readPrices();
  const log = createLog(config);
  // What a start that fails half way has to take back, and a close takes down, last first.
  await using begun = new AsyncDisposableStack();
  const database = await openDatabase(config.database);
  begun.defer(() => database.close());
  const graphs = await loadGraphs(project);
  const tools = await describeTools();
  begun.defer(closeTools);
  const monitoring = createMonitoring({ database, limits: config.limits, log, costOf });
  const watching = [...observers, monitoring.observer, ...(await openTracing(config, log, experimentOf))];
  const feedbackReceiver = await openScores(config);
  const engine = await createEngine({ database, graphs, config, log, observers: watching, feedbackReceiver });
  begun.defer(() => engine.drain());
  await engine.recover();
  let ingested: Promise<void> | undefined;
  begun.defer(() => ingested ?? Promise.resolve());
  const opened = begun.move();
  return {
    engine,
    monitoring,
    config,
    graphs: graphs.list(),
    log,
    notes: [tools, ...project.warnings],
    async ingestOwnDocuments() {
      if (resolve(configPath) !== ownProject) return;
      ingested ??= import("./retrieval/own-documents.ts")
        .then((own) => own.ingestOwnDocuments(database))
        .catch((error) => log.warn({ err: error }, "own-documents-not-ingested"));
      return ingested;
    },
    async ingestFolder(folder) {
      const { ingestProjectDocuments } = await import("./retrieval/project-documents.ts");
      await ingestProjectDocuments(database, dirname(resolve(configPath)), folder);
    },
    close: () => opened.disposeAsync(),
  };
}

/** Nothing of it is loaded where no settings ask for it: start-up time and memory. */
async function openTracing(config: Config, log: Logger, experimentOf?: ExperimentOf): Promise<RunObserver[]> {
  if (!config.langfuse && !config.otlp) return [];
  const { createTracing } = await import("./langfuse/tracing.ts");
  return [createTracing({ config, log, costOf, experimentOf })];
}

/**
 * Starts a server and resolves when it listens.
 * @throws SignalboxError with a reason that a person can act on
 */
export async function start(options: StartOptions): Promise<RunningServer> {
  const opened = await openEngine(options);
  const { engine, monitoring, config, graphs, log } = opened;
  await using begun = new AsyncDisposableStack();
  begun.defer(() => opened.close());
  const server = await listen(createApp({ engine, monitoring, config, log }), config);
  begun.move();
  // Not before the port is open: nobody waits for it.
  void opened.ingestOwnDocuments();
  const port = portOf(server);
  const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
  let closing: Promise<void> | undefined;
  return {
    url,
    port,
    greeting: [
      `Signalbox listens on ${url}${port === config.port || config.port === 0 ? "" : ` (port ${config.port} is taken)`}`,
      `Routes: ${url}/docs. LangGraph Studio: https://smith.langchain.com/studio/?baseUrl=${url}`,
      describeModel(),
      `Database: ${describeDatabase(config.database)}`,
      ...describeGraphs(graphs),
      ...opened.notes,
    ],
    close() {
      closing ??= stop(server, opened);
      return closing;
    },
  };
}

async function stop(server: Server, opened: OpenedEngine): Promise<void> {
  const gone = stopListening(server);
  // Streams end when their runs do; the engine has to stop before the connections can be closed.
  await opened.engine.drain();
  // The streams have ended by now; what stays open is a client that does not read.
  const late = setTimeout(() => server.closeAllConnections(), unreadMs);
  await gone;
  clearTimeout(late);
  await opened.close();
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

/** Where feedback goes; undefined, and nothing loaded, without Langfuse's keys, or where no traces are wanted there. */
async function openScores({ langfuse, traceSampleRate }: Config) {
  if (!langfuse || traceSampleRate === 0) return undefined;
  return (await import("./langfuse/scores.ts")).createScoreReceiver(langfuse);
}

function createLog({ logLevel }: Config): Logger {
  const destination = pino.destination({ fd: 2, sync: true, maxLength: unwrittenBytes });
  destination.on("error", () => {
    // A log on a full disk: its lines wait, then the next ones are dropped, and the server serves.
  });
  return pino({ level: logLevel, serializers: { error: stdSerializers.err } }, destination);
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
