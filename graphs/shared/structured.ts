/** A model's reply as data of a given shape, with one chance to repair it. */
import { AIMessage, type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { mergeConfigs, type RunnableConfig } from "@langchain/core/runnables";
import { z } from "zod";
import type { ChatModel } from "../../src/llm/provider.ts";
import { unanswered } from "./outcome.ts";

const longestQuote = 2_000;

/** The model's reply had not the shape that was asked for, nor had its second try. */
export class StructuredOutputError extends Error {
  /** The name of what was asked for. */
  readonly output: string;

  constructor(output: string, reason: string) {
    super(`The model gave no usable "${output}", not in a second try either: ${reason}`);
    this.name = "StructuredOutputError";
    this.output = output;
  }
}

/** A node's config for calls that are not meant for the user: their tokens stay out of the message streams. */
export function quietly<Config extends RunnableConfig>(runtime: Config): Config {
  return mergeConfigs(runtime, { tags: ["nostream"] }) as Config;
}

/**
 * Asks the model for a value of the schema, quietly. A reply that does not fit goes back once, with the reason.
 * @param options.name what is asked for, in one word of letters, digits, _ and -
 * @throws StructuredOutputError if the second reply does not fit either; what the model throws
 */
export async function structured<Value>(
  model: ChatModel,
  schema: z.ZodType<Value>,
  messages: readonly BaseMessage[],
  config: RunnableConfig,
  { name }: { readonly name: string },
): Promise<Value> {
  // As a function to call: of all ways to ask for a shape, the one that every provider and local server knows.
  const asking = model.withStructuredOutput<Record<string, unknown>>(z.toJSONSchema(schema, { io: "input" }), {
    name,
    method: "functionCalling",
    includeRaw: true,
  });
  const ask = async (asked: readonly BaseMessage[]) =>
    read((await asking.invoke([...asked], quietly(config))).raw, schema);
  const first = await ask(messages);
  if (first.reason === undefined) return first.value;
  const second = await ask([...messages, new HumanMessage(repair(name, first.reason, first.said))]);
  if (second.reason === undefined) return second.value;
  throw new StructuredOutputError(name, second.reason);
}

/**
 * The state update that ends a graph whose model gave nothing usable; any other error is thrown on.
 * @param partialWork what there is to show so far, as text
 */
export function unusable(error: unknown, partialWork?: string): ReturnType<typeof unanswered> {
  if (!(error instanceof StructuredOutputError)) throw error;
  return unanswered({ kind: "model-failed", reason: error.message }, partialWork);
}

type Reading<Value> =
  | { readonly value: Value; readonly reason?: undefined }
  | { readonly reason: string; readonly said: string };

/** Reads the call's arguments, or JSON that the model wrote as text instead of a call. */
async function read<Value>(reply: BaseMessage, schema: z.ZodType<Value>): Promise<Reading<Value>> {
  const { tool_calls = [], invalid_tool_calls = [] } = AIMessage.isInstance(reply) ? reply : {};
  const said = invalid_tool_calls[0]?.args ?? reply.text;
  const given = tool_calls[0]?.args ?? jsonIn(said);
  if (given === undefined) return { reason: said.trim() === "" ? "it is empty" : "it is not JSON", said };
  const parsed = await schema.safeParseAsync(given);
  if (parsed.success) return { value: parsed.data };
  return { reason: z.prettifyError(parsed.error), said: JSON.stringify(given) };
}

function jsonIn(text: string): unknown {
  const [, fenced = text] = /```(?:json)?\s*\n(.*?)```/s.exec(text) ?? [];
  try {
    return JSON.parse(fenced);
  } catch {
    return undefined;
  }
}

function repair(name: string, reason: string, said: string): string {
  const quoted = said.length > longestQuote ? `${said.slice(0, longestQuote)}…` : said;
  return `Your reply was refused as "${name}". Reply again, corrected.\nThe reason: ${reason}\nYour reply: ${quoted}`;
}
