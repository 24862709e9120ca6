/** A route is an entry of a table: method, path, the schemas of what comes in and goes out, and a function that answers. */
import type { Express, Request, Response } from "express";
import { z } from "zod";
import type { Limits } from "../config.ts";
import { SignalboxError } from "../errors.ts";
import { ownerOf } from "./authentication.ts";
import { readBody } from "./body.ts";
import { sendJson } from "./send.ts";
import { check } from "./validation.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** A JSON answer (without a body where `body` is undefined), or "sent" where the route has written it itself. */
export type Answer = { status?: number; body?: unknown; headers?: Record<string, string> } | "sent";

/** What a route gets of a request: who asks (nobody on an open route), and the parsed parts. */
export interface Call<Path, Query, Body> {
  owner: string;
  path: Path;
  query: Query;
  body: Body;
  request: Request;
  response: Response;
}

/** What a route takes and gives, for the checks and for /openapi.json. */
export interface RouteShape {
  method: Method;
  /** In Express's notation: /threads/:thread_id */
  path: string;
  /** One line that says what the route does. */
  summary: string;
  /** The status of success; 200 unless given. */
  status?: number;
  /** Answered without a key too: nobody's data is in it, or the path itself holds the permission. */
  open?: boolean;
  /** The schema of the JSON answer; a stream of events is "events". */
  gives?: z.ZodType | "events";
}

interface Definition<Path, Query, Body> extends RouteShape {
  params?: z.ZodType<Path>;
  query?: z.ZodType<Query>;
  body?: z.ZodType<Body>;
  answer(call: Call<Path, Query, Body>): Promise<Answer>;
}

export interface Route extends RouteShape {
  readonly schemas: { readonly params: z.ZodType; readonly query: z.ZodType; readonly body: z.ZodType | undefined };
  handle(request: Request, response: Response, limits: Limits): Promise<void>;
}

const nothing = z.object({});

/** Ties a definition's schemas to its function: by the time `answer` runs, all parts are checked. */
export function route<Path = unknown, Query = unknown, Body = unknown>(
  definition: Definition<Path, Query, Body>,
): Route {
  const { params, query, body, answer, ...shape } = definition;
  return {
    ...shape,
    schemas: { params: params ?? nothing, query: query ?? nothing, body },
    async handle(request, response, limits) {
      const reply = await answer({
        owner: shape.open ? "" : ownerOf(response),
        // Without a schema the type of a part is unknown, so that nobody can use it unchecked.
        path: (params ? check(params, request.params, "path") : undefined) as Path,
        query: (query ? check(query, request.query, "query") : undefined) as Query,
        body: (body ? check(body, await readBody(request, limits), "body") : undefined) as Body,
        request,
        response,
      });
      if (reply === "sent") return;
      const { status = shape.status ?? 200, headers = {} } = reply;
      if (reply.body === undefined) response.writeHead(status, headers).end();
      else sendJson(response, status, reply.body, headers);
    },
  };
}

/** Mounts the table on an app. */
export function mount(app: Express, routes: readonly Route[], limits: Limits): void {
  for (const entry of routes) {
    app[entry.method](entry.path, (request, response) => entry.handle(request, response, limits));
  }
}

/** Mounts, behind the table, what answers the wrong method on a known path. */
export function refuseOtherMethods(app: Express, routes: readonly Route[]): void {
  for (const [path, entries] of Map.groupBy(routes, (entry) => entry.path)) {
    const allowed = entries.map((entry) => entry.method.toUpperCase()).join(", ");
    app.route(path).all((request, response) => {
      response.setHeader("allow", allowed);
      throw new SignalboxError("method-not-allowed", `${request.method} is not for ${path}; allowed: ${allowed}`);
    });
  }
}
