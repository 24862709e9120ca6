/** What the offline model does with a conversation: calls the tools that its question asks for, or answers it. */
import type { FunctionDefinition } from "@langchain/core/language_models/base";
import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import type { ToolCall } from "@langchain/core/messages/tool";
import { isQuestion, section, sections, sentences, summary, terms } from "../text.ts";
import { draftHeading, judge, taskHeading } from "./judge.ts";
import { type Call, planCalls } from "./plan.ts";

export const howToSetAModel =
  "For a real model set OPENAI_API_KEY, or MODEL=provider:name and its key, or OPENAI_BASE_URL and MODEL=openai:name.";

const reviewHeading = /review|advice|critique|feedback/iu;
const longestQuote = 2_000;
const speakers: Record<string, string> = { human: "You said", system: "My instructions say", tool: "A tool said" };

/** A text or calls, the same for the same conversation. `choice`: "auto", "none", "any", or a tool's name. */
export function answer(messages: readonly BaseMessage[], tools: readonly FunctionDefinition[], choice: string) {
  const asked = messages.findLastIndex(({ type }) => type === "human");
  const question = messages.at(asked)?.text ?? "";
  const material = materialOf(messages, asked);
  const instructions = messages.flatMap(({ type, text }) => (type === "system" ? [text] : [])).join("\n");
  const turn = messages.slice(asked + 1);
  const made = turn.filter((message) => AIMessage.isInstance(message)).flatMap((message) => message.tool_calls ?? []);
  const key = ({ name, args }: Call) => JSON.stringify([name, args]);

  const allowed = tools.filter(({ name }) => ["auto", "any", name].includes(choice));
  const free = choice === "auto" || choice === "any" ? allowed : [];
  const known = new Set(made.map(key));
  const calls = planCalls(question, free, false).filter((call) => !known.has(key(call)) && known.add(key(call)));
  if (calls.length > 0) return { text: "", calls };
  if (choice !== "auto" && allowed.length > 0) {
    const unused = allowed.filter(({ name }) => made.every((call) => call.name !== name));
    return { text: "", calls: planCalls(material, unused.length > 0 ? unused : allowed, true) };
  }
  const results = turn.filter((message) => ToolMessage.isInstance(message));
  const names = tools.map(({ name }) => name).join(", ") || "none here";
  const help = `I call tools (${names}) and quote this conversation, and neither helps with this. ${howToSetAModel}`;
  return {
    text:
      results.map((result) => report(result, made)).join("\n") ||
      compose(material, instructions) ||
      quote(question, messages) ||
      summary(partsOf(material)) ||
      `I am Signalbox's offline model, not a language model: ${help}`,
    calls,
  };
}

/** What the user sent last; under headings, if it came in several messages, or as the review of a draft. */
function materialOf(messages: readonly BaseMessage[], asked: number): string {
  const { text: question = "" } = messages.at(asked) ?? {};
  const previous = messages.findLastIndex(({ type }, index) => index < asked && type !== "human");
  const task = messages.slice(0, Math.max(0, previous)).findLast(({ type }) => type === "human")?.text;
  if (section(question, draftHeading) !== undefined) return question;
  if (task !== undefined && section(question, reviewHeading) !== undefined)
    return `Task:\n${task}\n\nDraft:\n${messages[previous]?.text}\n\n${question}`;
  const parts = messages.slice(previous + 1, asked).map(({ text }) => `${text}\n\n`);
  return parts.length > 0 ? `${parts.join("")}Request:\n${question}` : question;
}

/** What can be made of the material itself: a summary, a revision, or a report of what the instructions speak of. */
function compose(material: string, instructions: string): string {
  const asks = `${instructions}\n${sentences(material)[0] ?? ""}`;
  const draft = section(material, draftHeading);
  if (/\b(?:summari[sz]e|condense|shorten)\b/iu.test(asks)) return summary(draft ?? material);
  if (draft && section(material, reviewHeading) !== undefined) return revise(material, draft);
  const spoken = new Set(terms(instructions));
  const isPart = (heading: string) => !taskHeading.test(heading) && terms(heading).some((term) => spoken.has(term));
  const parts = sections(material).filter(([heading, body]) => body !== "" && isPart(heading));
  return parts.map(([heading, body]) => (parts.length > 1 ? `**${heading}**\n\n${body}` : body)).join("\n\n");
}

/** What was sent along with a request, the task itself aside. */
function partsOf(material: string): string {
  const sent = material.slice(0, Math.max(0, material.lastIndexOf("\n\nRequest:\n")));
  const bodies = sections(sent).map(([heading, body]) => (taskHeading.test(heading) ? "" : body));
  return bodies.length > 0 ? bodies.join("\n") : sent;
}

/** Each sentence once, after the task if some of it is missing; or else one sentence less. */
function revise(material: string, draft: string): string {
  const kept = [...new Set(sentences(draft))];
  const task = section(material, taskHeading) ?? "";
  if (judge(material, "coverage").share < 1 && !draft.startsWith(task)) kept.unshift(task);
  const revised = kept.join(" ");
  return revised === draft && kept.length > 1 ? kept.slice(0, -1).join(" ") : revised;
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
