/** The same spans by OpenTelemetry's names for generative AI, for backends that know Langfuse's names as little as we do theirs. */
import type { Attributes } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { withFields } from "./sent-span.ts";

type Resource = ReadableSpan["resource"];
type Fields = Record<string, unknown>;

const operations: Readonly<Record<string, string>> = {
  agent: "invoke_agent",
  generation: "chat",
  tool: "execute_tool",
  retriever: "retrieval",
};

/** A span with `gen_ai.*` attributes beside its own; one that is no model's, tool's, retriever's or agent's, as it is. */
export function withGenAiNames(span: ReadableSpan): ReadableSpan {
  const own = span.attributes;
  const operation = operations[String(own["langfuse.observation.type"])];
  const conversation = own["session.id"];
  const genAi: Fields = {
    ...(conversation !== undefined && { "gen_ai.conversation.id": conversation }),
    ...(operation && { "gen_ai.operation.name": operation, ...byOperation(operation, span) }),
    ...(own["langfuse.observation.level"] === "ERROR" && { "error.type": "_OTHER" }),
  };
  return withFields(span, { resource: named(span.resource), attributes: { ...own, ...present(genAi) } });
}

const resources = new WeakMap<Resource, Resource>();

/** The process as what it is, unless the environment names it. */
function named(resource: Resource): Resource {
  const known = resources.get(resource);
  if (known) return known;
  const { attributes } = resource;
  const isUnnamed = String(attributes["service.name"]).startsWith("unknown_service");
  const value = { ...attributes, ...(isUnnamed && { "service.name": "signalbox" }) };
  const made = Object.create(resource, { attributes: { value, enumerable: true } }) as Resource;
  resources.set(resource, made);
  return made;
}

function byOperation(operation: string, { name, attributes: own }: ReadableSpan): Fields {
  const input = own["langfuse.observation.input"];
  const output = own["langfuse.observation.output"];
  if (operation === "invoke_agent")
    return {
      "gen_ai.agent.name": name,
      "gen_ai.agent.id": own["langfuse.trace.metadata.assistant_id"],
      "gen_ai.input.messages": inParts([{ role: "user", content: input }]),
      "gen_ai.output.messages": inParts([{ role: "assistant", content: output }]),
    };
  if (operation === "execute_tool")
    return {
      "gen_ai.tool.name": name,
      "gen_ai.tool.call.id": own["langfuse.observation.metadata.tool_call_id"],
      "gen_ai.tool.call.arguments": input,
      "gen_ai.tool.call.result": output,
    };
  if (operation === "retrieval") return { "gen_ai.data_source.id": name, "gen_ai.retrieval.query.text": input };
  return byModel(own, input, output);
}

function byModel(own: Attributes, input: unknown, output: unknown): Fields {
  const parameters = parsed(own["langfuse.observation.model.parameters"]) as Fields;
  const usage = parsed(own["langfuse.observation.usage_details"]) as Record<string, number>;
  const model = own["langfuse.observation.model.name"];
  const sum = (kind: string) =>
    Object.entries(usage).reduce((total, [name, tokens]) => total + (name.startsWith(kind) ? tokens : 0), 0);
  const given = parsed(input);
  const messages = Array.isArray(given) ? given : (Object(given) as Fields).messages;
  return {
    "gen_ai.provider.name": own["langfuse.observation.metadata.ls_provider"],
    "gen_ai.request.model": model,
    "gen_ai.response.model": model,
    "gen_ai.request.temperature": parameters.temperature,
    "gen_ai.request.max_tokens": parameters.max_tokens ?? parameters.max_completion_tokens,
    "gen_ai.request.top_p": parameters.top_p,
    "gen_ai.usage.input_tokens": usage.total === undefined ? undefined : sum("input"),
    "gen_ai.usage.output_tokens": usage.total === undefined ? undefined : sum("output"),
    "gen_ai.input.messages": inParts(Array.isArray(messages) ? messages : [{ role: "user", content: input }]),
    "gen_ai.output.messages": inParts([parsed(output)]),
  };
}

/** Messages as OpenTelemetry has them: each a role and a list of parts. */
function inParts(messages: readonly unknown[]): string {
  const inForm = messages.map((message) => {
    const { role = "assistant", content = message, tool_calls, tool_call_id } = Object(message) as Fields;
    const text = typeof content === "string" ? content : JSON.stringify(content);
    if (role === "tool") return { role, parts: [{ type: "tool_call_response", id: tool_call_id, response: text }] };
    const calls = Array.isArray(tool_calls) ? (tool_calls as Fields[]) : [];
    const called = calls.map(({ id, name, args }) => ({ type: "tool_call", id, name, arguments: args }));
    return { role, parts: [...(text ? [{ type: "text", content: text }] : []), ...called] };
  });
  return JSON.stringify(inForm);
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return {};
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function present(fields: Fields): Attributes {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Attributes;
}
