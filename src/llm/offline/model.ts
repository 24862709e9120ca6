/** The model that is used when none is set: it computes its replies from the conversation alone. */
import { ComputedChatModel, type Reply } from "../computed-model.ts";
import { choiceOf, type ModelCall, record } from "../model-call.ts";
import { answer } from "./answer.ts";

export class OfflineChatModel extends ComputedChatModel {
  _llmType(): string {
    return "offline";
  }

  protected reply({ messages, tools, toolChoice, stop }: ModelCall): Reply {
    const { text, calls } = answer(messages, tools, choiceOf(toolChoice));
    const ends = stop.map((word) => text.indexOf(word)).filter((end) => end >= 0);
    const pieces = tokenize(text.slice(0, Math.min(text.length, ...ends)));
    const type = "tool_call" as const;
    const tool_calls = calls.map((call, index) => ({ ...call, type, id: `call_${messages.length}_${index}` }));
    const read = messages.map((message) => [message.text, JSON.stringify(record(message).tool_calls)].join(""));
    const input_tokens = tokenize(read.join("\n")).length;
    const output_tokens = pieces.length || tokenize(JSON.stringify(calls)).length;
    const usage_metadata = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
    const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
    return { pieces, tool_calls, usage_metadata, response_metadata: { model_name: this._llmType(), finish_reason } };
  }
}

/** Tokens join to the same text again: up to twelve letters or digits with the space before, or one other character. */
function tokenize(text: string): string[] {
  return text.match(/\s?[\p{L}\p{M}\p{N}]{1,12}|\s?[^\s\p{L}\p{M}\p{N}]|\s/gu) ?? [];
}
