/** Spans as they come in OTLP's JSON, put together to traces the way Langfuse does it. */

/** One span, with Langfuse's attributes under short names. */
export interface ReceivedSpan {
  id: string;
  traceId: string;
  parentId: string | undefined;
  name: string;
  /** span, generation, tool, retriever, agent, chain … */
  type: string;
  level: string;
  statusMessage: string | undefined;
  /** Parsed where it is JSON. */
  input: unknown;
  output: unknown;
  metadata: Record<string, unknown>;
  /** In ms since 1970. */
  start: number;
  end: number;
  /** All of them, as they came. */
  attributes: Record<string, unknown>;
}

export interface ReceivedTrace {
  id: string;
  name: unknown;
  userId: unknown;
  sessionId: unknown;
  tags: unknown;
  version: unknown;
  environment: unknown;
  release: unknown;
  input: unknown;
  output: unknown;
  metadata: Record<string, unknown>;
  /** In the order in which they began. */
  spans: ReceivedSpan[];
}

/** All spans of a body of `POST …/v1/traces`. */
export function spansOf(body: unknown): ReceivedSpan[] {
  return list(body, "resourceSpans")
    .flatMap((resource) => list(resource, "scopeSpans"))
    .flatMap((scope) => list(scope, "spans"))
    .map(toSpan);
}

/** Later spans win where two say different things of their trace. */
export function assembleTraces(spans: readonly ReceivedSpan[]): ReceivedTrace[] {
  const byTrace = Map.groupBy(spans, ({ traceId }) => traceId);
  return [...byTrace].map(([id, received]) => {
    const byId = new Map(received.map((span) => [span.id, span]));
    const depthOf = ({ parentId = "" }: ReceivedSpan): number => {
      const parent = byId.get(parentId);
      return parent ? depthOf(parent) + 1 : 0;
    };
    // Of those that began in the same millisecond, what is around the other is first.
    const sorted = received.toSorted((one, other) => one.start - other.start || depthOf(one) - depthOf(other));
    const said = (name: string) => received.findLast(({ attributes }) => name in attributes)?.attributes[name];
    return {
      id,
      name: said("langfuse.trace.name"),
      userId: said("user.id"),
      sessionId: said("session.id"),
      tags: said("langfuse.trace.tags"),
      version: said("langfuse.version"),
      environment: said("langfuse.environment"),
      release: said("langfuse.release"),
      input: parsed(said("langfuse.trace.input")),
      output: parsed(said("langfuse.trace.output")),
      metadata: Object.assign({}, ...received.map(({ attributes }) => under("langfuse.trace.metadata.", attributes))),
      spans: sorted,
    };
  });
}

/** What keeps a trace from being one tree of spans with one owner, line by line. */
export function flawsOf({ spans }: ReceivedTrace): string[] {
  const ids = spans.map(({ id }) => id);
  const roots = spans.filter(({ parentId }) => !parentId);
  const owners = new Set(spans.map(({ attributes }) => `${attributes["user.id"]} in ${attributes["session.id"]}`));
  return [
    ...(roots.length === 1 ? [] : [`it has ${roots.length} roots: ${roots.map(({ name }) => name).join(", ")}`]),
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `two spans have the id ${id}`),
    ...(owners.size > 1 ? [`it has several owners: ${[...owners].join(", ")}`] : []),
    ...spans.flatMap(({ name, parentId, start, end }) => [
      ...(parentId && !ids.includes(parentId) ? [`the parent of ${name} is missing`] : []),
      ...(end < start ? [`${name} ends before it begins`] : []),
    ]),
  ];
}

function toSpan(span: unknown): ReceivedSpan {
  const { traceId, spanId, parentSpanId, name, startTimeUnixNano, endTimeUnixNano } = span as Record<string, string>;
  const attributes = Object.fromEntries(
    list(span, "attributes").map((attribute) => {
      const { key, value } = attribute as { key: string; value: unknown };
      return [key, plain(value)];
    }),
  );
  const text = (part: string) => attributes[`langfuse.observation.${part}`];
  return {
    id: spanId ?? "",
    traceId: traceId ?? "",
    parentId: parentSpanId || undefined,
    name: name ?? "",
    type: String(text("type") ?? "span"),
    level: String(text("level") ?? "DEFAULT"),
    statusMessage: text("status_message") as string | undefined,
    input: parsed(text("input")),
    output: parsed(text("output")),
    metadata: under("langfuse.observation.metadata.", attributes),
    start: Number(BigInt(startTimeUnixNano ?? 0) / 1000n) / 1000,
    end: Number(BigInt(endTimeUnixNano ?? 0) / 1000n) / 1000,
    attributes,
  };
}

function plain(value: unknown): unknown {
  const [[kind, content] = []] = Object.entries(Object(value)) as [string, unknown][];
  if (kind === "arrayValue") return list(content, "values").map(plain);
  return kind === "intValue" ? Number(content) : content;
}

function under(prefix: string, attributes: Record<string, unknown>): Record<string, unknown> {
  const found = Object.entries(attributes).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), parsed(value)]));
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function list(value: unknown, name: string): unknown[] {
  const found = (value as Record<string, unknown>)[name];
  return Array.isArray(found) ? found : [];
}
