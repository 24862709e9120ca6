/** One call of a tool, from what the model wrote to what it observes: whatever goes wrong is an observation too. */
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { InvalidToolCall, ToolCall } from "@langchain/core/messages/tool";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { isGraphBubbleUp, type LangGraphRunnableConfig } from "@langchain/langgraph";
import { hashOfJson } from "../../src/canonical-json.ts";
import { currentConfig, type Limits } from "../../src/config.ts";
import { approve } from "./approval.ts";
import { sinceTask } from "./messages.ts";
import { taintOf } from "./taint.ts";

/**
 * The calls of a reply, those whose arguments are not JSON included, each to be run by `observe`.
 * Put the reply into the state as `answerable(reply)`: providers want a result for each call that they are shown.
 */
export function callsOf(reply: BaseMessage | undefined): (ToolCall | InvalidToolCall)[] {
  if (!AIMessage.isInstance(reply)) return [];
  // Some providers write nothing at all where a tool needs no arguments.
  const written = reply.invalid_tool_calls?.filter(({ args }) => args?.trim());
  const broken = new Map(written?.map((call) => [call.id, call]));
  return (reply.tool_calls ?? []).map((call) => broken.get(call.id) ?? call);
}

/** The reply with its broken calls kept as calls too, so that their errors have something to answer. */
export function answerable(reply: AIMessage): AIMessage {
  const broken = reply.invalid_tool_calls?.map(({ id, name = "" }) => ({ id, name, args: {} })) ?? [];
  reply.tool_calls = [...(reply.tool_calls ?? []), ...broken];
  return reply;
}

/** ms that a call may take, and characters that are kept of its result. */
type ToolLimits = Pick<Limits, "toolMs" | "toolResultChars">;

/**
 * Makes the call and gives what the model is to read: the result, cut at the limit `toolResultChars`, or what went
 * wrong: arguments that are not JSON, no such tool, no approval, an error of the tool, or no answer within `toolMs`.
 * @param tainted the thread's taint, by which more calls need an approval
 * @throws only LangGraph's own signals (an interrupt that asks for approval) and the abort of the run
 */
export async function observe(
  call: ToolCall | InvalidToolCall,
  tools: readonly StructuredToolInterface[],
  runtime: LangGraphRunnableConfig,
  limits: ToolLimits = currentConfig().limits,
  tainted: readonly string[] = [],
): Promise<ToolMessage> {
  try {
    return await attempt(call, tools, runtime, limits, tainted);
  } catch (error) {
    if (isGraphBubbleUp(error) || runtime.signal?.aborted) throw error;
    return failed(call, error instanceof Error ? error.message : String(error));
  }
}

/** `observe` in a thread with taint: the update of the state, which the call may taint further. */
export async function act(
  call: ToolCall | InvalidToolCall,
  tools: readonly StructuredToolInterface[],
  runtime: LangGraphRunnableConfig,
  tainted: readonly string[],
): Promise<{ messages: ToolMessage[]; tainted: string[] }> {
  const message = await observe(call, tools, runtime, currentConfig().limits, tainted);
  return { messages: [message], tainted: taintOf(tools.find(({ name }) => name === call.name)) };
}

/**
 * The observation that refuses a call, if the same one was made before for the same task: a model that repeats itself
 * has not read its result.
 */
export function repeated(call: ToolCall | InvalidToolCall, messages: readonly BaseMessage[]): ToolMessage | undefined {
  const key = keyOf(call);
  const made = sinceTask(messages).flatMap((message) => callsOf(message));
  const place = made.findLastIndex(({ id }) => id === call.id);
  const before = place < 0 ? made : made.slice(0, place);
  if (!before.some((other) => keyOf(other) === key)) return undefined;
  return failed(call, "This call was made before with the same arguments. Use its result, or do something else.");
}

async function attempt(
  call: ToolCall | InvalidToolCall,
  tools: readonly StructuredToolInterface[],
  runtime: LangGraphRunnableConfig,
  { toolMs, toolResultChars }: ToolLimits,
  tainted: readonly string[],
): Promise<ToolMessage> {
  if (typeof call.args !== "object") throw new Error(`The arguments are not a JSON object: ${call.args}`);
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool)
    throw new Error(`There is no tool "${call.name}". The tools are: ${tools.map(({ name }) => name).join(", ")}.`);
  const approval = approve(call as ToolCall, tool, tainted);
  if (approval.refusal) return approval.refusal;
  const result: unknown = await within(toolMs, runtime.signal, (signal) =>
    tool.invoke({ ...approval.call, type: "tool_call" }, { ...runtime, signal }),
  );
  if (!ToolMessage.isInstance(result)) throw new Error("The tool gave no message.");
  const { text } = result;
  if (text.length > toolResultChars)
    result.content = `${text.slice(0, toolResultChars)}\n(Cut: the result has ${text.length} characters.)`;
  return result;
}

/** Gives up after `limitMs` even on work that does not listen to its signal. */
async function within<Result>(
  limitMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  outer?.throwIfAborted();
  const limit = new AbortController();
  const signal = outer ? AbortSignal.any([outer, limit.signal]) : limit.signal;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  const timer = setTimeout(() => limit.abort(new Error(`It did not answer within ${limitMs / 1000} s.`)), limitMs);
  try {
    return await Promise.race([work(signal), stopped]);
  } finally {
    clearTimeout(timer);
  }
}

function failed({ id = "", name = "" }: ToolCall | InvalidToolCall, content: string): ToolMessage {
  return new ToolMessage({ status: "error", content, name, tool_call_id: id });
}

function keyOf({ name, args }: ToolCall | InvalidToolCall): string {
  return `${name} ${hashOfJson(args)}`;
}
