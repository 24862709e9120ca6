/** The HTTP app: who may come in, then the table of routes, then what answers errors. */
import express, { type Express } from "express";
import { type Logger, stdSerializers } from "pino";
import type { Config } from "../config.ts";
import type { Engine } from "../engine/contract.ts";
import type { Monitoring } from "../engine/monitoring.ts";
import { authentication } from "./authentication.ts";
import { bodyReader } from "./body.ts";
import { chatErrors } from "./chat/errors.ts";
import { documentationRoutes } from "./documentation.ts";
import { errorAnswers, routeNotFound } from "./error-answers.ts";
import { openaiRouter } from "./openai.ts";
import { assistantRoutes } from "./platform/assistants.ts";
import { feedbackRoutes } from "./platform/feedback.ts";
import { infoRoutes } from "./platform/info.ts";
import { runStreamRoutes } from "./platform/run-streams.ts";
import { runRoutes } from "./platform/runs.ts";
import { statsRoutes } from "./platform/stats.ts";
import { storeRoutes } from "./platform/store.ts";
import { threadStateRoutes } from "./platform/thread-state.ts";
import { threadRoutes } from "./platform/threads.ts";
import { requestLog } from "./request-log.ts";
import { mount, type Route, refuseOtherMethods } from "./route.ts";
import { security } from "./security.ts";

export interface AppParts {
  engine: Engine;
  monitoring: Monitoring;
  config: Config;
  log: Logger;
}

/** Builds the app; nothing in it listens yet. */
export function createApp({ engine, monitoring, config, ...parts }: AppParts): Express {
  // With their stacks: JSON alone would make `{}` of an error.
  const log = parts.log.child({}, { serializers: { error: stdSerializers.err } });
  const app = express();
  app.disable("x-powered-by");
  const routes = platformRoutes(engine, monitoring, config);
  const open = routes.filter((entry) => entry.open);
  const closed = routes.filter((entry) => !entry.open);

  app.use(requestLog(log));
  app.use(security(config));
  mount(app, open, config.limits);
  app.use(authentication(config.apiKeys));
  app.use("/v1", bodyReader(config.limits), openaiRouter({ engine, config, log }));
  mount(app, closed, config.limits);
  refuseOtherMethods(app, routes);
  app.use(routeNotFound);
  app.use("/v1", chatErrors(log));
  app.use(errorAnswers(log));
  return app;
}

/** The table of all routes of the Platform API. */
function platformRoutes(engine: Engine, monitoring: Monitoring, config: Pick<Config, "limits">): Route[] {
  const routes = [
    ...infoRoutes,
    ...assistantRoutes(engine),
    ...threadRoutes(engine),
    ...threadStateRoutes(engine),
    ...runRoutes(engine),
    ...runStreamRoutes(engine, config.limits.slowReaderBytes),
    ...feedbackRoutes(engine),
    ...storeRoutes(engine),
    ...statsRoutes(monitoring),
  ];
  return [...routes, ...documentationRoutes(routes)];
}
