/** The calls of tools that a stopped run has left without a result, which no provider accepts in a conversation. */
import { type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { callsOf } from "./tool-calls.ts";

/**
 * The messages, with a result for each call that has none: its run was cancelled, or waited for an approval while the
 * user wrote on. They are for the model; the state keeps what happened.
 */
export function withOpenCallsAnswered(messages: readonly BaseMessage[]): BaseMessage[] {
  return messages.flatMap((message, index) => {
    const calls = callsOf(message);
    if (calls.length === 0) return [message];
    const answered = new Set<string>();
    for (const next of messages.slice(index + 1, index + 1 + calls.length)) {
      if (!ToolMessage.isInstance(next)) break;
      answered.add(next.tool_call_id);
    }
    return [message, ...calls.filter(({ id = "" }) => !answered.has(id)).map(notMade)];
  });
}

function notMade({ id = "", name = "" }: ReturnType<typeof callsOf>[number]): ToolMessage {
  const content = "This call was not made: the run was stopped before.";
  return new ToolMessage({ status: "error", content, name, tool_call_id: id });
}
