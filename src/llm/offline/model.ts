/** The model that is used when none is set: it computes its replies from the conversation alone. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { terms } from "../../words/words.ts";
import { ComputedChatModel, type Reply, tokenize } from "../computed-model.ts";
import { howToSetAModel } from "../context.ts";
import { choiceOf, type ModelCall, record } from "../model-call.ts";
import { callsFor } from "./fill.ts";
import { fromDocuments, quote } from "./quote.ts";
import { revise } from "./review.ts";
import { isQuestion, materialOf, section, sections, subjectOf, summary } from "./text.ts";

export class OfflineChatModel extends ComputedChatModel {
  _llmType(): string {
    return "offline";
  }

  protected reply({ messages, tools, toolChoice, stop }: ModelCall): Reply {
    const { text, calls } = answer(messages, tools, choiceOf(toolChoice));
    const ends = stop.map((word) => text.indexOf(word)).filter((end) => end >= 0);
    const pieces = tokenize(text.slice(0, Math.min(text.length, ...ends)));
    const tool_calls = calls.map((call, index) => ({ ...call, id: `call_${messages.length}_${index}` }));
    const read = messages.map((message) => [message.text, JSON.stringify(record(message).tool_calls)].join(""));
    const input_tokens = tokenize(read.join("\n")).length;
    const output_tokens = pieces.length || tokenize(JSON.stringify(calls)).length;
    const usage_metadata = { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
    const finish_reason = calls.length > 0 ? "tool_calls" : "stop";
    return { pieces, tool_calls, usage_metadata, response_metadata: { model_name: this._llmType(), finish_reason } };
  }
}

/** A text or calls, the same for the same conversation. `choice`: auto, none or required, or a tool's name. */
function answer(messages: readonly BaseMessage[], tools: readonly FunctionDefinition[], choice: string) {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages.at(asked)?.text ?? "";
  const instructions = messages.flatMap(({ type, text }) => (type === "system" ? [text] : [])).join("\n");
  const previous = messages.findLastIndex(({ type }, index) => index < asked && type !== "human");
  const enclosed = messages.slice(previous + 1, Math.max(0, asked)).map(({ text }) => text);
  const isWhole = enclosed.length === 0 || section(question, "draft|result") !== undefined;
  const material = isWhole ? question : [...enclosed, `Request:\n${question}`].join("\n\n");
  const turn = messages.slice(asked + 1);
  const made = turn.filter((message) => AIMessage.isInstance(message)).flatMap((message) => message.tool_calls ?? []);
  const known = made.map(({ name, args }) => JSON.stringify([name, args]));
  const allowed = tools.filter(({ name }) => ["auto", "required", name].includes(choice));
  const calls = callsFor(question, allowed).filter(({ name, args }) => !known.includes(JSON.stringify([name, args])));
  if (calls.length > 0) return { text: "", calls };
  if (choice !== "auto" && allowed.length > 0) {
    const unused = allowed.filter(({ name }) => made.every((call) => call.name !== name));
    return { text: "", calls: callsFor(material, unused.length > 0 ? unused : allowed, true) };
  }
  const results = turn.filter((message) => ToolMessage.isInstance(message)).map((result) => report(result, made));
  const names = tools.map(({ name }) => name).join(", ") || "none here";
  const text =
    fromDocuments(question, results.length > 0 ? results : enclosed) ||
    results.join("\n") ||
    compose(question, material, instructions) ||
    quote(question, messages) ||
    (enclosed.length > 0 && "Not done: the offline model has no tool for this, and nothing said answers it.") ||
    `I am Signalbox's offline model, not a language model. I call tools (${names}) and quote. ${howToSetAModel}`;
  return { text, calls };
}

/** What can be made of material: a revision, those of its parts that the instructions name, a summary, a draft. */
function compose(question: string, material: string, instructions: string): string {
  const [draft, task] = [section(material, "draft|result"), section(material, "task|question|request|goal") ?? ""];
  if (draft && section(material, "review|advice") !== undefined) return revise(draft, task);
  const named = new Set(terms(/\bfrom the ([^.]*)/iu.exec(instructions)?.[1] ?? ""));
  const isNamed = (heading: string) => terms(heading).some((term) => named.has(term));
  const parts = sections(material).filter(({ body, heading }) => body !== "" && isNamed(heading));
  if (parts.length > 0) return parts.map(({ body }) => body).join("\n\n");
  const most = Number(/(\d+) characters at most/u.exec(instructions)?.[1] ?? 600);
  const findings = section(material, "findings(?: so far)?") ?? "";
  const asked = `${instructions}\n${question}`;
  if (/\b(?:summari[sz]e|condense|shorten)\b/iu.test(asked))
    return summary(draft || materialOf(question).join(" ") || findings || material, most);
  const isWriting = /\b(?:write|draft|compose|invent|revise|improve)\b/iu.test(asked) && !isQuestion(question);
  const about = isWriting ? subjectOf(question) : "";
  const outline = findings ? `${about}:\n${findings}` : `Outline (the offline model writes no prose): ${about}`;
  return about && (materialOf(question).join(" ") || outline);
}

/** What a tool said, without the tags around it; a number stands beside the expression that it is the value of. */
function report({ text: whole, status, name, tool_call_id }: ToolMessage, made: readonly ToolCall[]): string {
  const text = whole.replace(/^<\/?[\w-]+(?:\s[^<>\n]*)?>$/gmu, "").trim();
  const call = made.find(({ id }) => id === tool_call_id);
  if (status === "error") return `The tool ${name ?? call?.name} failed: ${text}`;
  const [argument] = Object.values(call?.args ?? {});
  const isValue = typeof argument === "string" && /^-?[\d.]+(?:e[+-]?\d+)?$/u.test(text);
  return isValue ? `${argument} = ${text}` : text;
}
