/**
 * A Langfuse on loopback: it holds each request against Langfuse's API description, keeps what it is sent, and can
 * misbehave.
 *
 *     await using langfuse = await startLangfuse();
 *     const server = await startTestServer({ environment: langfuse.environment });
 *     …
 *     await langfuse.until(() => langfuse.traces().length === 1);
 *     expect(langfuse.problems).toEqual([]);
 *
 *     langfuse.behaviour = 500;                      // or 401, 429 …, "hang", "cut"
 *     await langfuse.down();  …  await langfuse.up();   // nobody listens, and then on the same port again
 */
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { holdPort } from "./hold-port.ts";
import { problemsOfRequest } from "./langfuse-openapi.ts";
import { assembleTraces, type ReceivedSpan, type ReceivedTrace, spansOf } from "./langfuse-traces.ts";

export interface ReceivedRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: unknown;
}

/** As Langfuse knows it, whichever of its two doors it came through. */
export interface ReceivedScore {
  id?: string;
  traceId?: string;
  name: string;
  value: unknown;
  dataType?: string;
  comment?: string;
  [key: string]: unknown;
}

/** Answers as it should, with this status and nothing else, never, or by closing the connection. */
export type Behaviour = "well" | number | "hang" | "cut";

/** As Langfuse 4, which has no dataset runs. */
export const version4 = ({ path }: ReceivedRequest): Behaviour => (path.endsWith("/dataset-run-items") ? 404 : "well");

export interface LangfuseReceiver extends AsyncDisposable {
  readonly url: string;
  /** What a server needs to send its traces here. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for all requests, or one for each. */
  behaviour: Behaviour | ((request: ReceivedRequest) => Behaviour);
  /** Everything that came, in order, answered well or not. */
  readonly requests: readonly ReceivedRequest[];
  /** What was wrong with requests, by Langfuse's description; a test ends with none. */
  readonly problems: readonly string[];
  /** Of what was answered well. */
  traces(): ReceivedTrace[];
  trace(id: string): ReceivedTrace | undefined;
  spans(): readonly ReceivedSpan[];
  /** Of what was answered well; one that came again under its id counts once, as it came last. */
  scores(): ReceivedScore[];
  /** name -> text, version and labels, to be set by a test; and those that were created. */
  readonly prompts: Map<string, { prompt: string; version: number; labels: string[] }>;
  /** What was created, by dataset, in order. */
  readonly datasetItems: Record<string, unknown>[];
  readonly datasetRunItems: Record<string, unknown>[];
  /** Resolves as soon as `isThere` holds; it is asked again after each request. */
  until(isThere: () => boolean): Promise<void>;
  /** Closes the port and all connections. */
  down(): Promise<void>;
  up(): Promise<void>;
}

const publicKey = "pk-lf-test";
const secretKey = "sk-lf-test-0123456789abcdef";
const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString("base64")}`;

export async function startLangfuse(): Promise<LangfuseReceiver> {
  const requests: ReceivedRequest[] = [];
  const problems: string[] = [];
  const spans: ReceivedSpan[] = [];
  const scores = new Map<string, ReceivedScore>();
  const prompts: LangfuseReceiver["prompts"] = new Map();
  const datasets = new Map<string, Record<string, unknown>>();
  const datasetItems: Record<string, unknown>[] = [];
  const datasetRunItems: Record<string, unknown>[] = [];
  const heard = new EventEmitter().setMaxListeners(0);
  const now = () => new Date().toISOString();
  let server = await listen(0);
  let held: AsyncDisposable | undefined;
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const keepScore = (score: ReceivedScore) => {
    const id = score.id ?? crypto.randomUUID();
    scores.set(id, { ...score, id });
    return id;
  };
  const createDataset = (name: string) => {
    const dataset = {
      id: `dataset-${name}`,
      name,
      projectId: "test",
      metadata: null,
      createdAt: now(),
      updatedAt: now(),
    };
    datasets.set(name, datasets.get(name) ?? dataset);
    return datasets.get(name);
  };

  /** `METHOD /path` -> what to do with it; undefined is a 404. */
  const answers: [RegExp, (request: ReceivedRequest, match: string[]) => unknown][] = [
    [
      /^POST \/(?:api\/public\/otel\/)?v1\/traces$/,
      ({ body }) => {
        spans.push(...spansOf(body));
        return {};
      },
    ],
    [
      /^POST \/api\/public\/ingestion$/,
      ({ body }) => {
        const { batch } = body as { batch: { id: string; type: string; body: ReceivedScore }[] };
        for (const event of batch) if (event.type === "score-create") keepScore(event.body);
        const refused = batch.filter(({ type }) => type !== "score-create");
        return {
          successes: batch.filter(({ type }) => type === "score-create").map(({ id }) => ({ id, status: 201 })),
          errors: refused.map(({ id }) => ({ id, status: 400, message: "events_only" })),
        };
      },
    ],
    [/^POST \/api\/public\/scores$/, ({ body }) => ({ id: keepScore(body as ReceivedScore) })],
    [
      /^GET \/api\/public\/v2\/prompts\/([^?]+)/,
      ({ path }, [name = ""]) => {
        const kept = prompts.get(decodeURIComponent(name));
        const label = new URL(path, url).searchParams.get("label") ?? "production";
        if (!kept?.labels.includes(label)) return undefined;
        return { type: "text", name: decodeURIComponent(name), ...kept, config: {}, tags: [] };
      },
    ],
    [
      /^POST \/api\/public\/v2\/prompts$/,
      ({ body }) => {
        const { name, prompt, labels = [] } = body as { name: string; prompt: string; labels?: string[] };
        const created = { prompt, labels, version: (prompts.get(name)?.version ?? 0) + 1 };
        prompts.set(name, created);
        return { type: "text", name, ...created, config: {}, tags: [] };
      },
    ],
    [/^GET \/api\/public\/projects$/, () => ({ data: [{ id: "test", name: "test", metadata: {} }] })],
    [/^POST \/api\/public\/v2\/datasets$/, ({ body }) => createDataset((body as { name: string }).name)],
    [/^GET \/api\/public\/v2\/datasets\/([^?]+)$/, (_, [name = ""]) => datasets.get(decodeURIComponent(name))],
    [
      /^POST \/api\/public\/dataset-items$/,
      ({ body }) => {
        const item = { id: crypto.randomUUID(), status: "ACTIVE", createdAt: now(), ...(body as object) };
        const known = datasetItems.findIndex(({ id }) => id === item.id);
        datasetItems.splice(known < 0 ? datasetItems.length : known, 1, item);
        return item;
      },
    ],
    [
      /^GET \/api\/public\/dataset-items\?/,
      ({ path }) => {
        const query = new URL(path, url).searchParams;
        const items = datasetItems.filter(({ datasetName }) => datasetName === query.get("datasetName"));
        const [page, limit] = [Number(query.get("page") ?? 1), Number(query.get("limit") ?? 50)];
        const meta = { page, limit, totalItems: items.length, totalPages: Math.ceil(items.length / limit) };
        return { data: items.slice((page - 1) * limit, page * limit), meta };
      },
    ],
    [
      /^POST \/api\/public\/dataset-run-items$/,
      ({ body }) => {
        const item = { id: crypto.randomUUID(), createdAt: now(), ...(body as { runName: string }) };
        datasetRunItems.push(item);
        return { ...item, datasetRunId: item.runName, datasetRunName: item.runName };
      },
    ],
  ];

  async function listen(atPort: number): Promise<Server> {
    const fresh = createServer(onRequest).listen(atPort, "127.0.0.1");
    await once(fresh, "listening");
    return fresh;
  }

  async function onRequest(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const body = method === "GET" ? undefined : await json(incoming).catch(() => undefined);
    const request = { method, path, headers, body };
    requests.push(request);
    const isOtlp = path === "/v1/traces";
    if (!isOtlp) problems.push(...problemsOfRequest(method, path, body));
    const behaviour = typeof receiver.behaviour === "function" ? receiver.behaviour(request) : receiver.behaviour;
    if (behaviour === "cut") incoming.socket.destroy();
    else if (typeof behaviour === "number") send(response, behaviour, { message: "misbehaving" });
    else if (behaviour === "well") {
      if (!isOtlp && headers.authorization !== authorization) send(response, 401, { message: "Invalid credentials" });
      else answer(request, response);
    }
    heard.emit("request");
  }

  function answer(request: ReceivedRequest, response: ServerResponse): void {
    const asked = `${request.method} ${request.path}`;
    const [pattern, act] = answers.find(([each]) => each.test(asked)) ?? [];
    const result = act?.(request, pattern?.exec(asked)?.slice(1) ?? []);
    const status = request.path.endsWith("/ingestion") ? 207 : 200;
    send(response, result === undefined ? 404 : status, result ?? { message: "not found" });
  }

  async function down(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
    held = await holdPort(port);
  }

  const receiver: LangfuseReceiver = {
    url,
    environment: { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey, LANGFUSE_BASE_URL: url },
    behaviour: "well",
    requests,
    problems,
    traces: () => assembleTraces(spans),
    trace: (id) => assembleTraces(spans).find((trace) => trace.id === id),
    spans: () => spans,
    scores: () => [...scores.values()],
    prompts,
    datasetItems,
    datasetRunItems,
    async until(isThere) {
      while (!isThere()) await once(heard, "request");
    },
    down,
    async up() {
      server = await listen(port);
      await held?.[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await down();
      await held?.[Symbol.asyncDispose]();
    },
  };
  return receiver;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
