/** The targets of a run's suites; graphs run on one engine over a database that is thrown away with it. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { configure, type Environment } from "../../config.ts";
import type { ExperimentOf } from "../../langfuse/tracing.ts";
import { lendCassette } from "../../llm/chat-model.ts";
import { type OpenedEngine, openEngine } from "../../main.ts";
import { cassetteModel, type Suite } from "../suite.ts";
import { createGraphTargets } from "../target/graph-target.ts";
import { functionTarget, type Target } from "../target/target.ts";

export interface Targets {
  of(suite: Suite): Target;
  close(): Promise<void>;
}

export interface TargetOptions {
  readonly configPath: string;
  readonly environment: Environment;
  readonly experimentOf?: ExperimentOf | undefined;
}

/** All items are traced, however few of the users' runs are, and kept apart from those. */
const evalTraces: Environment = { LANGFUSE_SAMPLE_RATE: "1", LANGFUSE_TRACING_ENVIRONMENT: "evals" };

/**
 * @param environment over the process's own: the model. The database, the address and who may come in are set here.
 * @throws SignalboxError where a graph is wanted and the project cannot be opened
 */
export async function openTargets(suites: readonly Suite[], options: TargetOptions): Promise<Targets> {
  const environment = { ...options.environment, ...evalTraces };
  const graphs = suites.some(({ target }) => typeof target === "string")
    ? await openGraphs(suites, { ...options, environment })
    : undefined;
  if (!graphs) configure(environment);
  return {
    of(suite) {
      if (typeof suite.target === "function") return functionTarget(suite.target);
      if (!graphs) throw new Error(`the suite ${suite.name} was not among those that were opened`);
      return graphs.open(suite);
    },
    close: async () => graphs?.close(),
  };
}

async function openGraphs(suites: readonly Suite[], { configPath, environment, experimentOf }: TargetOptions) {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-evals-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const targets = createGraphTargets();
  const own = {
    DATABASE_URL: `sqlite:${join(folder, "evals.db")}`,
    HOST: "127.0.0.1",
    // Everything belongs to the one local owner, and what fails stands in the results.
    API_KEYS: "",
    LOG_LEVEL: "silent",
  };
  // What one suite lacks fails its own items, and no other's.
  const lacking = new Map<Suite, unknown>();
  const prepare = async (opened: OpenedEngine) => {
    for (const suite of suites) {
      try {
        if (suite.cassette) lendCassette(cassetteModel(suite), suite.cassette);
      } catch (error) {
        lacking.set(suite, error);
      }
    }
    // The same for all suites, so that what one of them finds does not depend on which others run beside it.
    await opened.ingestOwnDocuments();
    const documents = join(dirname(resolve(configPath)), "evals", "documents");
    if (existsSync(documents)) await opened.ingestFolder(documents);
  };
  try {
    const opened = await openEngine({
      configPath,
      environment: { ...environment, ...own },
      observers: [targets.observer],
      experimentOf,
    });
    await prepare(opened).catch(async (error) => {
      await opened.close();
      throw error;
    });
    return {
      open: (suite: Suite) =>
        lacking.has(suite)
          ? functionTarget(() => Promise.reject(lacking.get(suite)))
          : targets.open(opened.engine, suite),
      close: async () => {
        await opened.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
