/** What the offline model does with a conversation: calls the tools that its question asks for, or answers it. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { type Call, planCalls } from "./plan.ts";
import { isQuestion, sentences, terms } from "./text.ts";

export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name with that provider's key, " +
  "or OPENAI_BASE_URL and MODEL=openai:name for a server of your own.";

const longestQuote = 2_000;
const speakers: Record<string, string> = { human: "You said", system: "My instructions say", tool: "A tool said" };

/**
 * A text or calls, the same for the same conversation.
 * @param choice "auto", "none", "any", or the name of the tool to call
 */
export function answer(messages: readonly BaseMessage[], tools: readonly FunctionDefinition[], choice: string) {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages.at(asked)?.text ?? "";
  const turn = messages.slice(asked + 1);
  const made = turn.filter((message) => AIMessage.isInstance(message)).flatMap((message) => message.tool_calls ?? []);
  const key = ({ name, args }: Call) => JSON.stringify([name, args]);

  const allowed = tools.filter(({ name }) => ["auto", "any", name].includes(choice));
  const known = new Set(made.map(key));
  const calls = planCalls(question, allowed, false).filter((call) => !known.has(key(call)) && known.add(key(call)));
  if (calls.length > 0) return { text: "", calls };
  if (choice !== "auto" && allowed.length > 0) {
    const unused = allowed.filter(({ name }) => made.every((call) => call.name !== name));
    return { text: "", calls: planCalls(question, unused.length > 0 ? unused : allowed, true) };
  }
  const results = turn.filter((message) => ToolMessage.isInstance(message));
  const names = tools.map(({ name }) => name).join(", ") || "none here";
  const admission =
    `I am Signalbox's offline model, not a language model: I call tools (${names}) and quote this conversation, ` +
    `and neither helps with this. ${howToSetAModel}`;
  return {
    text: results.map((result) => report(result, made)).join("\n") || quote(question, messages) || admission,
    calls,
  };
}

/** A number stands beside the expression that it is the value of. */
function report({ text, status, name, tool_call_id }: ToolMessage, made: readonly ToolCall[]): string {
  const content = text.slice(0, longestQuote);
  const call = made.find(({ id }) => id === tool_call_id);
  if (status === "error") return `The tool ${name ?? call?.name} failed: ${content}`;
  const [argument] = Object.values(call?.args ?? {});
  const isValue = typeof argument === "string" && /^-?(?:[\d.]+(?:e[+-]?\d+)?|Infinity)$/u.test(content);
  return isValue ? `${argument} = ${content}` : content;
}

/** The latest sentence of the conversation that has the most, and at least half, of what the question is about. */
function quote(question: string, messages: readonly BaseMessage[]): string {
  const sought = new Set(sentences(question).filter(isQuestion).flatMap(terms));
  let best = { common: Math.max(1, sought.size / 2), quote: "" };
  for (const { type, text } of messages) {
    for (const sentence of speakers[type] ? sentences(text) : []) {
      const common = [...new Set(terms(sentence))].filter((term) => sought.has(term)).length;
      if (common < best.common || isQuestion(sentence)) continue;
      best = { common, quote: `${speakers[type]}: "${sentence.slice(0, longestQuote)}"` };
    }
  }
  return best.quote;
}
