/** What the offline model does with a conversation: calls the tools that its question asks for, or answers it. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { headings, isQuestion, materialOf, section, sections, sentences, summary, terms } from "../text.ts";
import { callsFor } from "./fill.ts";
import { answerFromDocuments, bestOf } from "./quote.ts";
import { outline, revise } from "./review.ts";

export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name and its key, or OPENAI_BASE_URL and MODEL=openai:name.";

/** A text or calls, the same for the same conversation. `choice`: auto, none or required, or a tool's name. */
export function answer(messages: readonly BaseMessage[], tools: readonly FunctionDefinition[], choice: string) {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages.at(asked)?.text ?? "";
  const instructions = messages.flatMap(({ type, text }) => (type === "system" ? [text] : [])).join("\n");
  const previous = messages.findLastIndex(({ type }, index) => index < asked && type !== "human");
  const enclosed = messages.slice(previous + 1, Math.max(0, asked)).map(({ text }) => text);
  const isWhole = enclosed.length === 0 || section(question, headings.draft) !== undefined;
  const material = isWhole ? question : [...enclosed, `Request:\n${question}`].join("\n\n");
  const turn = messages.slice(asked + 1);
  const made = turn.filter((message) => AIMessage.isInstance(message)).flatMap((message) => message.tool_calls ?? []);
  const known = made.map(({ name, args }) => JSON.stringify([name, args]));
  const allowed = tools.filter(({ name }) => ["auto", "required", name].includes(choice));
  const found = callsFor(question, allowed, false);
  const calls = found.filter(({ name, args }) => !known.includes(JSON.stringify([name, args])));
  if (calls.length > 0) return { text: "", calls };
  if (choice !== "auto" && allowed.length > 0) {
    const unused = allowed.filter(({ name }) => made.every((call) => call.name !== name));
    return { text: "", calls: callsFor(material, unused.length > 0 ? unused : allowed, true) };
  }
  const results = turn.filter((message) => ToolMessage.isInstance(message)).map((result) => report(result, made));
  const names = tools.map(({ name }) => name).join(", ") || "none here";
  const text =
    answerFromDocuments(question, [...enclosed, ...results]) ||
    results.join("\n") ||
    compose(question, material, instructions) ||
    quote(question, messages) ||
    (enclosed.length > 0 && "Not done: the offline model has no tool for this, and nothing said answers it.") ||
    `I am Signalbox's offline model, not a language model. I call tools (${names}) and quote. ${howToSetAModel}`;
  return { text, calls };
}

/** What can be made of material: a revision, those of its parts that the instructions name, a summary, a draft. */
function compose(question: string, material: string, instructions: string): string {
  const [draft, task] = [section(material, headings.draft), section(material, headings.task) ?? ""];
  if (draft && section(material, /review|advice/iu) !== undefined) return revise(draft, task);
  const named = new Set(terms(/\bfrom the ([^.]*)/iu.exec(instructions)?.[1] ?? ""));
  const isNamed = (heading: string) => terms(heading).some((term) => named.has(term));
  const parts = sections(material).filter(({ body, heading }) => body !== "" && isNamed(heading));
  const titled = parts.map(({ heading, body }) => `## ${/"([^\n]+)"/u.exec(heading)?.[1] ?? heading}\n\n${body}`);
  if (parts.length > 0) return parts.length === 1 ? (parts[0]?.body ?? "") : titled.join("\n\n");
  const most = Number(/(\d+) characters at most/u.exec(instructions)?.[1] ?? 600);
  const summarising = /\b(?:summari[sz]e|condense|shorten)\b/iu;
  if (summarising.test(instructions)) return summary(draft ?? material, most);
  const findings = section(material, /^findings/iu) ?? "";
  if (summarising.test(question)) return summary(materialOf(question).join(" ") || findings, most);
  const isWriting = /\b(?:write|draft|compose|invent|revise|improve)\b/iu.test(`${instructions}\n${question}`);
  return isWriting && !isQuestion(question) ? outline(question, findings) : "";
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

/** The latest sentence of the conversation that answers a question. */
function quote(question: string, messages: readonly BaseMessage[]): string {
  const said = messages.flatMap(({ type, text }) => {
    const told = sentences(type === "ai" ? "" : text).filter((each) => !isQuestion(each) && !each.includes(question));
    return told.map((each) => ({ text: each.slice(0, 2_000), context: "", type }));
  });
  const [best] = bestOf(sentences(question).filter(isQuestion).join(" "), said.reverse());
  return best ? `${best.type === "human" ? "You said" : "My instructions say"}: "${best.text}"` : "";
}
